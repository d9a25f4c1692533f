"""The rules of a comparison: which fields are compared, and which differences are tolerated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from veritas.diff.field_path import Names, Pattern
from veritas.diff.volatile import hiding_patterns, unordered_patterns
from veritas.errors import InvalidPattern

_TOLERANCE = re.compile(r"(?P<pattern>.+)=\s*(?:±|\+-|\+/-)?(?P<amount>\d+(?:\.\d+)?)\s*(?P<percent>%?)\Z")


@dataclass(frozen=True)
class Tolerance:
    """The amount by which two numbers may differ.

    Attributes:
        pattern: The fields it applies to.
        amount: The largest difference allowed, in the field's own unit; or in percent of the larger absolute value.
        relative: Whether *amount* is in percent.
    """

    pattern: Pattern
    amount: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `PATH=±N` or `PATH=±N%`; the sign may be left out.

        Raises:
            InvalidPattern: The text is neither.
        """
        match = _TOLERANCE.match(text)
        if match is None:
            raise InvalidPattern(
                f"Invalid tolerance {text!r}; write PATH=±N or PATH=±N%, such as 'summary.trust_score=±2'."
            )
        return cls(Pattern.parse(match["pattern"]), float(match["amount"]), bool(match["percent"]))

    def allows(self, before: object, after: object) -> bool:
        """Return whether two values are numbers that differ by no more than the tolerance."""
        if not _is_number(before) or not _is_number(after):
            return False
        assert isinstance(before, int | float) and isinstance(after, int | float)  # for the type checker
        try:
            reach = self.amount / 100 * max(abs(before), abs(after)) if self.relative else self.amount
            return abs(before - after) <= reach
        except OverflowError:  # a number that no float can hold
            return False

    def __str__(self) -> str:
        return f"{self.pattern.text}=±{self.amount:g}{'%' if self.relative else ''}"


@dataclass
class Rules:
    """The rules of a comparison; create them with `Rules.of`.

    Attributes:
        ignore: The fields that do not count.
        only: The only fields that count; empty means all.
        tolerances: The fields whose numbers may differ a little.
        hiding: The kinds of volatile fields that do not count, and their patterns; see `veritas.diff.volatile`.
        unordered: The lists whose order does not count.
        defaults: Whether volatile fields and values do not count.
        matched: The patterns that matched a field that was compared.
    """

    ignore: tuple[Pattern, ...]
    only: tuple[Pattern, ...]
    tolerances: tuple[Tolerance, ...]
    hiding: tuple[tuple[str, Pattern], ...]
    unordered: tuple[Pattern, ...]
    defaults: bool
    matched: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        ignore: Iterable[str] = (),
        only: Iterable[str] = (),
        tolerances: Iterable[str] = (),
        defaults: bool = True,
    ) -> Self:
        """Return rules from patterns for `Pattern.parse` and tolerances for `Tolerance.parse`.

        Args:
            ignore: The fields that do not count; their differences are reported as hidden.
            only: The only fields that count; others are not compared.
            tolerances: The fields whose numbers may differ a little; they override *defaults*, not *ignore*.
            defaults: Whether volatile values, such as times and ports, do not count; their differences are reported as
                hidden.

        Raises:
            InvalidPattern: One of them cannot be read.
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
        """Return the arguments of `of` as JSON values: `ignore`, `only`, `tolerances` and `defaults`."""
        return {
            "ignore": [pattern.text for pattern in self.ignore],
            "only": [pattern.text for pattern in self.only],
            "tolerances": [str(tolerance) for tolerance in self.tolerances],
            "defaults": self.defaults,
        }

    def hides(self, event: str, names: Names) -> str | None:
        """Return the rule that hides a field; "" if it was not asked for, None if it counts."""
        given = (*self.ignore, *self.only, *(tolerance.pattern for tolerance in self.tolerances))
        self.matched.update(pattern.text for pattern in given if pattern.covers(event, names))
        outside_only = self.outside_only(event, names)
        if outside_only and not any(pattern.may_match_within(event, names) for pattern in self.only):
            return ""
        for pattern in self.ignore:
            if pattern.covers(event, names):
                return "" if outside_only else pattern.text
        if self.tolerance(event, names) is not None:
            return None
        kind = next((kind for kind, pattern in self.hiding if pattern.covers(event, names)), None)
        return "" if outside_only and kind is not None else kind

    def unmatched(self) -> list[str]:
        """Return the given patterns that have matched no field so far."""
        given = (*self.ignore, *self.only, *(tolerance.pattern for tolerance in self.tolerances))
        return [text for text in dict.fromkeys(pattern.text for pattern in given) if text not in self.matched]

    def outside_only(self, event: str, names: Names) -> bool:
        """Return whether *only* excludes this field itself; a field within it may still count."""
        return bool(self.only) and not any(pattern.covers(event, names) for pattern in self.only)

    def tolerance(self, event: str, names: Names) -> Tolerance | None:
        """Return the tolerance for this field, if any."""
        return next((each for each in self.tolerances if each.pattern.covers(event, names)), None)

    def is_unordered(self, event: str, names: Names) -> bool:
        """Return whether the order of the list in this field does not count."""
        return any(pattern.matches(event, names) for pattern in self.unordered)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
