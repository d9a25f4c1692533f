"""The recording process of a run with a fault: `main` takes DATABASE MODE FAULT JOURNAL.

It uses a real AuditRunner with a real log; its child is `tests.faults.child`. It prints two JSON objects: first the
run's id, and at the end the result, with this process's peak memory in bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tests
from store.log import EventLog, Record, RunUpdate
from veritas.archive.archive import Archive
from veritas.channels.queue import QueueReceiver
from veritas.channels.receiver import Receiver
from veritas.core.mode_decision import Decision
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import LogRetry
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import new_audit_id
from veritas.recording.worker_process import WorkerProcess


class FaultyRun(AuditRunner):
    """A run whose child injects a fault."""

    def __init__(
        self, archive: Archive, mode: str, fault: str, journal: str, retry: LogRetry, worker: WorkerProcess | None
    ) -> None:
        super().__init__(
            new_audit_id(),
            "http://a.test/",
            archive=archive,
            decision=Decision(mode, "STATIC", "the test"),
            retry=retry,
            worker=worker,
        )
        self._fault = [fault, journal]
        self._manager = 0

    def _make_receiver(self, recorder: RunRecorder) -> Receiver | None:
        receiver = super()._make_receiver(recorder)
        self._manager = receiver._queue._manager.pid if isinstance(receiver, QueueReceiver) else 0
        return receiver

    def _environment(self, variables: Mapping[str, str], scratch: str) -> dict[str, str]:
        return super()._environment(variables, scratch) | {"PYTHONPATH": str(Path(tests.__file__).parents[1])}

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        usual = super()._own_command(mode, scratch)
        program = [sys.executable, "-P", "-m", "tests.faults.child", *self._fault, str(self._manager), "--"]
        return program + usual[usual.index("veritas.recording.child") + 1 :]


class FaultyWorker(WorkerProcess):
    """A worker process that injects a fault into its audit."""

    def __init__(self, fault: str, journal: str) -> None:
        self._fault = [fault, journal]
        super().__init__()

    def _command(self, scratch: str) -> list[str]:
        self.host.open().close()  # so that its process is there to be killed
        manager = self.host._manager.pid if self.host._manager is not None else 0
        usual = super()._command(scratch)
        program = [sys.executable, "-P", "-m", "tests.faults.child", *self._fault, str(manager), "--"]
        return program + usual[usual.index("veritas.recording.child") + 1 :]


class SlowLog(EventLog):
    """A log that takes some time for each event."""

    seconds = 0.0

    def append(self, records: Sequence[Record], *, update: RunUpdate | None = None) -> list[int]:
        time.sleep(self.seconds * sum(record.source != "recorder" for record in records))
        return super().append(records, update=update)


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser()
    for name in ("database", "mode", "fault", "journal"):
        parser.add_argument(name)
    parser.add_argument("--slowness", type=float, default=0.0, help="seconds that the log takes longer for each event")
    parser.add_argument("--most-bytes", type=int, help="how large a file may become")
    parser.add_argument("--database-timeout", type=float, default=60.0, help="seconds to wait for the log")
    parser.add_argument("--answer-seconds", type=float, help="how long a server may give no answer")
    parser.add_argument("--warm", action="store_true", help="use a worker process")
    run_faulty(**vars(parser.parse_args()))


def run_faulty(
    database: str,
    mode: str,
    fault: str,
    journal: str,
    slowness: float,
    most_bytes: int | None,
    database_timeout: float,
    answer_seconds: float | None,
    warm: bool,
) -> None:
    """Run an audit with a fault."""
    if answer_seconds is not None:
        from store.backends import postgresql_connections  # a driver that a log in a file does not need

        postgresql_connections.ANSWER_SECONDS = answer_seconds
        postgresql_connections.BoundedConnection.answer_seconds = answer_seconds
    log = SlowLog.open(database)
    log.seconds = slowness
    with Archive(log) as archive:
        said: list[str] = []
        worker = FaultyWorker(fault, journal) if warm else None
        run = FaultyRun(archive, mode, fault, journal, LogRetry(database_timeout, report=said.append), worker)
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        report: dict[str, Any] = {"run_id": run.run_id}
        print(json.dumps(report), flush=True)
        try:
            outcome = asyncio.run(run.run(ignore))
            report |= {"status": outcome.status, "error": outcome.error}
        except Exception as error:
            report |= {"raised": f"{type(error).__name__}: {error}"}
        if worker is not None:
            worker.close()
    report |= {"memory": peak_memory(), "said": said}
    print(json.dumps(report), flush=True)


def peak_memory() -> int:
    """Return this program's peak memory; `getrusage` would include that of the process it was forked from."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def ignore(message: dict[str, Any]) -> None:
    """Ignore a client message."""
