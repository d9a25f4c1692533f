"""A comparison of two runs finds exactly what differs."""

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


def summary_of(differences: Differences) -> list[tuple[str, int, str]]:
    """Return kind, number and path of every difference."""
    result = []
    for difference in differences:
        ref = difference.a or difference.b
        assert ref is not None
        result.append((difference.kind, ref.seq, path_text(difference.path)))
    return result


def reprs(differences: Differences) -> list[str]:
    return sorted(map(repr, differences))


def content_of(recorded: RecordedEvent) -> tuple[object, ...]:
    """Return an event's content without its number and its time."""
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
        if kind == "swap" and content_of(events[place]) == content_of(events[place + 1]):
            kind = ""  # swapping equal events changes nothing
        if kind:
            edits.append(Edit(kind, place))
        place += draw(st.integers(2, 5))
    return events, edits


@given(st.lists(_emitted, max_size=30))
def test_a_run_does_not_differ_from_itself(emitted: list[dict[str, Any]]) -> None:
    run = run_of(*emitted)
    result = compare(run, run)
    assert result.equal
    assert not result.hidden


@given(_runs_and_edits())
def test_an_edited_run_differs_by_exactly_the_edits(case: tuple[Run, list[Edit]]) -> None:
    """One edit is one difference, and it is the one that was made."""
    events, edits = case
    result = sorted(summary_of(compare(events, edited(events, edits))), key=lambda item: item[1])
    expected = [edit.expected(events) for edit in edits]
    assert len(result) == len(expected)
    for (kind, number, path), (expected_kind, numbers, expected_path) in zip(result, expected, strict=True):
        assert (kind, path) == (expected_kind, expected_path)
        assert number in numbers


@given(_runs_and_edits())
def test_losses_repetitions_and_swaps_are_attributed_to_the_transport(case: tuple[Run, list[Edit]]) -> None:
    """The numbers prove it."""
    events, edits = case
    result = compare(events, edited(events, edits))
    assert {difference.category for difference in result if difference.kind != "altered"} <= {"transport"}


@given(_runs_and_edits(), st.lists(_emitted, max_size=40))
def test_exchanging_the_runs_gives_the_same_differences(
    case: tuple[Run, list[Edit]], emitted: list[dict[str, Any]]
) -> None:
    events, edits = case
    for other in (edited(events, edits), run_of(*emitted, number=2)):
        forth, back = compare(events, other), compare(other, events)
        assert reprs(back.reversed()) == reprs(forth)
        assert back.hidden.keys() == forth.hidden.keys()


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_only_the_tail_of_a_truncated_run_is_missing(kept: int) -> None:
    run = run_of(*({"detail": f"page {n}"} for n in range(10)))
    events = child_events(run)
    result = compare(
        run, [*(e for e in run if e.source == "recorder" and e.event.type != "run_finished"), *events[:kept]]
    )
    missing = [item for item in event_differences(result) if item[0] == "missing"]
    assert missing == [("missing", seq, "") for seq in range(kept + 1, 11)]
    assert ("status", "completed", "running") in {
        (path_text(d.path), d.before, d.after) for d in result if d.a is None and d.b is None
    }


def event_differences(differences: Differences) -> list[tuple[str, int, str]]:
    """Return what differs in events, leaving out the runs as wholes."""
    return [
        (difference.kind, ref.seq, path_text(difference.path))
        for difference in differences
        if (ref := difference.a or difference.b) is not None
    ]


def test_an_additional_event_does_not_make_later_events_differ() -> None:
    """Every later number belongs to another event, but the content is the same."""
    pages = [{"detail": f"page {n}"} for n in range(6)]
    result = compare(run_of(*pages), run_of(*pages[:2], {"detail": "a banner"}, *pages[2:], number=2))
    assert summary_of(result) == [("missing", 3, "")]
    assert result.differences[0].category == "content"
    assert "numbers of events" in result.hidden


def test_the_verdict_has_its_own_category() -> None:
    score = {"phase": "judge", "step": "done", "summary": {"trust_score": 44}}
    result = compare(run_of(score), run_of({**score, "summary": {"trust_score": 47}}, number=2))
    assert [(d.category, d.event, path_text(d.path), d.before, d.after) for d in result] == [
        ("verdict", "judge/done", "summary.trust_score", 44, 47)
    ]


def test_times_and_ports_do_not_count_and_are_reported_as_hidden() -> None:
    def of(port: int, took: float) -> Run:
        url = f"http://127.0.0.1:{port}/"
        return run_of({"detail": f"Looking at {url}", "summary": {"url": url, "timing": {"loaded": took}}})

    result = compare(of(4001, 1.5), of(4002, 2.5))
    assert result.equal
    assert {rule: hidden.count for rule, hidden in result.hidden.items()} == {"ports of this machine": 2, "timings": 1}
    assert result.hidden["timings"].example == "scout/visiting summary.timing"


def test_without_the_defaults_everything_counts() -> None:
    a, b = run_of({"summary": {"timing": {"loaded": 1}}}), run_of({"summary": {"timing": {"loaded": 2}}})
    result = compare(a, b, Rules.of(defaults=False))
    assert [(d.category, path_text(d.path)) for d in result] == [("timing", "summary.timing.loaded")]


def test_a_redacted_event_is_counted_and_not_compared() -> None:
    run = run_of({"detail": "a"}, {"detail": "b"})
    gone = [msgspec.structs.replace(e, body=None) if e.source != "recorder" and e.seq == 1 else e for e in run]
    result = compare(run, gone)
    assert result.equal
    assert result.redacted == 1


def test_an_additional_item_in_a_list_is_one_difference() -> None:
    links = [{"url": f"/{n}", "text": f"link {n}"} for n in range(5)]
    more = [*links[:2], {"url": "/new", "text": "new"}, *links[2:]]
    result = compare(run_of({"summary": {"links": links}}), run_of({"summary": {"links": more}}))
    assert [(d.kind, path_text(d.path)) for d in result] == [("missing", "summary.links[2]")]


def test_a_changed_item_is_matched_by_its_identifying_field() -> None:
    links = [{"url": f"/{n}", "text": f"link {n}"} for n in range(3)]
    other = [{"url": "/0", "text": "link 0"}, {"url": "/2", "text": "link two"}]
    result = compare(run_of({"summary": {"links": links}}), run_of({"summary": {"links": other}}))
    assert sorted((d.kind, path_text(d.path)) for d in result) == [
        ("altered", "summary.links[2>1].text"),
        ("missing", "summary.links[1]"),
    ]


def test_headers_are_compared_by_name() -> None:
    a = {"headers": [["Server", "x"], ["Date", "Mon"], ["Set-Cookie", "id=1; Path=/"]]}
    b = {"headers": [["date", "Tue"], ["server", "y"], ["set-cookie", "id=2; Path=/"]]}
    result = compare(run_of({"summary": a}), run_of({"summary": b}))
    assert [(path_text(d.path), d.before, d.after) for d in result] == [("summary.headers.server", "x", "y")]
    assert set(result.hidden) == {"dates and marks of an answer", "values of cookies"}


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, "1"), (None, 0), ({"x": 1}, {"x": True})])
def test_values_of_other_types_differ(before: object, after: object) -> None:
    result = compare(run_of({"summary": {"v": before}}), run_of({"summary": {"v": after}}))
    assert len(result) == 1


def test_1_and_1_0_are_the_same_number() -> None:
    assert compare(run_of({"summary": {"v": 1}}), run_of({"summary": {"v": 1.0}})).equal


def test_null_is_not_the_same_as_absent() -> None:
    result = compare(run_of({"summary": {"v": None}}), run_of({"summary": {}}))
    assert [d.as_dict()["before"] for d in result] == [None]
    assert all("after" not in d.as_dict() for d in result)


def test_how_the_runs_ended_is_compared() -> None:
    result = compare(run_of({}), run_of({}, status="failed"))
    assert [(d.category, d.event, path_text(d.path), d.before, d.after) for d in result] == [
        ("verdict", "run/end", "status", "completed", "failed")
    ]


def test_an_event_over_two_transports_is_compared_once() -> None:
    run = run_of({"detail": "a"}, {"detail": "b"})
    twice = [
        copy
        for e in run
        for copy in ([e] if e.source == "recorder" else [e, msgspec.structs.replace(e, source="stdout")])
    ]
    result = compare(run, twice)
    assert result.equal
    assert result.b.events == 2


def test_values_that_json_cannot_express_are_compared() -> None:
    odd = run_of({"detail": "\ud800", "summary": {"huge": 10**5000, "deep": [[[[1]]]]}})
    assert compare(odd, odd).equal
    result = compare(
        odd, [altered(e, lambda wire: wire.update(detail="\udfff")) if e.source != "recorder" else e for e in odd]
    )
    assert [path_text(d.path) for d in result] == ["detail"]


def test_redacted_events_of_different_kinds_are_not_the_same() -> None:
    a, b = run_of({"step": "done"}), run_of({"step": "page_loaded"})
    gone = [[msgspec.structs.replace(e, body=None) if e.source != "recorder" else e for e in run] for run in (a, b)]
    assert not compare(*gone).equal


def test_a_too_deeply_nested_value_is_compared_as_a_whole() -> None:
    def deep(innermost: bytes) -> Run:
        (event,) = child_events(run_of({"detail": "x"}))
        assert event.body is not None
        body = event.body.replace(b'"detail":"x"', b'"detail":' + b"[" * 700 + innermost + b"]" * 700)
        return [msgspec.structs.replace(event, body=body, event=decode_event(body))]

    one, two = deep(b"1"), deep(b"2")
    assert compare(one, one).equal
    assert compare(one, deep(b"1")).equal
    assert [(d.kind, d.path) for d in compare(one, two)] == [("altered", ())]


def test_a_moved_item_is_also_compared_field_by_field() -> None:
    items, turned = [{"id": "a", "x": 1}, {"id": "b", "x": 2}], [{"id": "b", "x": 2}, {"id": "a", "x": 99}]
    rules = Rules.of(only=["summary.items.x"], tolerances=["summary.items.x=±5"])
    result = compare(run_of({"summary": {"items": items}}), run_of({"summary": {"items": turned}}), rules)
    assert [99 in (d.before, d.after) for d in result] == [True]


def test_the_order_of_refused_connections_does_not_count() -> None:
    """The egress guard reports them whenever they come; the last event lists them."""
    first, second = ({"step": "egress_refused", "extra": {"refusal": {"host": f"10.0.0.{n}"}}} for n in (1, 2))
    page = {"step": "page_loaded"}
    differences = compare(run_of(first, second, page), run_of(second, page, first))
    assert not differences.differences and "orders that are an accident" in differences.hidden
