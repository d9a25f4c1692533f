"""AuditMetrics: the audits of a log in numbers, all of them from its read model."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from store.log import RunFilter, RunRow
from store.read_model.run_totals import RunTotal
from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.events.json import decode_json
from veritas.events.recorder_events import ABANDONED, COMPLETED, FAILED, INTERRUPTED
from veritas.metrics.queue_state import QueueState
from veritas.projections.audit_state import REQUESTED, UNKNOWN
from veritas.projections.phase_state import RUNNING
from veritas.projections.run_summary import runs_of

Key = TypeVar("Key", bound=Hashable)
Progress = Callable[[int, int], None]

AUDIT = "audit"  # the origin of a run that VERITAS audited itself
ENDED = (COMPLETED, FAILED, INTERRUPTED, ABANDONED, UNKNOWN)  # unknown, if what ended it was redacted
NO_END = "unended"  # a day after the request; whether its recorder is gone is only known on its own machine
UNENDED = (REQUESTED, RUNNING, ABANDONED, NO_END)  # abandoned without an end, as far as this machine knows
LEVELS = (*(level for level, _ in RISK_LEVELS), INCONCLUSIVE, UNKNOWN_RISK)
_OVERDUE = 86_400.0  # seconds
BOUNDS = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 60.0, 120.0, 300.0, 600.0, 1800.0)  # seconds


@dataclass(frozen=True)
class Durations:
    """How long completed audits took.

    Attributes:
        buckets: How many took at most so many seconds as each of `BOUNDS`, and more than the one before; the last are
            those that took more than all.
        seconds: The sum, in seconds.
    """

    buckets: tuple[int, ...]
    seconds: float

    @property
    def number(self) -> int:
        """How many audits there are."""
        return sum(self.buckets)


@dataclass(frozen=True)
class AuditMetrics:
    """The audits of a log in numbers.

    Attributes:
        since: Only audits requested at this time or later; None for all. The numbers of events and bytes are always of
            the whole log.
        at: When this was read: seconds since the epoch, UTC.
        ended: How many runs have ended, by origin and status.
        unended: How many runs have not, by origin and status; one that was requested more than a day ago is `unended`.
        failures: How many audits failed, by kind of cause.
        levels: How many verdicts there are, by risk level.
        findings: How many findings the audits have, by kind.
        with_finding: How many audits have a finding, by kind.
        durations: How long the completed audits took.
        last_finished: When the last audit ended; None if none has.
        events: How many events the log has.
        size: How many bytes it takes.
        queue: The fleet's queue; None without one.
    """

    since: float | None
    at: float
    ended: Mapping[tuple[str, str], int]
    unended: Mapping[tuple[str, str], int]
    failures: Mapping[str, int]
    levels: Mapping[str, int]
    findings: Mapping[str, int]
    with_finding: Mapping[str, int]
    durations: Durations
    last_finished: float | None
    events: int
    size: int
    queue: QueueState | None = None


def read_metrics(
    archive: Archive,
    *,
    since: float | None = None,
    queue: Callable[[], QueueState | None] = lambda: None,
    progress: Progress = lambda done, total: None,
) -> AuditMetrics:
    """Return the metrics.

    Args:
        archive: The log.
        since: Only audits requested at this time or later, in seconds since the epoch; None for all.
        queue: Returns the state of the fleet's queue, or None if the log has none.
        progress: Called with the position that the read model has reached, and the log's last position.

    Raises:
        store.errors.StoreError: The log cannot be read, or its file was deleted or replaced.
    """
    archive.log.require_present()
    runs_of(archive.log).ensure_current(progress)
    totals = archive.log.run_totals(since)
    runs = totals.runs(BOUNDS)
    findings, with_finding = Counter[str](), Counter[str]()
    for kinds, number in totals.kinds():
        for kind, each in decode_json(kinds.encode()).items():
            findings[kind] += each * number
            with_finding[kind] += number
    now = time.time()
    unended = runs_of(archive.log).rows(RunFilter(unended=True, since=since))
    audits = [total for total in runs if total.origin == AUDIT]
    return AuditMetrics(
        since=since,
        at=now,
        ended=_count(runs, lambda total: (total.origin or UNKNOWN, total.status) if total.status in ENDED else None),
        unended=Counter((row.origin or UNKNOWN, _status_without_end(archive, row, now - _OVERDUE)) for row in unended),
        failures=_count(audits, lambda total: total.failure),
        levels=_count(audits, lambda total: total.risk_level if total.risk_level in LEVELS else None),
        findings=findings,
        with_finding=with_finding,
        durations=_durations([total for total in audits if total.status == COMPLETED]),
        last_finished=max((total.finished_at for total in audits if total.finished_at is not None), default=None),
        events=archive.log.head(),
        size=archive.log.size(),
        queue=queue(),
    )


def _count(totals: Iterable[RunTotal], key_of: Callable[[RunTotal], Key | None]) -> Counter[Key]:
    """Return how many runs there are of each key; those without one are left out."""
    counts = Counter[Key]()
    for total in totals:
        if (key := key_of(total)) is not None:
            counts[key] += total.runs
    return counts


def _status_without_end(archive: Archive, row: RunRow, overdue: float) -> str:
    if (row.started_at or 0.0) < overdue:
        return NO_END
    return ABANDONED if is_orphaned(archive, row.run_id) else row.status


def _durations(totals: Sequence[RunTotal]) -> Durations:
    buckets = [0] * (len(BOUNDS) + 1)
    for total in totals:
        if total.bucket is not None:
            buckets[total.bucket] += total.runs
    return Durations(tuple(buckets), sum(total.seconds for total in totals))
