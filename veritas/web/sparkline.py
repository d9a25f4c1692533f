"""A sparkline: scores as a line that is as high as a line of text, with a dot at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from veritas.formatting import short_number

WIDTH, HEIGHT = 72, 24  # units of the picture
_EDGE = 3  # units around the line, so that the dot is whole


class Sparkline(NamedTuple):
    """The geometry of a sparkline, in units of its picture.

    Attributes:
        label: What it shows, in words.
        points: The points of the line, as SVG has them.
        x: Where the dot is, from the left.
        y: Where the dot is, from the top.
        width: The width of the picture.
        height: Its height.
    """

    label: str
    points: str
    x: float
    y: float
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, subject: str, scores: Sequence[float], at: int) -> Sparkline:
        """Return the sparkline of two or more scores (0-100), the oldest first, with a dot at the one of index *at*."""
        step = (WIDTH - 2 * _EDGE) / (len(scores) - 1)
        points = [
            (_EDGE + index * step, _EDGE + (1 - min(max(score, 0), 100) / 100) * (HEIGHT - 2 * _EDGE))
            for index, score in enumerate(scores)
        ]
        return cls(
            label=f"Scores of {subject}, the oldest first: {', '.join(map(short_number, scores))}",
            points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
            x=round(points[at][0], 1),
            y=round(points[at][1], 1),
        )
