"""The data of many runs in columns, and their counts by period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import compress, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.read_model.statistics import RunStatistics, Selection
from veritas.events.fallback import FALLBACK_KINDS
from veritas.rollout.metrics import ModeMetrics, Period, Tally, Values

_TIMED = ("completed", "failed")
_ENDED = (*_TIMED, "interrupted", "abandoned")
_OVERDUE = 86_400.0  # seconds: a recorded command may take hours, but after a day no recorder will write the run's end
_LENGTHS = (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)  # a minute to a week
_MOST = 60  # periods, unless the runs extend over more weeks than that

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


class _Kind(NamedTuple):
    """The properties that runs are counted by; each field has its name in `RunStatistics.facts`."""

    configured: str
    outcome: str
    mode: str | None
    fell_back: str | None


class RunData:
    """The selected runs, without those whose ids are left out.

    Only the requested numbers among `NUMBERS` are read; the others count as unknown. A run that has not ended a day
    after its request has the status `unended`: it did not complete.
    """

    def __init__(
        self,
        statistics: RunStatistics,
        selection: Selection,
        *,
        now: float,
        numbers: Sequence[str] = NUMBERS,
        left_out: Collection[str] = (),
    ) -> None:
        names = (*_Kind._fields, *numbers, *(("run_id",) if left_out else ()))
        numbered: defaultdict[tuple[Any, ...], int] = defaultdict(count().__next__)
        kinds: list[NDArray[np.intp]] = []
        columns: dict[str, list[Values]] = {name: [] for name in numbers}
        for page in statistics.columns_of(selection, names, overdue=now - _OVERDUE):
            if left_out:
                *page, run_ids = page
                included = [run_id not in left_out for run_id in run_ids]
                page = [tuple(compress(column, included)) for column in page]
            kind_numbers = map(numbered.__getitem__, zip(*page[: len(_Kind._fields)], strict=True))
            kinds.append(np.fromiter(kind_numbers, dtype=np.intp, count=len(page[0])))
            for name, values in zip(numbers, page[len(_Kind._fields) :], strict=True):
                columns[name].append(np.array(values, dtype=float))  # None becomes NaN
        self._kinds = [_Kind(*kind) for kind in numbered]
        self._kind = np.concatenate(kinds) if kinds else np.empty(0, dtype=np.intp)
        unknown = np.full(self._kind.size, np.nan)
        self._columns = {name: np.concatenate(column) if (column := columns.get(name)) else unknown for name in NUMBERS}

    @property
    def modes(self) -> list[str]:
        """The modes that any of the runs was given."""
        return sorted({kind.configured for kind in self._kinds})

    def metrics(self, mode: str) -> ModeMetrics:
        """Return the metrics of the runs that were given *mode*."""
        statuses, effective, fallbacks = Counter[str](), Counter[str](), Counter[str]()
        for kind, runs in zip(self._kinds, np.bincount(self._kind).tolist(), strict=True):
            if kind.configured != mode:
                continue
            statuses[kind.outcome] += runs
            if kind.outcome in _ENDED:
                effective[kind.mode or "unknown"] += runs
            if kind.fell_back is not None:
                fallbacks[FALLBACK_KINDS.get(kind.fell_back, kind.fell_back)] += runs
        timed = self._mask(lambda kind: kind.configured == mode and kind.outcome in _TIMED)
        given = self._mask(lambda kind: kind.configured == mode)
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

    def drawn(self, share: float) -> list[DrawnRuns]:
        """Return the runs as those that one stage with *share* drew, by mode and by whether they fell back."""
        return [
            DrawnRuns(self._requested(mode, fell_back), mode == "queue", fell_back, share)
            for mode in self.modes
            for fell_back in (False, True)
        ]

    def _requested(self, mode: str, fell_back: bool) -> Values:
        chosen = self._mask(lambda kind: kind.configured == mode and (kind.fell_back is not None) == fell_back)
        return self._known("started_at", chosen)

    def _mask(self, wanted: Callable[[_Kind], bool]) -> NDArray[np.bool_]:
        """Return for each run whether its kind is wanted."""
        return np.array([wanted(kind) for kind in self._kinds], dtype=bool)[self._kind]

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


class DrawnRuns(NamedTuple):
    """The runs that one stage gave the same mode, and that all fell back or all did not.

    Attributes:
        requested: When they were requested, in seconds since the epoch.
        queue: Whether the mode is `queue`.
        fell_back: Whether they fell back to stdout.
        share: The stage's share.
    """

    requested: Values
    queue: bool
    fell_back: bool
    share: float


def periods_of(drawn: Sequence[DrawnRuns]) -> tuple[Period, ...]:
    """Return the periods in which there were any runs, in order; about sixty at most."""
    sizes = [runs.requested.size for runs in drawn]
    if not sum(sizes):
        return ()
    requested = np.concatenate([runs.requested for runs in drawn])
    queue = np.repeat([runs.queue for runs in drawn], sizes)
    fell_back = np.repeat([runs.queue and runs.fell_back for runs in drawn], sizes)
    shares = np.repeat([runs.share for runs in drawn], sizes)
    spread = float(np.ptp(requested))
    length = next((each for each in _LENGTHS if spread <= _MOST * each), _LENGTHS[-1])
    numbers, indices = np.unique(np.floor(requested / length), return_inverse=True)
    sums = (np.bincount(indices, weights) for weights in (None, queue, fell_back, shares))
    columns = (each.tolist() for each in (numbers, *sums))
    return tuple(
        Period(number * length, length, round(over_queue), round(total - over_queue), round(fell), share / total)
        for number, total, over_queue, fell, share in zip(*columns, strict=True)
    )
