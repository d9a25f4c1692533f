"""Actions: with `--allow-actions` the server starts audits for its users; rollouts are changed by `api/rollout`.

An audit is started as the command line starts it, in a process of its own, which outlives the server. The id is read
from the log: a start is answered once the audit's request is recorded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from msgspec import structs

from veritas.archive.archive import Archive
from veritas.audit.tier import tier_named
from veritas.config import DATABASE, child_environment
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import AuditRequested
from veritas.events.tag import check_tag
from veritas.recording.run import check_url
from veritas.web.problem import Problem

MOST_AUDITS = 4  # that one server runs at once
_TIMEOUT = 60.0  # seconds until an audit's request must be recorded
_POLL = 0.05


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[bytes]
    stderr: IO[bytes]


class Actions:
    """Starts audits; any number of threads may use it."""

    def __init__(self, archive: Archive, database: str | None) -> None:
        """Start audits that are recorded in a log.

        Args:
            archive: The log.
            database: Its address, for other processes; None for the default one.
        """
        self._archive = archive
        self._database = database
        self._running: list[_Started] = []
        self._lock = threading.Lock()

    def start_audit(self, url: str, tier: str, tags: Sequence[str] = ()) -> str:
        """Start an audit of a URL, and return the id of its run.

        Raises:
            UsageError: The URL, the tier or a tag is invalid.
            Problem: Too many audits run already, or the audit ended before it recorded its request.
        """
        check_url(url)
        tier_named(tier)
        arguments = [part for tag in tags for part in ("--tag", check_tag(tag))]
        command = [sys.executable, "-m", "veritas", "audit", "--json", "--tier", tier, *arguments, "--", url]
        after = self._archive.log.head()
        with self._lock:
            self._running = [each for each in self._running if each.process.poll() is None]
            if len(self._running) >= MOST_AUDITS:
                raise Problem(429, f"{MOST_AUDITS} audits run already; wait until one of them has ended.")
            started = self._start(command)
            self._running.append(started)
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            ended = started.process.poll() is not None
            if (run_id := self.run_of(started.process.pid, after=after)) is not None:
                return run_id
            if ended:
                raise Problem(500, f"The audit did not begin: {_last_line(started.stderr)}")
            time.sleep(_POLL)
        raise Problem(503, "The audit has not begun within a minute; the history will show it once it has.")

    def run_of(self, pid: int, *, after: int) -> str | None:
        """Return the run that a process of this machine has requested after a position; None if there is none yet."""
        own = ProcessIdentity.own()  # another machine records in the same log, and may have a process with this id
        for recorded in self._archive.recorder_events(AuditRequested.type, after=after):
            request = recorded.from_recorder
            recorder = request.recorder if isinstance(request, AuditRequested) else None
            if recorder is not None and recorder == structs.replace(own, pid=pid, started=recorder.started):
                return recorded.run_id
        return None

    def _start(self, command: Sequence[str]) -> _Started:
        database = {} if self._database is None else {DATABASE: self._database}  # no one reads it in the process list
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=child_environment(**database),
            start_new_session=True,  # ^C ends the server, and not the audits
        )
        return _Started(process, stderr)


def _last_line(stderr: IO[bytes]) -> str:
    stderr.seek(0, os.SEEK_END)
    stderr.seek(max(stderr.tell() - 4096, 0))
    lines = stderr.read().decode("utf-8", "replace").split("\n")
    return next((line.removeprefix("Error: ") for line in reversed(lines) if line.strip()), "it said nothing.")
