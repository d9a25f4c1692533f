"""The share of each signal that was examined."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from tests.audit import facts
from veritas.audit.coverage import CONTENT, Coverage, coverage_of
from veritas.audit.page import PageFacts
from veritas.audit.phase import Summaries
from veritas.audit.summaries import FailedPage

KETTLES = "Copper kettles for every kitchen"


def page(path: str = "", **others: Any) -> PageFacts:
    return facts.page(facts.URL + path, **({"text": KETTLES, "text_length": len(KETTLES)} | others))


def covered(*pages: PageFacts, failed: list[FailedPage] | None = None, examined: int = 1, **vision: Any) -> Coverage:
    scout = structs.replace(facts.scouted(*(pages or [page()])), failed_pages=failed or [])
    return coverage_of(Summaries(scout, facts.security(90), facts.vision(examined, **vision), facts.graph(2)))


def gap(what: str, signal: str = "", count: int = 1, path: str = "") -> dict[str, Any]:
    return {"url": facts.URL + path, "what": what, "why": "It could not be.", "signal": signal, "count": count}


def test_everything_was_examined() -> None:
    coverage = covered()
    assert set(coverage.shares.values()) == {1.0}
    assert (coverage.unexamined, coverage.unseen) == ((), None)


@pytest.mark.parametrize(
    ("item", "shares"),
    [
        (gap("frames", count=2), (0.9, 0.9, 0.9, 0.9)),
        (gap("frames", count=90), (0.75, 0.75, 0.75, 0.75)),
        (gap("the rest of the page"), (0.7, 0.7, 0.7, 0.7)),
        (gap("texts", "meta", count=10), (0.5, 0.5, 1.0, 0.0)),
        (gap("texts", "meta", count=1), (0.9, 0.9, 1.0, 0.8)),
        (gap("the contrast of a button", "visual"), (0.75, 1.0, 1.0, 1.0)),
        (gap("the contrast of a button", "visual", count=9), (0.55, 1.0, 1.0, 1.0)),
        (gap("a test", "temporal"), (1.0, 1.0, 0.75, 1.0)),
        (gap("the page"), (0.0, 0.0, 0.0, 0.0)),
        (gap("what has another address", path="unheard-of"), (0.75, 0.75, 0.75, 0.75)),
    ],
)
def test_a_gap_takes_its_part_of_the_signals_that_it_concerns(item: dict[str, Any], shares: tuple[float, ...]) -> None:
    """The parts of the visual, structural, temporal and meta signal."""
    coverage = covered(unknown=[item])
    assert [coverage.shares[name] for name in CONTENT] == pytest.approx(shares)
    assert len(coverage.unexamined) == 1


@pytest.mark.parametrize("name", ["bytes", "document", "frames", "requests"])
def test_a_limit_beyond_which_a_page_lacks_something_is_a_gap(name: str) -> None:
    """It takes half of every signal of the content, so the page is not called safe."""
    coverage = covered(page(limits_reached=[name]))
    assert {coverage.shares[signal] for signal in CONTENT} == {0.5}
    assert [gap.what for gap in coverage.unexamined] == ["what was not loaded"]


def test_a_limit_of_what_is_only_listed_is_no_gap() -> None:
    """No detector reads the console, the dialogs, the windows, the downloads, or a screenshot."""
    assert not covered(page(limits_reached=["console", "dialogs", "downloads", "height", "popups"])).unexamined


def test_gaps_of_the_same_kind_are_one_gap() -> None:
    """Ten buttons on photographs, each with a reason of its own, take as much as ten with the same reason."""
    each = [
        gap("the contrast of a button", "visual") | {"why": f"Button {number} is on a picture."} for number in range(10)
    ]
    coverage = covered(unknown=each)
    assert coverage.shares["visual"] == pytest.approx(1 - 0.5 * 10 / 11, abs=0.001)
    assert len(coverage.unexamined) == 10
    languages = [gap("texts", "meta", count=2) | {"why": f"{code} is not understood."} for code in ("pl", "cs")]
    assert covered(unknown=languages).shares["meta"] == covered(unknown=[gap("texts", "meta", count=4)]).shares["meta"]


def test_pages_that_were_not_seen_lower_the_shares() -> None:
    """A page that failed, a blank one, an error page, and one that was not examined; but not a dead link."""
    coverage = covered(
        page(),
        page("1"),
        page("blank", text="", text_length=0),
        page("broken", status=503),
        page("gone", status=404),
        page("skipped"),
        failed=[FailedPage(f"{facts.URL}slow", "It did not answer.")],
        examined=2,
    )
    assert coverage.shares["visual"] == pytest.approx(2 / 6, abs=0.001)
    assert {item.url.removeprefix(facts.URL) for item in coverage.unexamined} == {"blank", "broken", "skipped", "slow"}
    assert {item.what for item in coverage.unexamined} == {"the page"}


def test_the_start_page_limits_the_share() -> None:
    """It was asked for, so the other pages do not make up for it."""
    coverage = covered(page(text="", text_length=0), *map(page, "123"), examined=4)
    assert coverage.shares["visual"] == 1.0  # the examination found its texts
    coverage = covered(*map(page, ["", *"123"]), examined=4, unknown=[gap("the page")])
    assert coverage.shares["visual"] == 0.0
    assert coverage.unseen == "It could not be."


def test_what_the_scout_did_not_see_is_listed() -> None:
    """What loaded late, what is behind a login, the end of a long text, and forms and requests beyond the limits."""
    coverage = covered(
        page(
            complete=False,
            requires_login=True,
            login_reason="a form",
            text_length=90_000,
            forms_count=7,
            requests_count=9,
        )
    )
    assert [(item.what, item.signal, item.count) for item in coverage.unexamined] == [
        ("what loads late", "", 1),
        ("the page after the login", "", 1),
        ("the end of the text", "graph", 1),
        ("forms", "security", 7),
        ("requests", "security", 9),
    ]
    assert coverage.shares["visual"] == pytest.approx(0.75**2, abs=0.001)
    assert coverage.shares["graph"] == pytest.approx(2 / 3, abs=0.001)
    assert coverage.shares["security"] == pytest.approx(1 / 3, abs=0.001)


def test_answers_are_compared_with_questions() -> None:
    """Tests of encryption do not apply on this machine; checks without evidence of an owner are not counted."""
    unknown = [
        {"test": "subresource-integrity", "reason": "the server did not answer"},
        {"test": "redirection", "reason": "the site is on this machine", "applies": False},
    ]
    check = {
        "test": "cookies",
        "result": "cookies-not-found",
        "passed": True,
        "modifier": 0,
        "detail": "",
        "header": "",
        "value": "",
        "measured": {},
    }
    checks = [{"question": "mail_deliverable", "basis": "network", "answer": "unknown", "detail": "No mail address"}]
    checks.append({"question": "canonical", "basis": "address", "answer": "unknown", "detail": "No canonical link"})
    summaries = Summaries(
        facts.scouted(page()),
        facts.security(90, checks=[check], unknown=unknown, loopback=True),
        facts.vision(),
        facts.graph(1, unanswered=1, agreements=checks),
    )
    coverage = coverage_of(summaries)
    assert (coverage.shares["security"], coverage.shares["graph"]) == (0.5, 0.5)
    assert [(item.what, item.why) for item in coverage.unexamined] == [
        ("the test subresource-integrity", "The server did not answer."),
        ("the check mail_deliverable", "No mail address."),
    ]
