"""The plots of a rollout: the share over time, success, latencies, fallbacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from veritas.formatting import utc_time
from veritas.report.plot import BOTTOM, LEFT, TOP, Date, Frame, Tick, x_of, y_of
from veritas.rollout.metrics import ModeMetrics, Period, Population, Values
from veritas.rollout.statistics import wilson_interval

_HEIGHT = 260
_QUARTERS = (0, 0.25, 0.5, 0.75, 1)
_ROW, _NAME, _MARK = 46, 17, 31  # the height of a row; in it, the places of its name and of its mark
_POINTS = 200  # of a curve
_TOPS = (0.04, 0.08, 0.2, 0.4, 1.0)  # of a plot whose shares may be small; a quarter of each has a short name
_MOST_NAMES = 5  # on the axis of a narrow page
_LONGEST_NAME = 30  # characters of a stage's name, which fit a narrow page
_DAY = 86_400.0

Point = tuple[float, float]


@dataclass(frozen=True)
class SharePoint:
    """A share of one period, with the ends of its interval."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True)
class SharePlot:
    """A share over time: as points the real one, and as a line the one that was wanted, which may be missing."""

    frame: Frame
    wanted: Sequence[Point]
    points: Sequence[SharePoint]


@dataclass(frozen=True)
class SuccessRow:
    """The share of completed audits of one stage and mode, with the ends of its interval."""

    name: str
    mode: str
    name_y: float
    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True)
class SuccessPlot:
    """The share of completed audits by stage and mode."""

    frame: Frame
    rows: Sequence[SuccessRow]


@dataclass(frozen=True)
class LatencyPlot:
    """The cumulative distribution of the audits' p95 latency, as a curve for each mode."""

    frame: Frame
    curves: Sequence[tuple[str, Sequence[Point]]]


@dataclass(frozen=True)
class CauseRow:
    """The number of audits that fell back for one cause, as a bar."""

    cause: str
    number: str
    name_y: float
    y: float
    length: float


@dataclass(frozen=True)
class FallbackPlot:
    """The number of audits that fell back, by cause."""

    frame: Frame
    rows: Sequence[CauseRow]


def share_plot(periods: Sequence[Period], stages: Sequence[Population]) -> SharePlot:
    """Return the share that got the queue in each period, with its interval, and the share that was wanted."""
    axis = _TimeAxis(periods)
    wanted = [
        (axis.x(at), y_of(stage.share or 0.0, _HEIGHT))
        for stage in stages
        for at in (stage.began_at or axis.first, stage.ended_at or axis.last)
    ]
    label = "Share of the audits that got the queue, over time"
    frame = Frame(label, _HEIGHT, levels=_levels(), dates=axis.dates())
    points = [axis.point(each, each.queue, each.queue + each.stdout, f", wanted {each.wanted:.1%}") for each in periods]
    return SharePlot(frame, wanted, points)


def fallback_share_plot(periods: Sequence[Period]) -> SharePlot:
    """Return the share of the audits over the queue that fell back, with its interval; one period must have some."""
    known = [period for period in periods if period.queue]
    most = max(wilson_interval(period.fell_back, period.queue)[1] for period in known)
    axis = _TimeAxis(periods, next(top for top in _TOPS if top >= most))
    label = "Share of the audits over the queue that fell back, over time"
    frame = Frame(label, _HEIGHT, levels=_levels(axis.top), dates=axis.dates())
    return SharePlot(frame, (), [axis.point(period, period.fell_back, period.queue) for period in known])


def success_plot(stages: Sequence[Population]) -> SuccessPlot:
    """Return the share of completed audits with its interval, by stage and mode; at least one must be known."""
    modes = [(stage.name, mode) for stage in stages for mode in stage.modes.values() if mode.judged]
    intervals = [wilson_interval(mode.completed, mode.judged) for _, mode in modes]
    least = floor(10 * min(low for low, _ in intervals)) / 10

    def x(share: float) -> float:
        return x_of((share - least) / (1 - least))

    rows = [
        SuccessRow(
            name=f"{name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + '…'}, {mode.mode}",
            mode=mode.mode,
            name_y=TOP + _ROW * number + _NAME,
            x=x(mode.completed / mode.judged),
            y=TOP + _ROW * number + _MARK,
            low=x(low),
            high=x(high),
            title=f"{mode.completed:,} of {mode.judged:,} completed, {low:.1%} to {high:.1%}",
        )
        for number, ((name, mode), (low, high)) in enumerate(zip(modes, intervals, strict=True))
    ]
    uprights = [Tick(x_of(share), f"{100 * (least + share * (1 - least)):.4g}%") for share in _QUARTERS]
    height = TOP + _ROW * len(rows) + BOTTOM
    return SuccessPlot(Frame("Share of completed audits, with 95% intervals", height, uprights=uprights), rows)


def latency_plot(modes: Sequence[ModeMetrics]) -> LatencyPlot:
    """Return the share of the audits by their p95 latency on a logarithmic scale, one curve for each mode.

    At least one latency of each mode must be known.
    """
    latencies = [(mode.mode, np.sort(mode.latency_p(95))) for mode in modes]
    every = np.maximum(np.concatenate([values for _, values in latencies]), 1e-6)
    low, high = floor(log10(every.min())), ceil(log10(every.max()) + 1e-9)
    high = max(high, low + 1)
    crowded = high - low >= _MOST_NAMES
    uprights = [
        Tick(x_of((power - low) / (high - low)), _seconds(10.0**power), spare=crowded and bool((power - low) % 2))
        for power in range(low, high + 1)
    ]
    frame = Frame("Share of the audits by their p95 latency", _HEIGHT, levels=_levels(), uprights=uprights)
    return LatencyPlot(frame, [(name, _cumulative(values, low, high)) for name, values in latencies])


def fallback_plot(causes: Sequence[tuple[str, int]]) -> FallbackPlot:
    """Return how many audits fell back, by cause."""
    most = max(number for _, number in causes)
    rows = [
        CauseRow(
            cause=cause,
            number=f"{number:,}",
            name_y=TOP + _ROW * row + _NAME,
            y=TOP + _ROW * row + _MARK,
            length=x_of(0.85 * number / most) - LEFT,  # the number is written after the longest bar
        )
        for row, (cause, number) in enumerate(causes)
    ]
    return FallbackPlot(Frame("Audits that fell back, by cause", TOP + _ROW * len(rows)), rows)


class _TimeAxis:
    """The places of shares over time, from 0 to *top*."""

    def __init__(self, periods: Sequence[Period], top: float = 1.0) -> None:
        self.first, self.last, self.top = periods[0].at, periods[-1].at + periods[-1].length, top

    def x(self, at: float) -> float:
        return x_of((min(max(at, self.first), self.last) - self.first) / (self.last - self.first))

    def dates(self) -> list[Date]:
        is_long = self.last - self.first > 3 * _DAY
        shown = len("2026-11-27") if is_long else None  # days without a time
        return [
            Date(self.x(at), (utc_time(at, "minutes") or "")[:shown], anchor, spare=False)
            for at, anchor in ((self.first, "start"), (self.last, "end"))
        ]

    def point(self, period: Period, number: int, runs: int, rest: str = "") -> SharePoint:
        """Return the point of *number* among the *runs* of a period."""
        share = number / runs
        low, high = wilson_interval(number, runs)
        return SharePoint(
            x=self.x(period.at + period.length / 2),
            y=y_of(share / self.top, _HEIGHT),
            low=y_of(low / self.top, _HEIGHT),
            high=y_of(high / self.top, _HEIGHT),
            title=f"{utc_time(period.at, 'minutes')}: {number:,} of {runs:,} ({share:.1%}){rest}",
        )


def _levels(top: float = 1.0) -> list[Tick]:
    return [Tick(y_of(share, _HEIGHT), f"{100 * share * top:.4g}%") for share in _QUARTERS]


def _cumulative(values: Values, low: int, high: int) -> list[Point]:
    shares = np.linspace(0, 1, min(_POINTS, values.size + 1))
    at = np.quantile(np.maximum(values, 1e-6), shares)
    return [
        (x_of((log10(value) - low) / (high - low)), y_of(share, _HEIGHT))
        for value, share in zip(at, shares, strict=True)
    ]


def _seconds(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{1000 * value:g} ms"
