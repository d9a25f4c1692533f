"""What the plots share: a frame with a scale."""

from __future__ import annotations

from collections.abc import Iterable

from veritas.report.html import Content, Markup, tag

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 900, 150, 30, 14, 34
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def frame(height: int, label: str, *drawn: Content) -> Markup:
    """Return a picture of that height; *label* says what it shows to who cannot see it."""
    return tag("svg", *drawn, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=label, class_="plot")


def across(share: float) -> float:
    """Return where a share of the width is, in pixels."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def upright(height: int, marks: Iterable[tuple[float, str]]) -> list[Markup]:
    """Return upright lines at shares of the width, each with its name under it."""
    drawn = []
    for share, name in marks:
        x = f"{across(share):.1f}"
        drawn.append(tag("line", x1=x, y1=TOP, x2=x, y2=height - BOTTOM, class_="grid"))
        drawn.append(tag("text", name, x=x, y=height - 10, text_anchor="middle"))
    return drawn


def upward(share: float, height: int) -> float:
    """Return where a share of the frame's height is, in pixels from the picture's top."""
    return TOP + (1 - share) * (height - TOP - BOTTOM)


def level(height: int) -> list[Markup]:
    """Return level lines at every quarter of the frame's height, each with its share."""
    drawn = []
    for share in QUARTERS:
        y = upward(share, height)
        drawn.append(tag("line", x1=LEFT, y1=f"{y:.1f}", x2=WIDTH - RIGHT, y2=f"{y:.1f}", class_="grid"))
        drawn.append(name_at(y, f"{share:.0%}"))
    return drawn


def name_at(y: float, text: str) -> Markup:
    """Return a row's name, left of the frame."""
    return tag("text", text, x=LEFT - 12, y=f"{y + 4:.1f}", text_anchor="end")
