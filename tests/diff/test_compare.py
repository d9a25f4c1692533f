"""What `compare` finds between two runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diff.runs import Edit, Run, altered, child_events, edited, run_of
from veritas.diff import Differences, Rules, compare
from veritas.diff.field_path import path_text
from veritas.events.progress import decode_event
from veritas.events.recorded import RecordedEvent

_EDITS = ("drop", "duplicate", "swap", "alter")


def told(differences: Differences) -> list[tuple[str, int, str]]:
    """Return kind, number and path of every difference."""
    found = []
    for difference in differences:
        ref = difference.a or difference.b
        assert ref is not None
        found.append((difference.kind, ref.seq, path_text(difference.path)))
    return found


def reprs(differences: Differences) -> list[str]:
    return sorted(map(repr, differences))


def says(recorded: RecordedEvent) -> tuple[object, ...]:
    """Return what an event says beside its number and its time."""
    event = recorded.event
    return event.phase, event.step, event.detail, event.summary


_emitted = st.fixed_dictionaries(
    {
        "step": st.sampled_from(["visiting", "page_loaded", "done"]),
        "detail": st.sampled_from(["", "a page", "another page"]),
        "summary": st.fixed_dictionaries({"price": st.integers(0, 2)}),
    }
)


@st.composite
def _runs_and_edits(draw: st.DrawFn) -> tuple[Run, list[Edit]]:
    run = run_of(*draw(st.lists(_emitted, min_size=4, max_size=40)))
    events = child_events(run)
    edits: list[Edit] = []
    place = 0
    while place < len(events) - 1:
        kind = draw(st.sampled_from(["", *_EDITS]))
        if kind == "swap" and says(events[place]) == says(events[place + 1]):
            kind = ""  # they cannot be told apart
        if kind:
            edits.append(Edit(kind, place))
        place += draw(st.integers(2, 5))
    return events, edits


@given(st.lists(_emitted, max_size=30))
def test_a_run_does_not_differ_from_itself(emitted: list[dict[str, Any]]) -> None:
    run = run_of(*emitted)
    found = compare(run, run)
    assert found.equal
    assert not found.hidden


@given(_runs_and_edits())
def test_a_run_that_was_edited_differs_by_exactly_the_edits(case: tuple[Run, list[Edit]]) -> None:
    """One edit is one difference, and it is the one that was made."""
    events, edits = case
    found = sorted(told(compare(events, edited(events, edits))), key=lambda item: item[1])
    expected = [edit.told(events) for edit in edits]
    assert len(found) == len(expected)
    for (kind, number, path), (expected_kind, numbers, expected_path) in zip(found, expected, strict=True):
        assert (kind, path) == (expected_kind, expected_path)
        assert number in numbers


@given(_runs_and_edits())
def test_what_was_lost_repeated_or_swapped_is_the_transports_doing(case: tuple[Run, list[Edit]]) -> None:
    """The numbers prove it."""
    events, edits = case
    found = compare(events, edited(events, edits))
    assert {difference.category for difference in found if difference.kind != "altered"} <= {"transport"}


@given(_runs_and_edits(), st.lists(_emitted, max_size=40))
def test_a_comparison_tells_the_same_from_the_other_side(
    case: tuple[Run, list[Edit]], emitted: list[dict[str, Any]]
) -> None:
    events, edits = case
    for other in (edited(events, edits), run_of(*emitted, number=2)):
        forth, back = compare(events, other), compare(other, events)
        assert reprs(back.reversed()) == reprs(forth)
        assert back.hidden.keys() == forth.hidden.keys()


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_a_run_that_was_cut_off_lacks_its_tail_and_nothing_else(kept: int) -> None:
    run = run_of(*({"detail": f"page {n}"} for n in range(10)))
    events = child_events(run)
    found = compare(
        run, [*(e for e in run if e.source == "recorder" and e.event.type != "run_finished"), *events[:kept]]
    )
    missing = [item for item in told_of_events(found) if item[0] == "missing"]
    assert missing == [("missing", seq, "") for seq in range(kept + 1, 11)]
    assert ("status", "completed", "running") in {
        (path_text(d.path), d.before, d.after) for d in found if d.a is None and d.b is None
    }


def told_of_events(differences: Differences) -> list[tuple[str, int, str]]:
    """Return what differs in events, leaving out the runs as wholes."""
    return [
        (difference.kind, ref.seq, path_text(difference.path))
        for difference in differences
        if (ref := difference.a or difference.b) is not None
    ]


def test_an_event_more_does_not_make_those_behind_it_differ() -> None:
    """Every number behind it is another event's; what they say is not."""
    pages = [{"detail": f"page {n}"} for n in range(6)]
    found = compare(run_of(*pages), run_of(*pages[:2], {"detail": "a banner"}, *pages[2:], number=2))
    assert told(found) == [("missing", 3, "")]
    assert found.differences[0].category == "content"
    assert "numbers of events" in found.hidden


def test_the_verdict_is_a_class_of_its_own() -> None:
    score = {"phase": "judge", "step": "done", "summary": {"trust_score": 44}}
    found = compare(run_of(score), run_of({**score, "summary": {"trust_score": 47}}, number=2))
    assert [(d.category, d.event, path_text(d.path), d.before, d.after) for d in found] == [
        ("verdict", "judge/done", "summary.trust_score", 44, 47)
    ]


def test_times_and_ports_do_not_count_and_are_told() -> None:
    def of(port: int, took: float) -> Run:
        url = f"http://127.0.0.1:{port}/"
        return run_of({"detail": f"Looking at {url}", "summary": {"url": url, "timing": {"loaded": took}}})

    found = compare(of(4001, 1.5), of(4002, 2.5))
    assert found.equal
    assert {rule: hidden.count for rule, hidden in found.hidden.items()} == {"ports of this machine": 2, "timings": 1}
    assert found.hidden["timings"].example == "scout/visiting summary.timing"


def test_without_the_defaults_everything_counts() -> None:
    a, b = run_of({"summary": {"timing": {"loaded": 1}}}), run_of({"summary": {"timing": {"loaded": 2}}})
    found = compare(a, b, Rules.of(defaults=False))
    assert [(d.category, path_text(d.path)) for d in found] == [("timing", "summary.timing.loaded")]


def test_a_redacted_event_is_not_compared_and_counted() -> None:
    run = run_of({"detail": "a"}, {"detail": "b"})
    gone = [msgspec.structs.replace(e, body=None) if e.source != "recorder" and e.seq == 1 else e for e in run]
    found = compare(run, gone)
    assert found.equal
    assert found.redacted == 1


def test_one_item_more_in_a_list_is_one_item_more() -> None:
    links = [{"url": f"/{n}", "text": f"link {n}"} for n in range(5)]
    more = [*links[:2], {"url": "/new", "text": "new"}, *links[2:]]
    found = compare(run_of({"summary": {"links": links}}), run_of({"summary": {"links": more}}))
    assert [(d.kind, path_text(d.path)) for d in found] == [("missing", "summary.links[2]")]


def test_an_item_that_changed_is_found_by_what_identifies_it() -> None:
    links = [{"url": f"/{n}", "text": f"link {n}"} for n in range(3)]
    other = [{"url": "/0", "text": "link 0"}, {"url": "/2", "text": "link two"}]
    found = compare(run_of({"summary": {"links": links}}), run_of({"summary": {"links": other}}))
    assert sorted((d.kind, path_text(d.path)) for d in found) == [
        ("altered", "summary.links[2>1].text"),
        ("missing", "summary.links[1]"),
    ]


def test_headers_are_compared_by_name() -> None:
    a = {"headers": [["Server", "x"], ["Date", "Mon"], ["Set-Cookie", "id=1; Path=/"]]}
    b = {"headers": [["date", "Tue"], ["server", "y"], ["set-cookie", "id=2; Path=/"]]}
    found = compare(run_of({"summary": a}), run_of({"summary": b}))
    assert [(path_text(d.path), d.before, d.after) for d in found] == [("summary.headers.server", "x", "y")]
    assert set(found.hidden) == {"dates and marks of an answer", "values of cookies"}


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, "1"), (None, 0), ({"x": 1}, {"x": True})])
def test_values_of_other_types_differ(before: object, after: object) -> None:
    found = compare(run_of({"summary": {"v": before}}), run_of({"summary": {"v": after}}))
    assert len(found) == 1


def test_1_and_1_0_are_the_same_number() -> None:
    assert compare(run_of({"summary": {"v": 1}}), run_of({"summary": {"v": 1.0}})).equal


def test_null_is_not_absence() -> None:
    found = compare(run_of({"summary": {"v": None}}), run_of({"summary": {}}))
    assert [d.as_dict()["before"] for d in found] == [None]
    assert all("after" not in d.as_dict() for d in found)


def test_how_the_runs_ended_is_compared() -> None:
    found = compare(run_of({}), run_of({}, status="failed"))
    assert [(d.category, d.event, path_text(d.path), d.before, d.after) for d in found] == [
        ("verdict", "run/end", "status", "completed", "failed")
    ]


def test_an_event_over_two_transports_is_compared_once() -> None:
    run = run_of({"detail": "a"}, {"detail": "b"})
    twice = [
        copy
        for e in run
        for copy in ([e] if e.source == "recorder" else [e, msgspec.structs.replace(e, source="stdout")])
    ]
    found = compare(run, twice)
    assert found.equal
    assert found.b.events == 2


def test_what_json_cannot_say_is_compared_all_the_same() -> None:
    odd = run_of({"detail": "\ud800", "summary": {"huge": 10**5000, "deep": [[[[1]]]]}})
    assert compare(odd, odd).equal
    found = compare(
        odd, [altered(e, lambda wire: wire.update(detail="\udfff")) if e.source != "recorder" else e for e in odd]
    )
    assert [path_text(d.path) for d in found] == ["detail"]


def test_redacted_events_of_different_kinds_are_not_the_same() -> None:
    a, b = run_of({"step": "done"}), run_of({"step": "page_loaded"})
    gone = [[msgspec.structs.replace(e, body=None) if e.source != "recorder" else e for e in run] for run in (a, b)]
    assert not compare(*gone).equal


def test_what_is_nested_too_deeply_to_be_followed_is_compared_as_it_is() -> None:
    def deep(innermost: bytes) -> Run:
        (event,) = child_events(run_of({"detail": "x"}))
        assert event.body is not None
        body = event.body.replace(b'"detail":"x"', b'"detail":' + b"[" * 700 + innermost + b"]" * 700)
        return [msgspec.structs.replace(event, body=body, event=decode_event(body))]

    one, two = deep(b"1"), deep(b"2")
    assert compare(one, one).equal
    assert compare(one, deep(b"1")).equal
    assert [(d.kind, d.path) for d in compare(one, two)] == [("altered", ())]


def test_an_item_that_moved_is_compared_within_too() -> None:
    items, turned = [{"id": "a", "x": 1}, {"id": "b", "x": 2}], [{"id": "b", "x": 2}, {"id": "a", "x": 99}]
    rules = Rules.of(only=["summary.items.x"], tolerances=["summary.items.x=±5"])
    found = compare(run_of({"summary": {"items": items}}), run_of({"summary": {"items": turned}}), rules)
    assert [99 in (d.before, d.after) for d in found] == [True]
