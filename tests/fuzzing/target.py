"""A target: a command that reads a file which anyone may have written, and what must hold whatever is in it.

The exit status is 0, 1 or 2; an error is one sentence, and never a traceback; nothing is written but the log; and if
the command did not succeed, the log is as it was.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.fuzzing.in_process import InProcess

_ENDS = ".:)]"  # of an error: a masked secret ends in a bracket
_LONGEST = 20.0  # seconds of processor time that a command may take for a file of some kilobytes


class Broken(AssertionError):
    """A command did what it must not do with a file."""


class Target(ABC):
    """Something that reads a file; it works in a directory of its own.

    Attributes:
        name: Its name on the command line.
        directory: The directory.
    """

    name: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log.db"
        self._environment = {
            "VERITAS_DB": str(self.log),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "XDG_DATA_HOME": str(directory / "data"),
            "TMPDIR": str(directory),
        }
        self._commands = InProcess()

    @abstractmethod
    def seeds(self) -> Mapping[str, bytes]:
        """Return files to begin with, by name: valid ones, and some that an attacker would make."""

    @abstractmethod
    def run(self, data: bytes) -> None:
        """Read a file with this content.

        Raises:
            Broken: Something does not hold.
        """

    def prepare(self, *arguments: str) -> None:
        """Run a command that makes the files that the target needs."""
        result = self._commands.run(arguments, self._environment)
        assert result.exit_code == 0, result.stdout + result.stderr

    def invoke(self, *arguments: str, writes: bool = False, **environment: str) -> int:
        """Run a command, check what must hold, and return the exit status.

        Args:
            writes: Whether it may change the log if it succeeds.
        """
        before, files, begin = self._events(), self._files(), time.process_time()
        result = self._commands.run(arguments, {**self._environment, **environment})
        taken = time.process_time() - begin
        said = f"{' '.join(arguments)}: exit status {result.exit_code}: {result.stderr}"
        if result.exit_code not in (0, 1, 2) or "Traceback" in result.stdout + result.stderr:
            raise Broken(said)
        errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        if result.exit_code == 2 and (len(errors) != 1 or errors[0][-1] not in _ENDS):
            raise Broken(f"The error is not one sentence: {said}")
        if taken > _LONGEST:
            raise Broken(f"It took {taken:.0f} s: {said}")
        if (added := self._files() ^ files) and not (writes and all(name.startswith("log.db") for name in added)):
            raise Broken(f"It made or removed {sorted(added)}: {said}")
        if self._events() != before and not (writes and result.exit_code != 2):
            raise Broken(f"It changed the log: {said}")
        return result.exit_code

    def _files(self) -> set[str]:
        beside = {"log.db-wal", "log.db-shm"}
        found = (os.path.relpath(Path(root) / name, self.directory)
                 for root, _, names in os.walk(self.directory) for name in names)  # fmt: skip
        return {name for name in found if name not in beside}

    def _events(self) -> tuple[object, ...]:
        if not self.log.exists():
            return ()
        if self.name == "log":
            return (hashlib.sha256(self.log.read_bytes()).digest(),)
        with closing(sqlite3.connect(self.log)) as connection:
            return tuple(connection.execute("SELECT count(*), max(hash) FROM event").fetchone())
