"""Patterns and tolerances decide which differences count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.diff.runs import Run, run_of
from veritas.diff import ABSENT, Rules, Tolerance, compare
from veritas.diff.field_path import Pattern, path_text
from veritas.errors import InvalidPattern


@pytest.mark.parametrize(
    ("pattern", "event", "path", "covered"),
    [
        ("summary.price", "scout/done", "summary.price", True),
        ("summary.price", "scout/done", "summary.price.net", True),
        ("summary.price", "scout/done", "summary", False),
        ("summary.price", "scout/done", "summary.pages.price", False),
        ("price", "scout/done", "summary.pages.price", True),
        ("summary.**.price", "scout/done", "summary.pages.price", True),
        ("summary.*.price", "scout/done", "summary.pages.price", True),
        ("summary.*.price", "scout/done", "summary.price", False),
        ("summary.pages[3].price", "scout/done", "summary.pages.price", True),
        ("judge/done summary.trust_score", "judge/done", "summary.trust_score", True),
        ("judge/done summary.trust_score", "complete/done", "summary.trust_score", False),
        ("scout/*", "scout/done", "summary.title", True),
        ("scout/*", "scout/done", "", True),
        ("summary", "scout/done", "", False),
        ("*_ms", "scout/done", "summary.timing.response_ms", True),
    ],
)
def test_a_pattern_covers_the_fields_it_matches_and_fields_within_them(
    pattern: str, event: str, path: str, covered: bool
) -> None:
    names = tuple(path.split(".")) if path else ()
    assert Pattern.parse(pattern).covers(event, names) is covered


@pytest.mark.parametrize("text", ["", " ", "a b", "a..b", "a/b/c d", "a/b c d", ".a", "a/b/c"])
def test_an_invalid_pattern_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern, match="Invalid pattern"):
        Pattern.parse(text)


@pytest.mark.parametrize("text", ["", "score", "score=", "score=x", "=5", "score=-5", "score=±5%%"])
def test_an_invalid_tolerance_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern):
        Tolerance.parse(text)


@pytest.mark.parametrize(
    ("tolerance", "before", "after", "allowed"),
    [
        ("score=±2", 44, 46, True),
        ("score=2", 44, 46, True),
        ("score=+-2", 44, 46.5, False),
        ("score=±10%", 100, 90, True),
        ("score=±10%", 90, 100, True),
        ("score=±10%", 100, 89, False),
        ("score=±2", True, 1, False),
        ("score=±2", "44", 44, False),
        ("score=±2", float("nan"), 44, False),
    ],
)
def test_a_tolerance_allows_small_differences(tolerance: str, before: object, after: object, allowed: bool) -> None:
    assert Tolerance.parse(tolerance).allows(before, after) is allowed
    assert Tolerance.parse(tolerance).allows(after, before) is allowed


def test_an_ignored_field_does_not_count_and_is_reported_as_hidden() -> None:
    a, b = run_of({"summary": {"x": 1, "y": 1}}), run_of({"summary": {"x": 2, "y": 2}})
    result = compare(a, b, Rules.of(ignore=["summary.x"]))
    assert [path_text(d.path) for d in result] == ["summary.y"]
    assert result.hidden["summary.x"].count == 1


def test_only_with_a_name_at_any_depth_excludes_all_other_fields() -> None:
    """Other fields do not count at any level, and an item that only one side has counts because of that name."""
    a = run_of({"summary": {"x": 1, "y": 1, "pages": [{"x": 1, "y": 1}, "one"]}, "detail": "one"})
    b = run_of({"summary": {"x": 2, "y": 2, "pages": [{"x": 3, "y": 1}, "two", {"x": 4, "z": 1}]}, "detail": "two"})
    result = compare(a, b, Rules.of(only=["x"]))
    assert [(path_text(d.path), d.before, d.after) for d in result] == [
        ("summary.x", 1, 2),
        ("summary.pages[0].x", 1, 3),
        ("summary.pages[2].x", ABSENT, 4),
    ]
    assert not result.hidden
    assert compare(a, b, Rules.of(only=["z"])).reversed().differences[0].before == 1


def test_only_reports_the_selected_fields_of_an_event_that_one_side_has() -> None:
    """It reports nothing if the event lacks the field, nor that two events were swapped."""
    a = run_of({"step": "x", "summary": {"x": 1, "y": 1}}, {"step": "y", "summary": {"y": 1}}, {"step": "z"})
    b = run_of({"step": "z"}, {"step": "y", "summary": {"y": 1}})
    result = compare(a, b, Rules.of(only=["x"]))
    assert [(d.kind, d.event, path_text(d.path), d.before, d.after) for d in result] == [
        ("missing", "scout/x", "summary.x", 1, ABSENT)
    ]
    assert list(compare(b, a, Rules.of(only=["x"])).reversed()) == list(result)


def test_only_excludes_other_fields_without_reporting_them() -> None:
    a, b = run_of({"summary": {"x": 1, "y": 1}}), run_of({"summary": {"x": 2, "y": 2}}, status="failed")
    result = compare(a, b, Rules.of(only=["summary.x"]))
    assert [path_text(d.path) for d in result] == ["summary.x"]
    assert not result.hidden


def test_a_tolerated_difference_is_reported_as_hidden_and_a_larger_one_counts() -> None:
    a, b = run_of({"summary": {"x": 10, "y": 10}}), run_of({"summary": {"x": 11, "y": 20}})
    result = compare(a, b, Rules.of(tolerances=["summary.*=±10%"]))
    assert [path_text(d.path) for d in result] == ["summary.y"]
    assert result.hidden["summary.*=±10%"].count == 1


def test_a_tolerance_overrides_the_volatile_fields() -> None:
    a, b = run_of({"summary": {"timing": {"x": 1, "y": 1}}}), run_of({"summary": {"timing": {"x": 9, "y": 2}}})
    result = compare(a, b, Rules.of(tolerances=["summary.timing.x=±2"]))
    assert [(d.category, path_text(d.path)) for d in result] == [("timing", "summary.timing.x")]


def test_ignoring_overrides_a_tolerance() -> None:
    a, b = run_of({"summary": {"x": 1}}), run_of({"summary": {"x": 9}})
    assert compare(a, b, Rules.of(ignore=["summary.x"], tolerances=["summary.x=±2"])).equal


def test_an_event_that_is_ignored_as_a_whole_may_be_missing() -> None:
    a = run_of({"detail": "a"}, {"step": "screenshot"})
    b = run_of({"detail": "a"})
    assert not compare(a, b).equal
    result = compare(a, b, Rules.of(ignore=["scout/screenshot", "run/end"]))
    assert result.equal
    assert result.hidden["scout/screenshot"].count == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see http://127.0.0.1:4001/x", "see http://127.0.0.1:4002/x"),
        ("http://localhost:1/", "http://localhost:22/"),
        ("script-src 'nonce-abc123=='", "script-src 'nonce-xyz_-9'"),
        ("profile in /tmp/veritas-a1/x", "profile in /tmp/veritas-b2/y"),
        (r"C:\Users\me\AppData\Local\Temp\a1", r"C:\Users\me\AppData\Local\Temp\b2"),
        ("of vrts_0123456789abcdef.1", "of vrts_fedcba9876543210.2"),
    ],
)
def test_volatile_parts_of_a_text_do_not_count(before: str, after: str) -> None:
    result = compare(run_of({"detail": before}), run_of({"detail": after}))
    assert result.equal
    assert sum(hidden.count for hidden in result.hidden.values()) == 1


@pytest.mark.parametrize("fields", [{"words": "{} left"}, {"texts": {"opened": "{} left"}}, {"texts": ["{} left"]}])
def test_numbers_in_quotes_of_a_page_do_not_count(fields: dict[str, Any]) -> None:
    """A quote is one text, a list, or one for each state of the page; in each of them a price counts."""

    def quoting(number: str) -> Run:
        filled = json.loads(json.dumps(fields).replace("{}", number))
        return run_of({"summary": {"measured": filled}})

    result = compare(quoting("2"), quoting("3"))
    assert result.equal and list(result.hidden) == ["numbers in page texts"]
    assert not compare(quoting("£2"), quoting("£3")).equal


def test_ports_of_other_machines_count() -> None:
    assert not compare(run_of({"detail": "http://10.127.0.0.1:1/"}), run_of({"detail": "http://10.127.0.0.1:2/"})).equal


def test_a_number_too_large_for_a_float_is_never_within_a_tolerance() -> None:
    assert not Tolerance.parse("x=±1%").allows(10**400, 1.5)
