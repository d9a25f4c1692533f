"""The spool: a file that keeps the records of a run that could not be written to its log, until they are ingested.

It is JSON lines in UTF-8. The first line is a `SpoolHeader`; each other one has a `SpooledRecord` and a SHA-256 over
that record's bytes and the hash before it, so that a line that was damaged, lost or moved is found. A recorder that is
killed while it writes leaves a last line without an end, which was not confirmed to anyone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Annotated

import msgspec

from store.log import Attachment, Record
from store.records import BIGINT_MAX
from store.text import storable
from veritas.config import default_spool
from veritas.errors import SpoolFailed
from veritas.files import sync_directory, try_lock

VERSION = 1

_MICRO = 1_000_000


class SpoolHeader(msgspec.Struct, frozen=True):
    """The first line of a spool.

    Attributes:
        veritas_spool: The version of the format.
        run_id: The run that all records belong to.
        origin: The name of the log that has the run's earlier events; null if that was not known.
        database: The address of the log, without a password.
        created_at: When the first record was spooled: microseconds since the epoch, UTC.
        id: A random name of this spool.
    """

    veritas_spool: int
    run_id: str
    origin: str | None
    database: str
    created_at: int
    id: str


class SpooledAttachment(msgspec.Struct, frozen=True):
    """The attachment of a record."""

    data: bytes
    media_type: str


class SpooledRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record that is to be written to the log; the fields are those of `store.records.Record`.

    Attributes:
        received_at: When the recorder had it: microseconds since the epoch, UTC.
    """

    received_at: Annotated[int, msgspec.Meta(ge=0, le=BIGINT_MAX)]
    source: str
    seq: int
    type: str
    phase: str
    step: str
    emitted_at: int | None
    schema_version: int
    body: bytes
    artifact: SpooledAttachment | None = None

    def record(self, run_id: str) -> Record:
        """Return the record of a run."""
        attached = self.artifact
        return Record(
            run_id=run_id,
            source=self.source,
            seq=self.seq,
            type=self.type,
            phase=self.phase,
            step=self.step,
            emitted_at=self.emitted_at,
            body=self.body,
            artifact=None if attached is None else Attachment(attached.data, attached.media_type),
            schema_version=self.schema_version,
        )


class SpoolLine(msgspec.Struct, frozen=True):
    """A line after the first.

    Attributes:
        sha256: See `chained`, in hex.
        record: A `SpooledRecord`, whose bytes are hashed as they are.
    """

    sha256: str
    record: msgspec.Raw


class Spool:
    """Writes one run's spool.

    Attributes:
        path: The file.
        run_id: The run.
        records: How many records it has.
    """

    def __init__(self, path: Path, file: FileIO, header: SpoolHeader) -> None:
        self.path = path
        self.run_id = header.run_id
        self.records = 0
        self._file = file
        if sys.platform != "win32":  # where no process could read what is locked
            try_lock(file.fileno())  # so that it is not ingested before the run has ended
        self._size = 0  # bytes that are on the disk
        first = msgspec.json.encode(header)
        self._last = chained("", first)
        self._write([first])

    @classmethod
    def create(cls, run_id: str, *, origin: str | None, database: str, clock: Callable[[], float] = time.time) -> Spool:
        """Create a run's spool in the user's state directory, or in the system's directory for temporary files.

        Only the user may read it.

        Raises:
            SpoolFailed: It cannot be created in either.
        """
        header = SpoolHeader(VERSION, run_id, origin, database, round(clock() * _MICRO), os.urandom(16).hex())
        problems: list[str] = []
        for directory in (default_spool(), Path(tempfile.gettempdir())):
            path = directory / f"{run_id}.{header.id[:8]}.spool"
            try:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                try:
                    return cls(path, os.fdopen(handle, "wb", buffering=0), header)
                except SpoolFailed:
                    path.unlink(missing_ok=True)
                    raise
            except (OSError, SpoolFailed) as error:
                problems.append(f"{str(path)!r}: {getattr(error, 'strerror', None) or error}")
        raise SpoolFailed(f"The events cannot be kept in a file either ({'; '.join(problems)}).")

    def append(self, records: Sequence[Record], *, received_at: float) -> None:
        """Append records; on return they are on the disk.

        Raises:
            SpoolFailed: The file cannot be written; it is as it was before.
        """
        lines, last = [], self._last
        for record in records:
            raw = msgspec.json.encode(_spooled(record, round(received_at * _MICRO)))
            last = chained(last, raw)
            lines.append(msgspec.json.encode(SpoolLine(last, msgspec.Raw(raw))))
        self._write(lines)
        self._last = last
        self.records += len(lines)

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):  # raised if a write has failed before
            self._file.close()

    def _write(self, lines: Sequence[bytes]) -> None:
        unwritten = memoryview(b"".join(line + b"\n" for line in lines))
        size = self._size + len(unwritten)
        try:
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) :]
            os.fsync(self._file.fileno())
            if not self.records:
                sync_directory(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):  # a part of a line, with other lines after it, would damage the file
                self._file.seek(self._size)
                self._file.truncate()
            raise SpoolFailed(
                f"The log is not available, and {str(self.path)!r} cannot be written in its place"
                f" ({error.strerror}); free some space, and `veritas ingest` adds what is in the file."
            ) from error
        self._size = size


def chained(previous: str, raw: bytes) -> str:
    """Return the hash of a line's bytes after a line with the hash *previous*, in hex."""
    return hashlib.sha256(previous.encode() + raw).hexdigest()


def _spooled(record: Record, received_at: int) -> SpooledRecord:
    attached = record.artifact
    return SpooledRecord(
        received_at,
        record.source,
        record.seq,
        storable(record.type),
        storable(record.phase),
        storable(record.step),
        record.emitted_at,
        record.schema_version,
        record.body,
        None if attached is None else SpooledAttachment(attached.data, attached.media_type),
    )
