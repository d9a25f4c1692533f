"""Read how much time a text says is left."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.texts import normalise

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NAMED = re.compile(
    r"(?<![\d.,])(\d(?: ?\d){0,3}) ?(d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])[ ,:.]{0,3}"
)
_COLONS = re.compile(
    r"(?<![\d:.])(?:(\d{1,3}) ?d(?:ays?)?[ ,:]{0,3})?(\d{1,3}(?: ?: ?\d\d){1,3})(?![\d:]| ?[ap]\.?m\b| uhr\b)"
)
# Figures in one row, their names in the next.
_TABLE = re.compile(
    r"(?<![\d.,])(\d{1,3}(?: \d{1,2}){2,3}) (?:(d|days?) )?(?:h|hrs?|hours?) (?:m|mins?|minutes?) (?:s|secs?"
    r"|seconds?)\b"
)


@dataclass(frozen=True)
class Clock:
    """A clock face: the seconds that it shows, and the words that show them."""

    seconds: int
    words: str


def read_clock(text: str | None) -> Clock | None:
    """Return the first clock in *text* as a time that is left, or None where there is none.

    It knows `2d 03:04:05`, `14:59`, `3 hrs 25 mins 22 sec`, `59 seconds`, and digits that stand apart (`0 4 hours`).
    """
    if not text or not any(character.isdigit() for character in text):
        return None
    plain = normalise(text)
    found = [clock for clock in (_read_table(plain), _read_colons(plain), _read_named(plain)) if clock]
    return max(found, key=lambda clock: len(clock.words), default=None)


def _read_table(text: str) -> Clock | None:
    match = _TABLE.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in match[1].split()]
    if len(figures) != (4 if match[2] else 3):
        return None
    return Clock(_sum(figures), match[0])


def _read_colons(text: str) -> Clock | None:
    match = _COLONS.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in match[2].split(":")]
    if match[1]:
        figures = [int(match[1]), *figures, *[0] * (3 - len(figures))]
    return Clock(_sum(figures), match[0].strip())


def _read_named(text: str) -> Clock | None:
    start = end = -1
    last, total = "", 0
    for match in _NAMED.finditer(text):
        unit = match[2][0]
        if start >= 0 and (match.start() != end or _UNITS[unit] >= _UNITS[last]):
            break
        start = match.start() if start < 0 else start
        end, last = match.end(), unit
        total += int(match[1].replace(" ", "")) * _UNITS[unit]
    if start < 0 or last in ("d",):
        return None
    return Clock(total, text[start:end].strip(" ,:."))


def _sum(figures: list[int]) -> int:
    return sum(figure * unit for figure, unit in zip(reversed(figures), reversed(_UNITS.values()), strict=False))
