"""The times of many runs, in columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from store.log import RunStatistics
from store.run_statistics import Selection
from veritas.rollout.metrics import Values

_JUDGED = ("completed", "failed")


class RunColumns:
    """The times of selected runs, in columns by name; NaN where one is not known."""

    NAMES = ("started_at", "wall", "events", "p50", "p95", "p99", "queue_start")

    def __init__(self, statistics: RunStatistics, selection: Selection) -> None:
        modes: list[NDArray[np.str_]] = []
        judged: list[NDArray[np.bool_]] = []
        columns: list[list[Values]] = [[] for _ in self.NAMES]
        for page in statistics.times(selection):
            configured, statuses, *times = zip(*page, strict=True)
            modes.append(np.array(configured))
            judged.append(np.array([status in _JUDGED for status in statuses]))
            for column, told in zip(columns, times, strict=True):
                column.append(np.array(told, dtype=float))
        self._modes = np.concatenate(modes) if modes else np.empty(0, dtype=str)
        self._judged = np.concatenate(judged) if judged else np.empty(0, dtype=bool)
        self._columns = {
            name: np.concatenate(column) if column else np.empty(0)
            for name, column in zip(self.NAMES, columns, strict=True)
        }

    def of(self, mode: str, name: str, *, judged: bool = False) -> Values:
        """Return one column of the runs that were given a mode, or of those among them that ended by themselves."""
        return self._columns[name][self._chosen(mode, judged)]

    def known(self, mode: str, name: str, *, judged: bool = False) -> Values:
        """Return that column without what is not known."""
        values = self.of(mode, name, judged=judged)
        return values[~np.isnan(values)]

    def throughput(self, mode: str) -> Values:
        """Return the events a second of the runs that ended by themselves and took any time."""
        events, wall = (self.of(mode, name, judged=True) for name in ("events", "wall"))
        known = ~np.isnan(events) & (wall > 0)
        return events[known] / wall[known]

    def _chosen(self, mode: str, judged: bool) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = self._modes == mode
        return chosen & self._judged if judged else chosen
