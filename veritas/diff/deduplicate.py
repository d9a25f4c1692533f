"""Which differences only tell again what an earlier event told.

What a page says stands in the event that tells of the page and again in the one that sums up the phase, so that what
changed in it is found twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from veritas.diff.difference import ABSENT, Difference
from veritas.diff.field_path import Names, names_of


@dataclass
class Told:
    """A difference, and where the same is told again.

    Attributes:
        difference: The one that comes first.
        again: The events, as patterns call them, in which it comes once more.
        times: How many differences it stands for, with itself.
    """

    difference: Difference
    again: list[str] = field(default_factory=list)
    times: int = 1


def told_once(differences: Iterable[Difference]) -> list[Told]:
    """Return the differences without those that an earlier one told: the same values in a field of the same name.

    The earlier one's path, without its first name, has to be the end of the later one's: `summary.text` in the event of
    a page is told again as `summary.pages[0].text`.
    """
    told: list[Told] = []
    first: dict[tuple[str, Names], _Earliest] = {}
    for difference in differences:
        names = names_of(difference.path)
        said = f"{difference.category} {difference.kind} {_said(difference.before)} {_said(difference.after)}"
        earlier = _earlier(first, said, names, difference.event) if names else None
        if earlier is None:
            told.append(Told(difference))
            if names:
                first.setdefault((said, names[1:] or names), _Earliest()).add(len(told) - 1, difference.event)
            continue
        told[earlier].times += 1
        if difference.event not in told[earlier].again:
            told[earlier].again.append(difference.event)
    return told


@dataclass
class _Earliest:
    """Which difference was the first to tell something, and which the first in another event than that one."""

    place: int | None = None
    event: str = ""
    other: int | None = None

    def add(self, place: int, event: str) -> None:
        if self.place is None:
            self.place, self.event = place, event
        elif self.other is None and event != self.event:
            self.other = place

    def outside(self, event: str) -> int | None:
        """Return where the first one stands that is not of *event*."""
        return self.place if event != self.event else self.other


def _earlier(first: Mapping[tuple[str, Names], _Earliest], said: str, names: Names, event: str) -> int | None:
    """Return where the first difference stands of which this is one more: every end of its path may be one's tail."""
    tails = (first.get((said, names[start:])) for start in range(len(names)))
    return min((place for one in tails if one and (place := one.outside(event)) is not None), default=None)


def _said(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)
