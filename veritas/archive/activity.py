"""Activity: the audits that run now, and those that ended last, as the log tells of them while it grows.

The events of every run are read from the log, whichever process records them, so a watch needs nothing but the log.
"""

from __future__ import annotations

import json
import shlex
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from store.log import RunFilter
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ABANDONED, COMPLETED, FAILED, INTERRUPTED, AuditRequested, RunFinished
from veritas.formatting import run_duration
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_verdict

_MOST_RUNNING = 2_000  # runs without an end that are read at the beginning, the newest
_SHOWN_AT_FIRST = 50  # runs that ended before the watch began
_ENDED = (COMPLETED, FAILED, INTERRUPTED, ABANDONED)
_MOST_ENDED = 500  # that are remembered
_PERIOD = 300.0  # seconds over which the rate is measured
_LIVENESS = 5.0  # seconds from one look at the recorders' processes to the next


@dataclass(frozen=True)
class Change:
    """A change of one run: it was requested, entered a phase, or ended.

    Attributes:
        at: When: seconds since the epoch, UTC.
        run_id: The run.
        subject: Its URL, or the command that it records; None if neither is known.
        status: Its status then.
        phase: Its phase then.
        pct: How far it was, 0-100.
        detail: The verdict, the error, or what the phase does.
    """

    at: float
    run_id: str
    subject: str | None
    status: str
    phase: str
    pct: float
    detail: str


@dataclass(frozen=True)
class EndedRun:
    """A run that has ended, or was abandoned.

    Attributes:
        run_id: The run.
        subject: Its URL, or the command that it records; None if neither is known.
        status: How it ended.
        trust_score: The verdict's score, 0-100; None without one.
        risk_level: The verdict's risk level; None without one.
        failure: The kind of cause for which it failed; None if it did not.
        took: Its duration in seconds; None if it is not known.
        at: When it ended: seconds since the epoch, UTC.
    """

    run_id: str
    subject: str | None
    status: str
    trust_score: float | None
    risk_level: str | None
    failure: str | None
    took: float | None
    at: float | None


class Activity:
    """What a log records now; `refresh` reads what is new.

    Attributes:
        ended: The runs that ended last, the newest first.
        counts: How many runs ended since the watch began, by status.
        since: When the watch began: seconds since the epoch, UTC.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        batch: str | None = None,
        tags: Iterable[str] = (),
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Read what runs now.

        Args:
            archive: The log.
            batch: Only audits of this batch.
            tags: Only audits with all of these tags.
            progress: Called with how many running audits were read, and with their number.

        Raises:
            store.errors.StoreError: The log cannot be read.
        """
        self.ended: deque[EndedRun] = deque(maxlen=_MOST_ENDED)
        self.counts: Counter[str] = Counter()
        self.since = time.time()
        self._archive = archive
        self._batch, self._tags = batch, frozenset(tags)
        self._running: dict[str, AuditState] = {}
        self._abandoned: set[str] = set()  # by this watch; an end that the log gets later is not counted again
        self._ended_at: deque[float] = deque()  # as this machine's clock saw it
        self._looked = 0.0
        self._changes: list[Change] = []  # that were read and not returned yet
        self._position = archive.log.head()
        wanted = RunFilter(batches=(batch,) if batch else (), tags=tuple(self._tags))
        for row in list_runs(archive, wanted._replace(statuses=_ENDED), limit=_SHOWN_AT_FIRST):
            took = run_duration(row.origin, row.started_at, row.finished_at)
            self.ended.append(
                EndedRun(
                    row.run_id,
                    row.url or (shlex.join(json.loads(row.command)) if row.command else None),
                    row.status,
                    row.trust_score,
                    row.risk_level,
                    row.failure,
                    took,
                    row.finished_at,
                )
            )
        unended = list_runs(archive, wanted._replace(unended=True), limit=_MOST_RUNNING)
        for done, row in enumerate(reversed(unended), 1):
            if row.status != ABANDONED:
                state = AuditState.of(archive.events(row.run_id))
                if not state.ended:
                    self._running[row.run_id] = state
            progress(done, len(unended))

    @property
    def running(self) -> list[AuditState]:
        """The runs without an end, the oldest first."""
        return list(self._running.values())

    @property
    def rate(self) -> float | None:
        """How many runs ended a minute, over the last five minutes or since the watch began; None before any did."""
        now = time.time()
        while self._ended_at and self._ended_at[0] < now - _PERIOD:
            self._ended_at.popleft()
        watched = min(now - self.since, _PERIOD)
        return len(self._ended_at) / max(watched, 1.0) * 60 if self._ended_at else None

    def refresh(self) -> list[Change]:
        """Read the events since the last call, and return what changed.

        Raises:
            store.errors.StoreError: The log cannot be read; the next call continues from the same event, and also
                returns what changed before the error.
        """
        self._archive.log.require_present()
        for recorded in self._archive.events(after=self._position):
            self._changes += self._apply(recorded)
            self._position = recorded.position
        now = time.monotonic()
        if now - self._looked > _LIVENESS:
            self._looked = now
            self._changes += self._find_orphans()
        changes, self._changes = self._changes, []
        return changes

    def _apply(self, recorded: RecordedEvent) -> Iterable[Change]:
        run_id = recorded.run_id
        state = self._running.get(run_id)
        if state is None:
            event = recorded.from_recorder
            if isinstance(event, AuditRequested) and self._is_wanted(event):
                state = self._running[run_id] = AuditState()
            else:
                if isinstance(event, RunFinished) and run_id not in self._abandoned:
                    yield from self._apply_end(run_id, recorded)
                return
        if recorded.position <= state.position:
            return
        before = (state.status, state.phase)
        state.apply(recorded)
        if state.ended:
            self._end(run_id, recorded.event.timestamp)
        if (state.status, state.phase) != before:
            yield change_of(state, recorded.event.timestamp)

    def _apply_end(self, run_id: str, recorded: RecordedEvent) -> Iterable[Change]:
        """Apply the end of a run whose earlier events were not followed: it is another batch's, or there were many."""
        requested = next(self._archive.recorder_events(AuditRequested.type, run_id=run_id), None)
        request = None if requested is None else requested.from_recorder
        if isinstance(request, AuditRequested) and self._is_wanted(request):
            state = self._running[run_id] = AuditState.of(self._archive.events(run_id))
            self._end(run_id, recorded.event.timestamp)
            yield change_of(state, recorded.event.timestamp)

    def _is_wanted(self, request: AuditRequested) -> bool:
        return self._batch in (None, request.batch) and self._tags <= set(request.tags)

    def _find_orphans(self) -> Iterable[Change]:
        """End the runs whose recorder is gone; their last events were read before this."""
        for run_id, state in [*self._running.items()]:
            recorder = state.request.recorder if state.request else None
            if recorder is not None and recorder.is_gone() and not self._archive.has_ended(run_id):
                state.mark_abandoned()
                self._abandoned.add(run_id)
                self._end(run_id, time.time())
                yield change_of(state, time.time())

    def _end(self, run_id: str, at: float) -> None:
        state = self._running.pop(run_id)
        ended = EndedRun(
            run_id,
            subject_of(state),
            state.status,
            state.trust_score,
            state.risk_level,
            state.failure,
            state.duration,
            at,
        )
        for known in [each for each in self.ended if each.run_id == run_id]:  # it ended while the watch began
            self.ended.remove(known)
        self.ended.appendleft(ended)
        self.counts[state.status] += 1
        self._ended_at.append(time.time())


def change_of(state: AuditState, at: float) -> Change:
    """Return the present state of a run as a change at a time, in seconds since the epoch."""
    over = state.ended or state.status == ABANDONED
    detail = state.error or describe_verdict(state.verdict or {}) if over else state.detail
    return Change(at, state.run_id, subject_of(state), state.status, state.phase, state.pct, detail or "")


def subject_of(state: AuditState) -> str | None:
    """Return the URL of a run, or the command that it records; None if neither is known."""
    if state.request is None:
        return None
    return state.request.url or shlex.join(state.request.command) or None
