"""The baseline: which earlier run it is, and which findings are new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store.log import RunFilter
from tests.ci.runs import audit, finding
from tests.cli.logs import write
from veritas.archive.archive import Archive
from veritas.ci import baseline as baseline_module
from veritas.ci.baseline import Baselines
from veritas.errors import UsageError
from veritas.projections.audit_state import AuditState


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "veritas.db") as opened:
        yield opened


def state(archive: Archive, number: int) -> AuditState:
    return AuditState.of(archive.events(f"vrts_{number:016x}.1"))


def new_kinds(archive: Archive, number: int, name: str = "latest") -> list[str]:
    judged = state(archive, number)
    baseline = Baselines(archive, name).of(judged)
    assert baseline is not None
    return [each["kind"] for each in baseline.new_findings(judged)]


def test_latest_is_the_latest_completed_run_of_the_same_url_before_the_audit(archive: Archive) -> None:
    for run in (
        audit(number=1),
        audit(number=2),
        audit(number=3, status="failed"),
        audit(number=4, url="http://other.test/"),
        audit(number=5, origin="record"),
        audit(number=6),
        audit(number=7),
    ):
        write(archive, run)
    baseline = Baselines(archive, "latest").of(state(archive, 6))
    assert baseline is not None and baseline.run_id == f"vrts_{2:016x}.1"


@pytest.mark.parametrize("url", ["https://shop.test", "http://SHOP.test:80/#top"])
def test_one_page_may_be_written_in_several_ways(archive: Archive, url: str) -> None:
    write(archive, audit(number=1, url=url))
    write(archive, audit(number=2))
    assert Baselines(archive, "latest").of(state(archive, 2)) is not None


def test_without_an_earlier_audit_latest_is_none(archive: Archive) -> None:
    write(archive, audit(number=1))
    assert Baselines(archive, "latest").of(state(archive, 1)) is None


def test_another_page_can_be_the_baseline(archive: Archive) -> None:
    """Production, while staging is audited: the same path is the same page."""
    write(archive, audit(finding(), number=1))
    write(
        archive,
        audit(
            finding(url="http://staging.test/"),
            finding("preselected_extra", url="http://staging.test/"),
            number=2,
            url="http://staging.test/",
            pages=["http://staging.test/"],
        ),
    )
    for name in ("latest:http://shop.test/", "latest:shop.test", "vrts_0000000000000001"):
        assert new_kinds(archive, 2, name) == ["preselected_extra"]


def test_words_and_numbers_do_not_make_a_finding_new(archive: Archive) -> None:
    write(archive, audit(finding(detail="It shows 05:00."), number=1))
    write(archive, audit(finding(detail="It shows 04:59.", title="Countdown"), number=2))
    assert new_kinds(archive, 2) == []


def test_another_element_or_page_makes_a_finding_new(archive: Archive) -> None:
    write(archive, audit(finding(), number=1, pages=["http://shop.test/", "http://shop.test/cart"]))
    elsewhere = finding(evidence={"selector": "#other"})
    on_cart = finding(url="http://shop.test/cart")
    write(archive, audit(finding(), elsewhere, on_cart, number=2))
    assert len(new_kinds(archive, 2)) == 2


@pytest.mark.parametrize(
    "earlier",
    [audit(number=1, broken=("vision",)), audit(number=1, pages=["http://shop.test/other"])],
    ids=["its phase failed", "its page was not visited"],
)
def test_what_the_baseline_could_not_have_is_new(archive: Archive, earlier: object) -> None:
    """Unknown is never good."""
    write(archive, earlier)  # type: ignore[arg-type]
    write(archive, audit(finding(), number=2))
    assert new_kinds(archive, 2) == ["countdown_resets"]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"severity": "low"}, {"severity": "high"}, "its severity is high and was low"),
        ({"severity": "high", "confidence": 0.5}, {"severity": "low", "confidence": 0.9}, None),
        ({"confidence": 0.6}, {"confidence": 0.9}, "its confidence is 0.9 and was 0.6"),
        ({"confidence": 0.9}, {"confidence": 0.6}, None),
        ({"confidence": None}, {"confidence": 0.6}, "its confidence is 0.6 and was unknown"),
        ({"severity": "odd"}, {"severity": "low"}, "its severity is low and was odd"),
        ({"severity": "low"}, {"severity": None}, "its severity is unknown and was low"),
        ({"severity": "odd"}, {"severity": "odd"}, None),
    ],
)
def test_a_finding_may_have_become_worse(
    archive: Archive, before: dict[str, Any], after: dict[str, Any], change: str | None
) -> None:
    """By its severity, or by its confidence if the severity is the same; it is not new."""
    write(archive, audit(finding(**before), number=1))
    write(archive, audit(finding(**after), number=2))
    judged = state(archive, 2)
    baseline = Baselines(archive, "latest").of(judged)
    assert baseline is not None and new_kinds(archive, 2) == []
    assert [each.change for each in baseline.worse_findings(judged)] == ([] if change is None else [change])


def test_of_several_similar_findings_the_worst_counts(archive: Archive) -> None:
    """Their order says nothing, and one more of them that is milder makes nothing worse."""
    mild, severe = finding(severity="low"), finding(severity="high")
    write(archive, audit(mild, severe, mild, number=1))
    write(archive, audit(severe, mild, number=2))
    judged = state(archive, 2)
    baseline = Baselines(archive, "latest").of(judged)
    assert baseline is not None and baseline.worse_findings(judged) == []


def test_the_runs_of_a_host_are_read_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many audits of a batch are compared with them."""
    pages = [f"http://shop.test/{number}" for number in range(3)]
    for at, url in enumerate([*pages, *pages], 1):
        write(archive, audit(number=at, url=url, pages=[url]))
    reads: list[RunFilter] = []
    read = baseline_module.list_runs
    monkeypatch.setattr(
        baseline_module, "list_runs", lambda archive, wanted, **rest: reads.append(wanted) or read(archive, wanted)
    )
    baselines = Baselines(archive, "latest")
    found = [baselines.of(state(archive, number)) for number in range(1, 7)]
    assert [each and each.run_id for each in found] == [None] * 3 + [f"vrts_{number:016x}.1" for number in (1, 2, 3)]
    assert len(reads) == 1


def test_what_has_gone_is_not_new(archive: Archive) -> None:
    write(archive, audit(finding(), finding("preselected_extra"), number=1))
    write(archive, audit(finding(), number=2))
    assert new_kinds(archive, 2) == []


def test_an_audit_that_has_not_begun_has_no_latest_baseline(archive: Archive) -> None:
    write(archive, audit(number=1))
    assert Baselines(archive, "latest").of(AuditState("vrts_9.1", request=state(archive, 1).request)) is None


def test_a_baseline_stays_the_one_that_was_named(archive: Archive) -> None:
    """Also if the beginning of its id is later that of several."""
    write(archive, audit(number=1))
    baselines = Baselines(archive, "vrts_")
    write(archive, audit(number=2))
    baseline = baselines.of(state(archive, 2))
    assert baseline is not None and baseline.run_id == f"vrts_{1:016x}.1"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("vrts_0000000000000002", "is the audit itself"),
        ("vrts_0000000000000001", "did not complete, it is failed"),
        ("vrts_9", "No audit's id begins with 'vrts_9'"),
        ("latest:nowhere.test", "No earlier audit of 'nowhere.test' completed"),
        ("latest:", "No earlier audit of '' completed"),
    ],
)
def test_what_cannot_be_a_baseline_is_refused(archive: Archive, name: str, fault: str) -> None:
    write(archive, audit(number=1, status="failed"))
    write(archive, audit(number=2))
    with pytest.raises(UsageError, match=fault):
        Baselines(archive, name).of(state(archive, 2))
