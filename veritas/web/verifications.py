"""Verifications: those that this server made since it started, and the one that it makes now.

A log does not record its verifications: what it says about itself would prove nothing, and a verification must not
change what it verifies. So they are in the memory of the server.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from veritas.archive.archive import Archive
from veritas.archive.conclusion import Conclusion, conclude
from veritas.archive.integrity import verify_log
from veritas.errors import VeritasError
from veritas.formatting import count
from veritas.web.problem import Problem, status_of

if TYPE_CHECKING:
    from veritas.archive.integrity import Verification

MOST_KEPT = 20
_BUG = "This is a bug in VERITAS; the server's output names it."
_NO_THREAD = "The server has no thread for the verification; try again when it has less to do."
_JOIN = 2.0  # seconds that the end of the server waits for the thread


@dataclass(frozen=True, kw_only=True)
class Job:
    """A verification.

    Attributes:
        number: Its number, from 1.
        run_id: The run; None for the whole log.
        given: How many checkpoints it was given that were kept elsewhere.
        origin: The name of the log; None if it was empty.
        head: The last position of the log when it began, or at an earlier verification if it was larger then.
        started: When it began: seconds since the epoch, UTC.
        checked: How many events were checked so far.
        total: How many there are to check; 0 if that is not known yet.
        ended: When it ended; None while it runs.
        verification: The result; None if there is none.
        failure: Why there is none; None if it runs, or there is one.
        is_covered: Whether a checkpoint by a trusted key covers all that was verified.
    """

    number: int
    run_id: str | None
    given: int
    origin: str | None
    head: int
    started: float
    checked: int = 0
    total: int = 0
    ended: float | None = None
    verification: Verification | None = None
    failure: str | None = None
    is_covered: bool = False

    @property
    def conclusion(self) -> Conclusion | None:
        """The conclusion; None if there is no result."""
        return None if self.verification is None else conclude(self.verification, self.run_id)

    @property
    def found_fault(self) -> bool:
        """Whether the log is not as it was recorded."""
        return self.verification is not None and self.verification.fault is not None

    def contradiction(self, origin: str | None, events: int) -> str | None:
        """Return why a log cannot be the one that was verified; None if it can be, with or without further events.

        Args:
            origin: The name of the log.
            events: Its last position.
        """
        if events < self.head:
            return (
                f"The log had {count(self.head, 'event')} when this server verified it, and has {events:,} now: the"
                " newest were cut off, or another log is in its place."
            )
        if self.origin is not None and origin != self.origin:
            return f"Another log is in the place of the one that was verified, which was {self.origin!r}."
        return None


class _Stopped(VeritasError):
    """The server ends, and the verification with it."""


class Verifications:
    """Verifies the log, once at a time, because that takes the processor. Any thread may use it.

    Attributes:
        since: When the server started: seconds since the epoch, UTC.
        trusted: Returns the public keys that are trusted now.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        trusted: Callable[[], Collection[bytes]] = tuple,
        report: Callable[[BaseException], object] = lambda error: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Verify *archive* when asked to.

        Args:
            archive: The log.
            trusted: Returns the public keys that are trusted now.
            report: Called with an unexpected error.
            clock: Returns the time, in seconds since the epoch, UTC.
        """
        self.trusted = trusted
        self.since = clock()
        self._archive = archive
        self._report = report
        self._clock = clock
        self._lock = threading.Lock()
        self._number = 0
        self._forgotten = 0  # the number of the last one that was of another log
        self._running: Job | None = None
        self._ended: deque[Job] = deque(maxlen=MOST_KEPT)  # the latest first
        self._of_log: Job | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def running(self) -> Job | None:
        """The verification that is being made; None if there is none."""
        return self._running

    @property
    def ended(self) -> list[Job]:
        """The verifications that have ended, the latest first."""
        with self._lock:
            return [*self._ended]

    @property
    def of_log(self) -> Job | None:
        """The last verification that says something about the whole log; None if there is none.

        It is one of the whole log, or one of a run that found a fault. One that has no result does not replace one that
        found a fault.
        """
        return self._of_log

    def verify(self, run_id: str | None = None, checkpoints: Sequence[bytes] = ()) -> Verification:
        """Verify one run, or the whole log, and return the result; see `verify_log`.

        Raises:
            Problem: A verification runs already.
            store.errors.StoreError: The log cannot be read.
        """
        return self._verify(self._begin(run_id, checkpoints), checkpoints)

    def start(self, run_id: str | None = None, checkpoints: Sequence[bytes] = ()) -> Job:
        """Begin to verify one run, or the whole log, and return at once.

        Raises:
            Problem: A verification runs already.
        """
        job = self._begin(run_id, checkpoints)
        self._thread = threading.Thread(target=self._work, args=(job, checkpoints), name="verification", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._thread = None
            self._end(failure=_NO_THREAD)
            raise Problem(503, _NO_THREAD) from error
        return job

    def clear(self) -> None:
        """Forget all verifications, because the log was replaced; the one that runs is not kept either."""
        with self._lock:
            self._forgotten = self._number
            self._ended.clear()
            self._of_log = None

    def close(self) -> None:
        """Stop the verification that is being made."""
        self._stopping = True
        if self._thread is not None:
            self._thread.join(_JOIN)

    def _begin(self, run_id: str | None, checkpoints: Sequence[bytes]) -> Job:
        origin, head = self._archive.log.origin(), self._archive.log.head()
        with self._lock:
            if self._running is not None:
                raise Problem(429, "A verification runs already; wait until it has ended.")
            if self._of_log is not None and self._of_log.origin == origin:
                head = max(head, self._of_log.head)
            self._number += 1
            self._running = Job(
                number=self._number,
                run_id=run_id,
                given=len(checkpoints),
                origin=origin,
                head=head,
                started=self._clock(),
            )
            return self._running

    def _work(self, job: Job, checkpoints: Sequence[bytes]) -> None:
        try:
            self._verify(job, checkpoints)
        except Exception as error:
            if status_of(error) is None:
                self._report(error)

    def _verify(self, job: Job, checkpoints: Sequence[bytes]) -> Verification:
        try:
            verification = verify_log(
                self._archive, job.run_id, checkpoints=checkpoints, trusted=self.trusted(), progress=self._progress
            )
            is_covered = self._is_covered(verification, job.run_id)
        except BaseException as error:
            self._end(failure=_BUG if not isinstance(error, Exception) or status_of(error) is None else str(error))
            raise
        self._end(verification=verification, is_covered=is_covered)
        return verification

    def _is_covered(self, verification: Verification, run_id: str | None) -> bool:
        if verification.fault is not None or not verification.signed:
            return False
        last = None if run_id is None else self._archive.log.last(run_id)
        return verification.covered >= (verification.events if last is None else last.position)

    def _progress(self, checked: int, total: int) -> None:
        if self._stopping:
            raise _Stopped
        with self._lock:
            if self._running is not None:
                self._running = replace(self._running, checked=checked, total=total)

    def _end(
        self, *, verification: Verification | None = None, is_covered: bool = False, failure: str | None = None
    ) -> None:
        with self._lock:
            assert self._running is not None  # it was begun, and no other one ends it
            job = replace(
                self._running, ended=self._clock(), verification=verification, is_covered=is_covered, failure=failure
            )
            self._running = None
            if job.number <= self._forgotten:
                return
            self._ended.appendleft(job)
            keeps_fault = verification is None and self._of_log is not None and self._of_log.found_fault
            if job.found_fault or (job.run_id is None and not keeps_fault):
                self._of_log = job
