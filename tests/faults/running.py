"""Inject a fault into a run of real processes, and collect the result."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.verify.fault import Fault as Damage
from tests.faults.fault import Account, Fault
from tests.processes import Process, as_found_last, descendants, kill, wait_until
from veritas.archive.archive import Archive
from veritas.config import child_environment
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RecorderEvent
from veritas.projections.audit_state import AuditState
from veritas.recording.log_retry import LogRetry
from veritas.recording.spool_ingestion import ingest_spool

LIMIT = 120.0  # seconds after which a run that has not ended is killed
LONGEST_END = 30.0  # seconds in which a run must end; a usual machine takes less than ten


@dataclass
class Result:
    """The result of a run.

    Attributes:
        account: The child's journal.
        events: The run's events in the log.
        state: The state that follows from them.
        report: What the parent printed at its end; without `status` if it was killed before.
        seconds: From the child's last action to the end of all processes.
        left: Processes and temporary files that remain.
        damaged: The faults that the log's own verification found.
        spools: How many files had what was not in the log; it was ingested before the log was read.
    """

    account: Account
    events: list[RecordedEvent]
    state: AuditState
    report: dict[str, Any]
    seconds: float
    left: list[str]
    damaged: Damage | None
    spools: int = 0

    def numbers(self, *sources: str) -> list[int]:
        """Return the sequence numbers that came over *sources*, in the log's order."""
        return [recorded.seq for recorded in self.events if recorded.source in sources]

    @property
    def recorded(self) -> set[int]:
        """The sequence numbers in the log, from any source."""
        return set(self.numbers("queue", "stdout"))

    def own(self, kind: str) -> list[RecorderEvent]:
        """Return the recorder's events of one type."""
        facts = [recorded.from_recorder for recorded in self.events if recorded.source == "recorder"]
        return [fact for fact in facts if fact is not None and fact.type == kind]


class Run:
    """A run in progress, in its own directory."""

    def __init__(
        self,
        directory: Path,
        mode: str,
        fault: Fault,
        *options: str,
        database: str | None = None,
        log: str | None = None,
    ) -> None:
        """Start it.

        Args:
            directory: An empty directory for it.
            mode: The mode.
            fault: The fault that the child injects.
            options: Options of `tests.faults.parent`.
            database: The address of the log; None for an SQLite file.
            log: The address at which the log is read afterwards; None for the same.
        """
        self.database = database or str(directory / "log.db")
        self._log = log or self.database
        self._state = directory / "state"
        self._journal = directory / "journal"
        self._temporary = Path(tempfile.mkdtemp(dir="/tmp"))  # short enough for a socket
        with Archive.open(self._log):
            pass  # created here, because this process has imported the migrations
        # With -m, the manager process would import the parent's program once more.
        program = [sys.executable, "-c", "from tests.faults.parent import main; main()"]
        self._parent = subprocess.Popen(
            [*program, self.database, mode, fault.encode(), str(self._journal), *options],
            env=child_environment(
                TMPDIR=str(self._temporary), FAULT_SOCKETS=str(self._temporary), XDG_STATE_HOME=str(self._state)
            ),
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._parent.stdout is not None
        self.run_id = str(json.loads(self._parent.stdout.readline())["run_id"])
        self._seen: set[Process] = set()
        self._killed_at = math.inf

    @property
    def running(self) -> bool:
        """Whether the recording process is alive."""
        return self._parent.poll() is None

    def find(self, target: str) -> int:
        """Return the process id of the `child`, `manager` or `recorder`; 0 if there is none."""
        if target == "recorder":
            return self._parent.pid
        mark = {"child": "tests.faults.child", "manager": "multiprocessing.spawn"}[target]
        self._seen = as_found_last(self._seen, descendants(self._parent.pid))
        return next((process.pid for process in self._seen if process.lives and mark in process.line), 0)

    def kill(self, target: str, number: int) -> bool:
        """Send a signal; return whether the process existed."""
        pid = self.find(target)
        self._killed_at = min(self._killed_at, time.monotonic())
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, number)
                return True
        return False

    def end(self) -> Result:
        """Wait until all processes have ended, and collect the result."""
        assert self._parent.stdout is not None
        watching = threading.Timer(LIMIT, self._kill_all)
        watching.start()
        self._watch()
        report = [json.loads(line) for line in self._parent.stdout]
        self._parent.wait()
        watching.cancel()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self._left(), LONGEST_END)
        ended, left = time.time(), self._left()
        self._kill_all()
        shutil.rmtree(self._temporary, ignore_errors=True)
        account, since = Account(), ended
        if self._journal.exists():
            account = Account.read(self._journal.read_text(), self._killed_at)
            since = self._journal.stat().st_mtime
        with Archive.open(self._log) as archive:
            spools = sorted(self._state.glob("**/*.spool"))
            for spool in [*spools, *spools]:  # the second time changes nothing
                ingest_spool(archive, spool, retry=LogRetry(0))
            events = list(archive.events(self.run_id))
            fault = archive.log.verify().fault
        state = AuditState.of(events)
        return Result(account, events, state, report[-1] if report else {}, ended - since, left, fault, len(spools))

    def _watch(self) -> None:
        """Remember every process of the run, so that none is missed when its parent has exited."""
        wait_until(lambda: not self.running or self.find("child"), 2 * LIMIT)

    def _kill_all(self) -> None:
        self._parent.kill()
        kill(process for process in self._seen if process.lives)

    def _left(self) -> list[str]:
        processes = [process.line for process in self._seen if process.lives]
        return processes + [str(path) for path in self._temporary.iterdir()]
