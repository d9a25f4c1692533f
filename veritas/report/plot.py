"""The frame of a plot: its size, its grid, and the names of its axes.

All plots have the same width and the same margins, in the units of their SVG picture, which is scaled to the page. The
template macro `plot` draws the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 640
LEFT, RIGHT, TOP, BOTTOM = 64, 32, 14, 46  # margins
_DATE_WIDTH = 130  # of a date with its time in the size of a wide page


@dataclass(frozen=True)
class Tick:
    """A line of the grid, with its name.

    Attributes:
        at: Its place.
        name: Its name.
        spare: Whether a narrow page leaves the name out.
    """

    at: float
    name: str
    spare: bool = False


@dataclass(frozen=True)
class Date:
    """A date under the time axis.

    Attributes:
        x: Its place.
        text: What is written there.
        anchor: Which end of the text is at that place: `start`, `middle` or `end`.
        spare: Whether a narrow page leaves it out.
    """

    x: float
    text: str
    anchor: str
    spare: bool


@dataclass(frozen=True)
class Frame:
    """The frame of a plot.

    Attributes:
        label: What the plot shows, for those who cannot see it.
        height: Its height.
        levels: Horizontal lines, with their names to the left.
        uprights: Vertical lines, with their names below.
        dates: Dates below, without lines.
    """

    label: str
    height: int
    levels: Sequence[Tick] = ()
    uprights: Sequence[Tick] = ()
    dates: Sequence[Date] = ()
    width: int = field(default=WIDTH, init=False)
    left: int = field(default=LEFT, init=False)
    right: int = field(default=WIDTH - RIGHT, init=False)
    top: int = field(default=TOP, init=False)

    @property
    def bottom(self) -> int:
        """The place of the horizontal axis."""
        return self.height - BOTTOM


def x_of(share: float) -> float:
    """Return the place of a share of the width."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def y_of(share: float, height: int) -> float:
    """Return the place of a share of the height; 1 is at the top."""
    return TOP + (1 - share) * (height - TOP - BOTTOM)


def dates_of(times: Sequence[tuple[float, str]]) -> list[Date]:
    """Return the dates that have room under the time axis: the first, the last, and what fits between them.

    Args:
        times: Their places, from left to right, and their texts.
    """
    if len(times) == 1:
        return [Date(*times[0], "middle", spare=False)]
    (first, first_text), *between, (last, last_text) = times
    dates = [Date(first, first_text, "start", spare=False)]
    free_from, free_until = first + _DATE_WIDTH, last - _DATE_WIDTH
    for x, text in between:
        if free_from <= x - _DATE_WIDTH / 2 and x + _DATE_WIDTH / 2 <= free_until:
            dates.append(Date(x, text, "middle", spare=True))
            free_from = x + _DATE_WIDTH / 2
    if free_until >= first + _DATE_WIDTH:
        dates.append(Date(last, last_text, "end", spare=False))
    return dates
