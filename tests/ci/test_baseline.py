"""The baseline: which earlier run it is, and which findings are new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ci.runs import audit, finding
from tests.cli.logs import write
from veritas.archive.archive import Archive
from veritas.ci.baseline import Baselines
from veritas.ci.check import check
from veritas.ci.rule import parse_rules
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
    return [each["kind"] for each in baseline.compare(judged).new]


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


def test_a_finding_that_became_more_severe_counts(archive: Archive) -> None:
    """It is the same finding, so it is not new; a milder one is no reason to fail."""
    write(archive, audit(finding(severity="low"), finding("preselected_extra", severity="high"), number=1))
    write(archive, audit(finding(severity="high"), finding("preselected_extra", severity="low"), number=2))
    baseline = Baselines(archive, "latest").of(state(archive, 2))
    assert baseline is not None
    changes = baseline.compare(state(archive, 2))
    assert not changes.new
    assert [each["kind"] for each in changes.worse] == ["countdown_resets"]


def test_an_altered_baseline_does_not_pass(archive: Archive, tmp_path: Path) -> None:
    """Else whoever can write to the log adds a finding to the earlier audit, and the new one is not reported."""
    write(archive, audit(number=1))
    write(archive, audit(finding(), number=2))
    with closing(sqlite3.connect(tmp_path / "veritas.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 3")
        connection.commit()
    checked = check(state(archive, 2), parse_rules(["new-findings"]), baselines=Baselines(archive, "latest"))
    assert [(each.rule, each.outcome) for each in checked.rulings][-1] == ("recorded", "failed")
