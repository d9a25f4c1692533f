"""The target `log`: the file of a log, which is verified and read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.cli.logs import TEE, write_all
from tests.fuzzing.target import Target


class LogTarget(Target):
    """Verifies and reads a log; nothing that only reads may change a byte of it."""

    name = "log"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        write_all(self.log)
        self.prepare("key", "create")
        self.prepare("checkpoint")
        with closing(sqlite3.connect(self.log)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._whole = self.log.read_bytes()

    def seeds(self) -> Mapping[str, bytes]:
        """Return the log, and the same one without guards."""
        return {"whole": self._whole, "empty": b"", "header": self._whole[:100], "half": self._whole[: 1 << 15]}

    def run(self, data: bytes) -> None:
        """Verify the log, and read it."""
        for beside in ("-wal", "-shm"):
            Path(f"{self.log}{beside}").unlink(missing_ok=True)
        self.log.write_bytes(data)
        for arguments in (
            *(("verify",), ("verify", TEE), ("show", TEE), ("events", TEE, "--format", "json")),
            *(("key", "show"), ("doctor", "--help")),
        ):
            self.invoke(*arguments)
