"""The differences on a page: by category and event, A next to B, with the changes marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from veritas.diff.deduplicate import DistinctDifference, deduplicate
from veritas.diff.difference import ABSENT, CATEGORIES, DUPLICATED, MISSING, Difference, Differences
from veritas.diff.field_path import path_text
from veritas.diff.text_diff import Piece, pieces
from veritas.events.json import encode_json
from veritas.formatting import count

_LONGEST_SAME = 160  # characters that are the same on both sides; of a longer text the two ends are shown
_MOST_PIECES = 400  # of one text; the rest is left out
_LONGEST = 4_000  # characters that differ
_BREAK_AFTER, _BREAK_BEFORE = re.compile(r"(?<=\s)\S+\Z"), re.compile(r"\A\S+(?=\s)")
_WHOLE_EVENT = {MISSING: "only in {}", DUPLICATED: "once more in {}"}

SAME, DELETED, INSERTED, GAP = "", "del", "ins", "gap"
Span = tuple[str, str]  # one of these marks, and a text
_ELLIPSIS: Span = (GAP, "…")


@dataclass(frozen=True)
class ChangedField:
    """One field that differs.

    Attributes:
        path: The field.
        again: The later events that repeat the difference, separated by commas.
        before: What A has; None if the field is absent there.
        after: What B has.
    """

    path: str
    again: str
    before: Sequence[Span] | None
    after: Sequence[Span] | None


@dataclass(frozen=True)
class ChangedEvent:
    """One event that differs.

    Attributes:
        name: The event, as patterns name it.
        subject: What it is about.
        numbers: Its number in A and in B.
        whole: How the event as a whole differs, such as `only in A`.
        fields: The fields that differ.
    """

    name: str
    subject: str
    numbers: str
    whole: Sequence[str]
    fields: Sequence[ChangedField]


@dataclass(frozen=True)
class Changes:
    """The differences of one category; the events are an iterator, because there may be too many for memory.

    Attributes:
        category: The category.
        number: How many differences there are.
        events: The events that differ.
        more: How many further events differ, in words; None if all are there.
    """

    category: str
    number: int
    events: Iterator[ChangedEvent]
    more: str | None


def changes_of(differences: Differences, *, most: int | None = None) -> Iterator[Changes]:
    """Yield the differences of each category that has any.

    Args:
        differences: The differences.
        most: How many events of a category are yielded; None for all.
    """
    unique = deduplicate(differences)
    for category in CATEGORIES:
        found = [item for item in unique if item.difference.category == category]
        if found:
            groups = [list(items) for _, items in groupby(found, lambda item: (item.difference.a, item.difference.b))]
            left_out = 0 if most is None else max(len(groups) - most, 0)
            more = f"and {count(left_out, 'event')} more; `veritas diff --events` lists all" if left_out else None
            yield Changes(category, sum(item.count for item in found), map(_changed_event, groups[:most]), more)


def _changed_event(items: list[DistinctDifference]) -> ChangedEvent:
    first = items[0].difference
    ref = first.a or first.b
    numbers = [f"{side} {event.seq}" for side, event in (("A", first.a), ("B", first.b)) if event is not None]
    return ChangedEvent(
        name=first.event,
        subject=ref.subject if ref else "",
        numbers=", ".join(numbers),
        whole=[_whole_event(item.difference) for item in items if not item.difference.path],
        fields=[_changed_field(item) for item in items if item.difference.path],
    )


def _whole_event(difference: Difference) -> str:
    return _WHOLE_EVENT.get(difference.kind, "in another place").format("A" if difference.a is not None else "B")


def _changed_field(item: DistinctDifference) -> ChangedField:
    difference = item.difference
    before, after = _marked(difference.before, difference.after)
    return ChangedField(path_text(difference.path), ", ".join(item.repeated_in), before, after)


def _marked(before: Any, after: Any) -> tuple[list[Span] | None, list[Span] | None]:
    """Return two values in which everything that only one of them has is marked; None for one that is absent."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return (
            None if before is ABSENT else [(DELETED, _cut(_text(before)))],
            None if after is ABSENT else [(INSERTED, _cut(_text(after)))],
        )
    found = pieces(before, after)
    cut = len(found) > _MOST_PIECES
    found = found[:_MOST_PIECES]
    marked: tuple[list[Span], list[Span]] = ([], [])
    for place, piece in enumerate(found):
        for spans, new in zip(marked, _spans(piece, not place, place == len(found) - 1), strict=True):
            spans.extend(new)
    if cut:
        for spans in marked:
            spans.append(_ELLIPSIS)
    return marked


def _spans(piece: Piece, first: bool, last: bool) -> tuple[list[Span], list[Span]]:
    """Return a piece of two texts as it is shown in A and in B."""
    if piece.same:
        shortened = _shortened(piece.before, first=first, last=last)
        return shortened, shortened
    return (
        [(DELETED, _cut(piece.before))] if piece.before else [],
        [(INSERTED, _cut(piece.after))] if piece.after else [],
    )


def _shortened(text: str, *, first: bool, last: bool) -> list[Span]:
    """Return a text that is the same on both sides; a long one without its middle, or without its outer end."""
    if len(text) <= _LONGEST_SAME:
        return [(SAME, text)]
    half = _LONGEST_SAME // 2
    begin, end = _whole_words(text[:half], _BREAK_AFTER), _whole_words(text[-half:], _BREAK_BEFORE)
    return [(SAME, "" if first else begin), _ELLIPSIS, (SAME, "" if last else end)]


def _whole_words(text: str, broken: re.Pattern[str]) -> str:
    """Return a text without the word in which it was cut, unless it is a single word."""
    return broken.sub("", text, count=1) or text


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else encode_json({"": value})[4:-1].decode("utf-8")
