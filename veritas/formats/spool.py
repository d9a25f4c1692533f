"""Lines that are put aside, so that what is to be written together need not be held in memory until it is."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Self

_IN_MEMORY = 8 * 1024 * 1024


class Spool:
    """Several sequences of lines in one temporary file; of a line, eight bytes stay in memory."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by `__exit__`
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def sequence(self) -> Spooled:
        """Begin another sequence."""
        return Spooled(self)

    def write(self, line: bytes) -> int:
        """Put a line aside; return where it is."""
        place = self._end
        self._end += self._file.write(line + b"\n")
        return place

    def read(self, place: int) -> bytes:
        """Return the line that is there; nothing is put aside any more."""
        self._file.seek(place)
        return self._file.readline()[:-1]


class Spooled:
    """Lines that belong together."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._places = array("Q")

    def append(self, line: bytes) -> None:
        """Put a line, which has no newline in it, behind the others."""
        self._places.append(self._spool.write(line))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines in order."""
        return map(self._spool.read, self._places)
