"""Which differences only tell again what an earlier event told.

What a page says stands in the event that tells of the page and again in the one that sums up the phase, so that what
changed in it is found twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from veritas.diff.difference import ABSENT, Difference
from veritas.diff.path import Names, names_of


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
    first: defaultdict[str, list[tuple[Names, Told]]] = defaultdict(list)
    for difference in differences:
        if not difference.path:
            told.append(Told(difference))
            continue
        names = names_of(difference.path)
        said = f"{difference.category} {difference.kind} {_said(difference.before)} {_said(difference.after)}"
        earlier = next((once for tail, once in first[said] if _repeats(tail, names, once, difference)), None)
        if earlier is None:
            told.append(Told(difference))
            first[said].append((names[1:] or names, told[-1]))
            continue
        earlier.times += 1
        if difference.event not in earlier.again:
            earlier.again.append(difference.event)
    return told


def _repeats(tail: Names, names: Names, once: Told, difference: Difference) -> bool:
    return once.difference.event != difference.event and names[-len(tail) :] == tail


def _said(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)
