"""The target `ingest`: a file that is given to `veritas ingest`, whose events are then shown."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from store.log import EventLog
from tests.fuzzing.target import Target
from tests.recording.capture.collectors import COLLECTORS, WRAPPINGS
from tests.store.making import PNG, RUN, record
from veritas.recording.spool import Spool, SpoolHeader

_EVENTS = (
    {"phase": "init", "step": "starting", "pct": 0, "detail": "begins", "seq": 1, "timestamp": 1_800_000_000.5},
    {"type": "finding", "phase": "security", "step": "found", "seq": 2, "data": "aGVsbG8=", "category": "csp"},
    {"phase": "judge", "step": "done", "seq": 3, "summary": {"trust_score": 55.5, "risk_level": "suspicious"}},
    {"phase": "complete", "step": "done", "pct": 100, "seq": 4, "extra": {"a": [1, None, True, "\u202e"]}},
)


class IngestTarget(Target):
    """Ingests a captured log into a new log, and shows the run."""

    name = "ingest"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        EventLog.open(self.log).close()
        self.prepare("key", "create")
        self._empty = self.log.read_bytes()
        self._file = directory / "captured"
        self._file.touch()

    def seeds(self) -> Mapping[str, bytes]:
        """Return captured output in every format that is read, plain and compressed."""
        lines = [b"##PROGRESS:" + json.dumps(event).encode() + b"\n" for event in _EVENTS]
        output = [("stdout", line) for line in (*lines[:2], b"noise \xff\n", *lines[2:])] + [("stderr", b"warning\n")]
        plain = b"".join(line for _, line in output)
        return {
            **{name: collect(output) for name, collect in COLLECTORS.items()},
            **{name: wrap(plain) for name, wrap in WRAPPINGS.items()},
            "spool": self._spool(),
            "utf-16": plain.decode("latin-1").encode("utf-16"),
            "bomb": gzip.compress(gzip.compress(bytes(20_000_000), mtime=0), mtime=0),
            "deep": b"##PROGRESS:" + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"\n",
            "numbers": b'##PROGRESS:{"seq":1e400,"pct":-1e308,"timestamp":1e300,"summary":{"trust_score":1e999}}\n',
        }

    def _spool(self) -> bytes:
        """Return a spool of three records, of a run whose beginning this log does not have."""
        file = self.directory / "spool"
        header = SpoolHeader(1, RUN, None, "log.db", 5, "00")
        spool = Spool(file, file.open("wb"), header)
        spool.append([record(1), record(2, artifact=PNG), record(3)], received_at=5.0)
        spool.close()
        content = file.read_bytes()
        file.unlink()
        return content

    def run(self, data: bytes) -> None:
        """Ingest the file, and show, list and verify what was recorded."""
        for beside in ("-wal", "-shm"):
            Path(f"{self.log}{beside}").unlink(missing_ok=True)
        self.log.write_bytes(self._empty)
        self._file.write_bytes(data)
        if self.invoke("ingest", str(self._file), writes=True) == 2:
            return
        for arguments in (("show", "latest"), ("events", "latest", "--format", "json"), ("list",), ("verify",)):
            self.invoke(*arguments, writes=arguments == ("list",))
