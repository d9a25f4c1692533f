"""What many runs tell, in columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import compress, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.log import RunStatistics
from store.read_model.statistics import Selection
from veritas.events.recorder_events import FALLBACK_KINDS
from veritas.rollout.metrics import ModeMetrics, Period, Tally, Values

_TIMED = ("completed", "failed")
_ENDED = (*_TIMED, "interrupted")
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


class _Kind(NamedTuple):
    """What is counted of a run; each field is what `RunStatistics.facts` calls so."""

    configured: str
    outcome: str
    mode: str | None
    fell_back: str | None


class RunColumns:
    """The selected runs, without those whose ids are left out.

    Of their numbers (`NUMBERS`) those are read that are asked for; the others count as unknown. A run that has no end
    a day after its request has the status `unended`: whatever took its recorder away, it did not complete.
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
        for told in statistics.facts(selection, names, overdue=now - _OVERDUE):
            if left_out:
                *told, run_ids = told
                kept = [run_id not in left_out for run_id in run_ids]
                told = [tuple(compress(column, kept)) for column in told]
            page = map(numbered.__getitem__, zip(*told[: len(_Kind._fields)], strict=True))
            kinds.append(np.fromiter(page, dtype=np.intp, count=len(told[0])))
            for name, values in zip(numbers, told[len(_Kind._fields) :], strict=True):
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
        """Return what the runs that were given one mode tell."""
        statuses, effective, fallbacks = Counter[str](), Counter[str](), Counter[str]()
        for kind, runs in zip(self._kinds, np.bincount(self._kind).tolist(), strict=True):
            if kind.configured != mode:
                continue
            statuses[kind.outcome] += runs
            if kind.outcome in _ENDED:
                effective[kind.mode or "unknown"] += runs
            if kind.fell_back is not None:
                fallbacks[FALLBACK_KINDS.get(kind.fell_back, kind.fell_back)] += runs
        timed = self._are(lambda kind: kind.configured == mode and kind.outcome in _TIMED)
        given = self._are(lambda kind: kind.configured == mode)
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
        return self._known("started_at", self._are(lambda kind: kind.configured == mode))

    def _are(self, wanted: Callable[[_Kind], bool]) -> NDArray[np.bool_]:
        """Tell of each run whether its kind is wanted."""
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


_LENGTHS = (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)  # a minute to a week
_MOST = 60  # periods, unless it takes more than as many weeks


class Drawn(NamedTuple):
    """Runs that one stage gave the same mode, by when they were requested, in seconds since the epoch."""

    requested: Values
    queue: bool
    share: float


def periods_of(drawn: Sequence[Drawn]) -> tuple[Period, ...]:
    """Return the periods in which there were any runs, in order, some sixty at most."""
    if not sum(some.requested.size for some in drawn):
        return ()
    sizes = [some.requested.size for some in drawn]
    requested = np.concatenate([some.requested for some in drawn])
    queue = np.repeat([some.queue for some in drawn], sizes)
    shares = np.repeat([some.share for some in drawn], sizes)
    spread = float(np.ptp(requested))
    length = next((each for each in _LENGTHS if spread <= _MOST * each), _LENGTHS[-1])
    numbers, places = np.unique(np.floor(requested / length), return_inverse=True)
    runs, over_queue, wanted = (np.bincount(places, weights) for weights in (None, queue, shares))
    return tuple(
        Period(float(number) * length, length, round(over), round(every - over), float(share / every))
        for number, every, over, share in zip(numbers, runs, over_queue, wanted, strict=True)
    )
