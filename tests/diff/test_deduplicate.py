"""A change that a later event repeats is reported once."""

from __future__ import annotations

from tests.diff.runs import run_of
from veritas.diff import compare
from veritas.diff.deduplicate import deduplicate
from veritas.diff.field_path import path_text

PAGE = {"step": "page_loaded", "summary": {"url": "http://shop.test/", "text": "one", "size": 1}}


def deduplicated(*runs: tuple[dict[str, object], ...]) -> list[tuple[str, str, list[str], int]]:
    a, b = (run_of(*run) for run in runs)
    return [
        (item.difference.event, path_text(item.difference.path), item.repeated_in, item.count)
        for item in deduplicate(compare(a, b))
    ]


def test_a_summary_that_repeats_a_page_is_merged_with_it() -> None:
    other = {**PAGE, "summary": {**PAGE["summary"], "text": "two"}}
    first, second = (
        (page, {"step": "done", "summary": {"pages": [page["summary"]]}}, {"phase": "complete", "step": "done"})
        for page in (PAGE, other)
    )
    assert deduplicated(first, second) == [("scout/page_loaded", "summary.text", ["scout/done"], 2)]


def test_another_change_in_a_field_of_the_same_name_is_separate() -> None:
    first = ({"step": "a", "summary": {"x": 1}}, {"step": "b", "summary": {"x": 1}})
    second = ({"step": "a", "summary": {"x": 2}}, {"step": "b", "summary": {"x": 3}})
    assert [item[2] for item in deduplicated(first, second)] == [[], []]


def test_the_same_change_in_a_field_of_another_name_is_separate() -> None:
    first = ({"step": "a", "summary": {"x": 1}}, {"step": "b", "summary": {"y": 1}})
    second = ({"step": "a", "summary": {"x": 2}}, {"step": "b", "summary": {"y": 2}})
    assert [item[2] for item in deduplicated(first, second)] == [[], []]


def test_the_same_change_in_two_events_of_the_same_name_is_reported_twice() -> None:
    """Two findings or two pages each have their own change."""
    first = ({"summary": {"url": "/a", "x": 1}}, {"summary": {"url": "/b", "x": 1}})
    second = ({"summary": {"url": "/a", "x": 2}}, {"summary": {"url": "/b", "x": 2}})
    assert [item[1:] for item in deduplicated(first, second)] == [("summary.x", [], 1)] * 2


def test_every_difference_is_counted() -> None:
    first = ({"step": "a", "summary": {"x": True}}, {"step": "b", "summary": {"in": {"x": True}, "and": {"x": True}}})
    second = ({"step": "a", "summary": {"x": 1}}, {"step": "b", "summary": {"in": {"x": 1}, "and": {"x": 1}}})
    assert deduplicated(first, second) == [("scout/a", "summary.x", ["scout/b"], 3)]


def test_many_equal_changes_are_reported_and_the_first_is_repeated() -> None:
    """There are so many that comparing each with each would take too long."""
    first, second = (
        ({"step": "a", "summary": {"links": [{"up": up}] * 8000}}, {"step": "b", "summary": {"links": [{"up": up}]}})
        for up in (True, False)
    )
    result = deduplicated(first, second)
    assert [item[2:] for item in result] == [(["scout/b"], 2), *[([], 1)] * 7999]
