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

_JUDGED = ("completed", "failed")
_ENDED = (*_JUDGED, "interrupted")
_KINDS = ("configured", "status", "mode", "fell_back")

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

    Of their numbers (`NUMBERS`) those are read that are asked for; the others count as unknown.
    """

    def __init__(self, statistics: RunStatistics, selection: Selection, numbers: Sequence[str] = NUMBERS) -> None:
        self._kinds: Counter[tuple[str, str, str | None, str | None]] = Counter()
        modes: list[NDArray[np.str_]] = []
        judged: list[NDArray[np.bool_]] = []
        columns: dict[str, list[Values]] = {name: [] for name in numbers}
        for page in statistics.facts(selection, (*_KINDS, *numbers)):
            told = list(zip(*page, strict=True))
            self._kinds.update(zip(*told[: len(_KINDS)], strict=True))
            modes.append(np.array(told[0]))
            judged.append(np.array([status in _JUDGED for status in told[1]]))
            for name, values in zip(numbers, told[len(_KINDS) :], strict=True):
                columns[name].append(np.array(values, dtype=float))  # None becomes NaN
        self._modes = np.concatenate(modes) if modes else np.empty(0, dtype=str)
        self._judged = np.concatenate(judged) if judged else np.empty(0, dtype=bool)
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
        judged = given & self._judged
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
            wall=self._known("wall", judged),
            latency={percent: self._known(f"latency_p{percent}", judged) for percent in (50, 95, 99)},
            throughput=self._throughput(judged),
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
