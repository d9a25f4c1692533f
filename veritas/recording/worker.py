"""The program of a worker process: it does one audit after another, in one browser that it keeps.

Its standard input is a pipe with one line for each audit, a `WorkerJob`. When the pipe ends, because the parent closes
it or dies, the audit that is being done is interrupted, and the process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from veritas.channels.section import begin_mark, end_mark
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.recording import child
from veritas.recording.worker_job import WorkerJob

if TYPE_CHECKING:
    from veritas.audit.browser import WarmBrowser


class Worker:
    """Does the audits that it reads from standard input."""

    def __init__(self, scratch: str | None) -> None:
        """Take over standard output.

        Args:
            scratch: A directory to remove at the end, in case the parent cannot.
        """
        self._stdout = LineTrackingStdout.take_over_stdout()
        self._scratch = scratch
        self._jobs: asyncio.Queue[WorkerJob | None] = asyncio.Queue()
        self._line = bytearray()  # of the job that is being read
        self._audit: asyncio.Task[int] | None = None
        self._stopped = False
        self._exit_status = child.EXIT_COMPLETED

    async def run(self) -> int:
        """Do audits until standard input ends; return the exit status."""
        child.stop_on_signals(self._stop)
        child.watch_parent(self._stop, self._scratch, received=self._receive)
        from veritas.audit.browser import WarmBrowser  # it takes long, and is not needed to notice the parent's end

        async with WarmBrowser() as browser:
            while (job := await self._jobs.get()) is not None and not self._stopped:
                await self._do(job, browser)
        return self._exit_status

    async def _do(self, job: WorkerJob, browser: WarmBrowser) -> None:
        """Do an audit; everything that is printed meanwhile is between its marks."""
        from veritas.core.orchestrator import VeritasOrchestrator

        self._print_mark(begin_mark(job.token))
        variables, stdout = dict(job.variables), StdoutSender(self._stdout)
        sender = child.open_sender(job.mode, stdout, lambda name: variables.pop(name, None))
        make = partial(VeritasOrchestrator, sender=sender, start_browser=browser.open)
        self._audit = asyncio.create_task(child.audit(make, job.audit))
        try:
            exit_status = await self._audit
        finally:
            self._audit = None
            stdout.detach()
        self._print_mark(end_mark(job.token, exit_status))

    def _print_mark(self, mark: bytes) -> None:
        """Print a mark on both streams, after everything that was printed before."""
        with contextlib.suppress(OSError, ValueError):  # the parent is gone
            self._stdout.write(mark)
            self._stdout.flush()
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
                os.write(sys.stderr.fileno(), mark)

    def _receive(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._jobs.put_nowait(WorkerJob.decode(bytes(self._line + line)))
            self._line.clear()
        self._line += rest

    def _stop(self) -> None:
        """Interrupt the audit that is being done, and do no other."""
        self._stopped = True
        self._jobs.put_nowait(None)
        if self._audit is not None:
            self._exit_status = child.EXIT_INTERRUPTED
            self._audit.cancel()
