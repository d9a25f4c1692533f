"""What many runs tell, in columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from store.log import RunStatistics
from store.run_statistics import Selection
from veritas.rollout.fallback import kind_of_fallback
from veritas.rollout.metrics import ModeMetrics, Tally, Values

_TIMED = ("completed", "failed")
_ENDED = (*_TIMED, "interrupted")
_KINDS = ("configured", "outcome", "mode", "fell_back")
_OVERDUE = 86_400.0  # seconds: a command that is recorded may take hours, but after a day nobody writes an end any more

NUMBERS = (
    "started_at",
    "wall",
    "events",
    "lost",
    "repeated",
    "resent",
    "mismatched",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "queue_start",
)


class RunColumns:
    """The selected runs.

    Of their numbers (`NUMBERS`) those are read that are asked for; the others count as unknown. A run that has no end
    a day after its request has the status `unended`: whatever took its recorder away, it did not complete.
    """

    def __init__(
        self, statistics: RunStatistics, selection: Selection, *, now: float, numbers: Sequence[str] = NUMBERS
    ) -> None:
        self._kinds: Counter[tuple[str, str, str | None, str | None]] = Counter()
        modes: list[NDArray[np.str_]] = []
        timed: list[NDArray[np.bool_]] = []
        columns: dict[str, list[Values]] = {name: [] for name in numbers}
        for page in statistics.facts(selection, (*_KINDS, *numbers), overdue=now - _OVERDUE):
            told = list(zip(*page, strict=True))
            self._kinds.update(zip(*told[: len(_KINDS)], strict=True))
            modes.append(np.array(told[0]))
            timed.append(np.array([status in _TIMED for status in told[1]]))
            for name, values in zip(numbers, told[len(_KINDS) :], strict=True):
                columns[name].append(np.array(values, dtype=float))  # None becomes NaN
        self._modes = np.concatenate(modes) if modes else np.empty(0, dtype=str)
        self._timed = np.concatenate(timed) if timed else np.empty(0, dtype=bool)
        unknown = np.full(self._modes.size, np.nan)
        self._columns = {name: np.concatenate(column) if (column := columns.get(name)) else unknown for name in NUMBERS}

    @property
    def modes(self) -> list[str]:
        """The modes that any of the runs was given."""
        return sorted({configured for configured, *_ in self._kinds})

    def metrics(self, mode: str) -> ModeMetrics:
        """Return what the runs that were given one mode tell."""
        statuses, effective, fallbacks = Counter[str](), Counter[str](), Counter[str]()
        for (configured, status, carried, fell_back), runs in self._kinds.items():
            if configured != mode:
                continue
            statuses[status] += runs
            if status in _ENDED:
                effective[carried or "unknown"] += runs
            if fell_back is not None:
                fallbacks[kind_of_fallback(fell_back)] += runs
        given = self._modes == mode
        timed = given & self._timed
        return ModeMetrics(
            mode,
            statuses=statuses,
            effective=effective,
            fallbacks=fallbacks,
            events=self._tally("events", given),
            lost=self._tally("lost", given),
            repeated=self._tally("repeated", given),
            resent=self._tally("resent", given),
            mismatched=self._tally("mismatched", given),
            wall=self._known("wall", timed),
            latency={percent: self._known(f"latency_p{percent}", timed) for percent in (50, 95, 99)},
            throughput=self._throughput(timed),
            start_up=self._known("queue_start", given),
        )

    def requested(self, mode: str) -> Values:
        """Return when the runs that were given one mode were requested, in seconds since the epoch."""
        return self._known("started_at", self._modes == mode)

    def _known(self, name: str, chosen: NDArray[np.bool_]) -> Values:
        values = self._columns[name][chosen]
        return values[~np.isnan(values)]

    def _tally(self, name: str, chosen: NDArray[np.bool_]) -> Tally:
        known = self._known(name, chosen)
        return Tally(int(known.sum()), int(np.count_nonzero(known)), known.size)

    def _throughput(self, chosen: NDArray[np.bool_]) -> Values:
        events, wall = self._columns["events"][chosen], self._columns["wall"][chosen]
        known = ~np.isnan(events) & (wall > 0)
        return events[known] / wall[known]
