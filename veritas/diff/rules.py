"""What a comparison looks at, and what it lets pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from veritas.diff.field_path import Names, Pattern
from veritas.diff.volatile import hiding_patterns, unordered_patterns
from veritas.errors import BadPattern

_TOLERANCE = re.compile(r"(?P<pattern>.+)=\s*(?:±|\+-|\+/-)?(?P<amount>\d+(?:\.\d+)?)\s*(?P<percent>%?)\Z")


@dataclass(frozen=True)
class Tolerance:
    """How far apart two numbers may be.

    Attributes:
        pattern: Where.
        amount: At most so much, in the field's own unit; or in percent of the one that is farther from zero.
        relative: Whether it is in percent.
    """

    pattern: Pattern
    amount: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `PATH=±N` or `PATH=±N%`; the sign may be left out.

        Raises:
            BadPattern: It is neither.
        """
        match = _TOLERANCE.match(text)
        if match is None:
            raise BadPattern(f"{text!r} is no tolerance; write PATH=±N or PATH=±N%, such as 'summary.trust_score=±2'.")
        return cls(Pattern.parse(match["pattern"]), float(match["amount"]), bool(match["percent"]))

    def allows(self, before: object, after: object) -> bool:
        """Whether two values are numbers, and near enough."""
        if not _is_number(before) or not _is_number(after):
            return False
        assert isinstance(before, int | float) and isinstance(after, int | float)  # that is what was asked
        try:
            reach = self.amount / 100 * max(abs(before), abs(after)) if self.relative else self.amount
            return abs(before - after) <= reach
        except OverflowError:  # a number that no float can hold
            return False

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.pattern.text}=±{self.amount:g}{'%' if self.relative else ''}"


@dataclass
class Rules:
    """What a comparison looks at. Make them by `Rules.of`.

    Attributes:
        ignore: What does not count.
        only: What alone counts; everything where there is none.
        tolerances: Where numbers may differ a little.
        hiding: The kinds of volatile fields that do not count, and their patterns; see `veritas.diff.volatile`.
        unordered: Lists whose order is an accident.
        defaults: Whether what is volatile is left out.
        met: The patterns that named something of what was compared.
    """

    ignore: tuple[Pattern, ...]
    only: tuple[Pattern, ...]
    tolerances: tuple[Tolerance, ...]
    hiding: tuple[tuple[str, Pattern], ...]
    unordered: tuple[Pattern, ...]
    defaults: bool
    met: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        ignore: Iterable[str] = (),
        only: Iterable[str] = (),
        tolerances: Iterable[str] = (),
        defaults: bool = True,
    ) -> Self:
        """Return rules, of patterns as `Pattern.parse` and tolerances as `Tolerance.parse` reads them.

        Args:
            ignore: What does not count, and is told where it would have.
            only: What alone counts; what lies beside it is not looked at.
            tolerances: Where numbers may differ a little; they win over what is volatile, not over *ignore*.
            defaults: Whether what is volatile, such as times and ports, is left out; it is told where it would have
                counted.

        Raises:
            BadPattern: One of them cannot be read.
        """
        return cls(
            tuple(map(Pattern.parse, ignore)),
            tuple(map(Pattern.parse, only)),
            tuple(map(Tolerance.parse, tolerances)),
            hiding_patterns() if defaults else (),
            tuple(unordered_patterns()) if defaults else (),
            defaults,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return as JSON values what they were made of: `ignore`, `only`, `tolerances` and `defaults`."""
        return {
            "ignore": [pattern.text for pattern in self.ignore],
            "only": [pattern.text for pattern in self.only],
            "tolerances": [str(tolerance) for tolerance in self.tolerances],
            "defaults": self.defaults,
        }

    def hides(self, event: str, names: Names) -> str | None:
        """Return which rule keeps a field from counting; "" where nobody asked to see it, None where it counts."""
        named = (*self.ignore, *self.only, *(tolerance.pattern for tolerance in self.tolerances))
        self.met.update(pattern.text for pattern in named if pattern.covers(event, names))
        only_within = self.only_within(event, names)
        if only_within and not any(pattern.reaches_into(event, names) for pattern in self.only):
            return ""
        for pattern in self.ignore:
            if pattern.covers(event, names):
                return "" if only_within else pattern.text
        if self.tolerance(event, names) is not None:
            return None
        kind = next((kind for kind, pattern in self.hiding if pattern.covers(event, names)), None)
        return "" if only_within and kind is not None else kind

    def unmet(self) -> list[str]:
        """Return the patterns that were given and that named nothing of what was compared so far."""
        given = (*self.ignore, *self.only, *(tolerance.pattern for tolerance in self.tolerances))
        return [text for text in dict.fromkeys(pattern.text for pattern in given) if text not in self.met]

    def only_within(self, event: str, names: Names) -> bool:
        """Whether nobody asked to see what stands there, but at most something within it."""
        return bool(self.only) and not any(pattern.covers(event, names) for pattern in self.only)

    def tolerance(self, event: str, names: Names) -> Tolerance | None:
        """Return how far two numbers may be apart there."""
        return next((each for each in self.tolerances if each.pattern.covers(event, names)), None)

    def is_unordered(self, event: str, names: Names) -> bool:
        """Whether the order of the list there is an accident."""
        return any(pattern.names_exactly(event, names) for pattern in self.unordered)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
