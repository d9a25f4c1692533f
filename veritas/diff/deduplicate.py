"""Deduplication of differences: collapse those that later events repeat.

A page's text is in the event that reports the page and again in the event that sums up the phase, so a change in it is
found twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from veritas.diff.difference import ABSENT, Difference
from veritas.diff.field_path import Names, names_of


@dataclass
class DistinctDifference:
    """A difference, and the events that repeat it.

    Attributes:
        difference: The first occurrence.
        repeated_in: The names (`phase/step`) of the events that repeat it.
        count: How many differences it represents, itself included.
    """

    difference: Difference
    repeated_in: list[str] = field(default_factory=list)
    count: int = 1


def deduplicate(differences: Iterable[Difference]) -> list[DistinctDifference]:
    """Merge each difference that repeats an earlier one into it.

    A difference repeats an earlier one if it is in another event, has the same kind, category and values, and its path
    ends with the earlier one's path without its first name: `summary.text` in a page's event is repeated as
    `summary.pages[0].text`.
    """
    distinct: list[DistinctDifference] = []
    first: dict[tuple[str, Names], _Earliest] = {}
    for difference in differences:
        names = names_of(difference.path)
        change = f"{difference.category} {difference.kind} {_text(difference.before)} {_text(difference.after)}"
        earlier = _find_earlier(first, change, names, difference.event) if names else None
        if earlier is None:
            distinct.append(DistinctDifference(difference))
            if names:
                first.setdefault((change, names[1:] or names), _Earliest()).add(len(distinct) - 1, difference.event)
            continue
        distinct[earlier].count += 1
        if difference.event not in distinct[earlier].repeated_in:
            distinct[earlier].repeated_in.append(difference.event)
    return distinct


@dataclass
class _Earliest:
    """The index of the first difference with some change, and of the first one in another event than that one."""

    index: int | None = None
    event: str = ""
    other: int | None = None

    def add(self, index: int, event: str) -> None:
        if self.index is None:
            self.index, self.event = index, event
        elif self.other is None and event != self.event:
            self.other = index

    def outside(self, event: str) -> int | None:
        """Return the index of the first one that is not in *event*."""
        return self.index if event != self.event else self.other


def _find_earlier(first: Mapping[tuple[str, Names], _Earliest], change: str, names: Names, event: str) -> int | None:
    """Return the index of the first difference that this one repeats, or None: any suffix of *names* may match it."""
    candidates = (first.get((change, names[start:])) for start in range(len(names)))
    return min((index for one in candidates if one and (index := one.outside(event)) is not None), default=None)


def _text(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)
