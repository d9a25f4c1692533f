"""Read a spool: check each line, and yield the records in batches for one commit each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from veritas.errors import UsageError
from veritas.recording.spool import VERSION, SpooledRecord, SpoolHeader, SpoolLine, chained

BEGINNING = b'{"veritas_spool":'  # of every spool

_LONGEST_LINE = 128 * 1024 * 1024  # bytes; an attachment of 13 MB is 18 MB in base64
_BATCH, _BATCH_BYTES = 1000, 4 * 1024 * 1024  # records, and bytes of lines

_T = TypeVar("_T")


class SpoolReader:
    """Reads the spool in a file.

    Attributes:
        header: Its first line.
        is_cut: Whether the last line has no end, because its recorder was killed while it wrote; known when everything
            was read.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Read the header.

        Raises:
            UsageError: It is not a spool, or of a newer version.
        """
        self._name = repr(str(path))
        self._file = file
        first = self._line(1) or b""
        if not first.startswith(BEGINNING):
            raise UsageError(f"{self._name} does not contain spooled events; give a file that a recording has written.")
        self.header = self._decoded(first, SpoolHeader, 1)
        self.is_cut = False
        self._first = first
        if self.header.veritas_spool != VERSION:
            raise UsageError(
                f"{self._name} was written by a newer version (format {self.header.veritas_spool}); upgrade VERITAS to"
                " ingest it."
            )

    def batches(self) -> Iterator[list[SpooledRecord]]:
        """Yield the records from the beginning, in batches.

        Raises:
            UsageError: A line is not as it was written.
        """
        self._file.seek(len(self._first) + 1)
        last, number = chained("", self._first), 1
        batch: list[SpooledRecord] = []
        size = 0
        while (line := self._line(number + 1)) is not None:
            number += 1
            decoded = self._decoded(line, SpoolLine, number)
            raw = bytes(decoded.record)
            last = chained(last, raw)
            if decoded.sha256 != last:
                raise self._damaged(number)
            batch.append(self._decoded(raw, SpooledRecord, number))
            size += len(line)
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _line(self, number: int) -> bytes | None:
        """Return the next line without its end; None if there is none, or if it has no end."""
        line = self._file.readline(_LONGEST_LINE)
        if line.endswith(b"\n"):
            return line[:-1]
        if len(line) == _LONGEST_LINE:
            raise self._damaged(number)
        self.is_cut = bool(line)
        return None

    def _decoded(self, line: bytes, kind: type[_T], number: int) -> _T:
        try:
            return msgspec.json.decode(line, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self._damaged(number) from None

    def _damaged(self, number: int) -> UsageError:
        return UsageError(
            f"Line {number} of {self._name} is not as it was written, so nothing was recorded; give an undamaged copy."
        )
