"""The plots of a rollout: the share over time, success, latencies, fallbacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

import numpy as np

from veritas.formatting import utc_time
from veritas.report.html import Content, Markup, tag
from veritas.rollout.metrics import ModeMetrics, Period, Population, Values
from veritas.rollout.statistics import wilson_interval

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


_ROW = 30  # pixels
_POINTS = 200  # of a curve
_DAY = 86_400.0


def share_plot(periods: Sequence[Period], stages: Sequence[Population]) -> Markup:
    """Return the share that got the queue in each period, with its interval, and the one that was wanted."""
    height = 260
    first, last = periods[0].at, periods[-1].at + periods[-1].length

    def x(utc_time: float) -> float:
        return across((min(max(utc_time, first), last) - first) / (last - first))

    wanted = []
    for stage in stages:
        share = stage.share or 0.0
        wanted += [(x(at), upward(share, height)) for at in (stage.began_at or first, stage.ended_at or last)]
    drawn: list[Markup] = [tag("polyline", points=_points(wanted), class_="wanted")]
    for period in periods:
        runs = period.queue + period.stdout
        at, share = f"{x(period.at + period.length / 2):.1f}", period.queue / runs
        low, high = (f"{upward(end, height):.1f}" for end in wilson_interval(period.queue, runs))
        told = (
            f"{utc_time(period.at, 'minutes')}: {period.queue:,} of {runs:,} ({share:.1%}), wanted {period.wanted:.1%}"
        )
        drawn.append(tag("line", x1=at, y1=low, x2=at, y2=high, class_="reach queue"))
        drawn.append(tag("circle", tag("title", told), cx=at, cy=f"{upward(share, height):.1f}", r="4", class_="queue"))
    shown = len("2026-11-27") if last - first > 3 * _DAY else None  # of a long rollout, the days
    ends = [
        tag("text", (utc_time(at, "minutes") or "")[:shown], x=f"{x(at):.1f}", y=height - 10, text_anchor=anchor)
        for at, anchor in ((first, "start"), (last, "end"))
    ]
    return frame(height, "Share of the audits that got the queue, over time", level(height), drawn, ends)


def success_plot(stages: Sequence[Population]) -> Markup:
    """Return the share of completed audits with its interval, by stage and mode."""
    rows = [(stage.name, mode) for stage in stages for mode in stage.modes.values() if mode.judged]
    intervals = [wilson_interval(mode.completed, mode.judged) for _, mode in rows]
    low = floor(10 * min((low for low, _ in intervals), default=0.0)) / 10
    height = TOP + BOTTOM + _ROW * max(1, len(rows))

    def x(share: float) -> str:
        return f"{across((share - low) / (1 - low)):.1f}"

    drawn = []
    for number, ((name, mode), (least, most)) in enumerate(zip(rows, intervals, strict=True)):
        y = TOP + _ROW * (number + 0.5)
        told = f"{mode.completed:,} of {mode.judged:,} completed, {least:.1%} to {most:.1%}"
        share = mode.completed / mode.judged
        drawn.append(name_at(y, f"{name}, {mode.mode}"))
        drawn.append(tag("line", x1=x(least), y1=f"{y:.1f}", x2=x(most), y2=f"{y:.1f}", class_=f"reach {mode.mode}"))
        drawn.append(tag("circle", tag("title", told), cx=x(share), cy=f"{y:.1f}", r="5", class_=mode.mode))
    marks = [(share, f"{100 * (low + share * (1 - low)):.4g}%") for share in QUARTERS]
    return frame(height, "Share of completed audits, with 95% intervals", upright(height, marks), drawn)


def latency_plot(modes: Sequence[ModeMetrics]) -> Markup:
    """Return which share of the audits has a p95 latency of so much or less, by mode, on a logarithmic scale.

    Of each mode some latency must be known.
    """
    height = 260
    curves = [(mode.mode, np.sort(mode.latency_p(95))) for mode in modes]
    every = np.maximum(np.concatenate([values for _, values in curves]), 1e-6)
    low, high = floor(log10(every.min())), ceil(log10(every.max()) + 1e-9)
    high = max(high, low + 1)
    marks = [((power - low) / (high - low), _seconds(10.0**power)) for power in range(low, high + 1)]
    drawn = [
        tag(
            "polyline", tag("title", name), points=_points(_cumulative(values, low, high, height)), class_=f"way {name}"
        )
        for name, values in curves
    ]
    return frame(height, "Share of the audits by their p95 latency", upright(height, marks), level(height), drawn)


def fallback_plot(causes: Sequence[tuple[str, int]]) -> Markup:
    """Return how many audits fell back, by cause."""
    most, height = max(number for _, number in causes), TOP + BOTTOM + _ROW * len(causes)
    drawn = []
    for row, (cause, number) in enumerate(causes):
        y = TOP + _ROW * (row + 0.5)
        end = across(0.92 * number / most)
        drawn.append(name_at(y, cause))
        drawn.append(tag("rect", x=LEFT, y=f"{y - 9:.1f}", width=f"{end - LEFT:.1f}", height=18, class_="amount"))
        drawn.append(tag("text", f"{number:,}", x=f"{end + 8:.1f}", y=f"{y + 4:.1f}"))
    return frame(height, "Audits that fell back, by cause", drawn)


def _cumulative(values: Values, low: int, high: int, height: int) -> list[tuple[float, float]]:
    shares = np.linspace(0, 1, min(_POINTS, values.size + 1))
    at = np.quantile(np.maximum(values, 1e-6), shares)
    return [
        (across((log10(value) - low) / (high - low)), upward(share, height))
        for value, share in zip(at, shares, strict=True)
    ]


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _seconds(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{1000 * value:g} ms"
