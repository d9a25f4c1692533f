"""The results of rollouts, which are kept until the log grows: with a million audits it takes seconds to read them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.rollout.gate import Verdict, judge
from veritas.rollout.history import Rollout
from veritas.rollout.ledger import Ledger
from veritas.rollout.outputs.html import metrics_values
from veritas.rollout.outputs.metrics_json import MetricsJson, metrics_json
from veritas.rollout.queries import read_gate_input, read_metrics
from veritas.rollout.thresholds import Thresholds

_MOST_SECONDS = 60.0  # that results are kept: an audit becomes overdue, and a forecast moves, without an event


@dataclass(frozen=True)
class Results:
    """The results of one rollout.

    Attributes:
        position: The last position of the log before they were read.
        rollout: The rollout and its changes.
        metrics: The metrics of its audits.
        shown: What the page shows of the metrics.
        verdict: The decision of its gate; None if it was rolled back, and there is nothing to judge.
    """

    position: int
    rollout: Rollout
    metrics: MetricsJson
    shown: Mapping[str, Any]
    verdict: Verdict | None


class RolloutResults:
    """The results of the rollouts of one log; any number of threads may read them.

    They are read once for all who ask while that takes, and one rollout's at a time, because it takes the processor.
    """

    def __init__(self, archive: Archive, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._archive = archive
        self._clock = clock
        self._kept: dict[str, tuple[float, Results]] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Results:
        """Return the results of a rollout; they have everything that was recorded before the call.

        Raises:
            UsageError: The rollout does not exist.
            store.errors.StoreError: The log cannot be read.
        """
        head = self._archive.log.head()
        if (results := self._current(name, head)) is not None:
            return results
        with self._lock:
            if (results := self._current(name, head)) is None:
                at, results = self._clock(), self._read(name)
                self._kept[name] = at, results
        return results

    def clear(self) -> None:
        """Forget all results, because the log was replaced."""
        with self._lock:
            self._kept.clear()

    def _current(self, name: str, head: int) -> Results | None:
        at, results = self._kept.get(name, (0.0, None))
        if results is None or results.position < head or self._clock() - at >= _MOST_SECONDS:
            return None
        return results

    def _read(self, name: str) -> Results:
        position = self._archive.log.head()
        metrics = read_metrics(self._archive, name)
        rollout = Ledger(self._archive).rollouts()[name]
        gate_input = None if rollout.is_rolled_back else read_gate_input(self._archive, name)
        return Results(
            position=position,
            rollout=rollout,
            metrics=metrics_json(metrics),
            shown=metrics_values(metrics),
            verdict=None if gate_input is None else judge(gate_input, Thresholds()),
        )
