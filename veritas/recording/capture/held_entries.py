"""HeldEntries: entries that are held until it is known whether their program has an event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import SEEK_END
from struct import Struct
from tempfile import SpooledTemporaryFile
from typing import Self

import msgspec

from veritas.recording.capture.entry import Entry

_HELD_BYTES = 1 << 24  # of programs without an event so far, in memory; more goes to a temporary file
_HEADER = Struct(">qQ")  # of entries that are held: where the program's entries before them are, and their size
_NOTHING = -1  # where there is nothing before


class HeldEntries:
    """Holds the entries of programs that have no event so far.

    Those of all programs are in one file, because a journal may have more programs than a process may open files. Each
    piece refers to the one before it of the same program.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile[bytes](max_size=_HELD_BYTES)
        self._last: dict[str, int] = {}  # where each program's last piece begins
        self._decoder = msgspec.msgpack.Decoder(list[Entry])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, program: str, entries: Sequence[Entry]) -> None:
        """Hold what a program wrote."""
        encoded = msgspec.msgpack.encode(entries)
        at = self._file.seek(0, SEEK_END)
        self._file.write(_HEADER.pack(self._last.get(program, _NOTHING), len(encoded)) + encoded)
        self._last[program] = at

    def take(self, program: str) -> Iterator[Entry]:
        """Yield what is held of a program, in the order in which it was added; it is not held any longer."""
        pieces: list[tuple[int, int]] = []
        at = self._last.pop(program, _NOTHING)
        while at != _NOTHING:
            self._file.seek(at)
            before, size = _HEADER.unpack(self._file.read(_HEADER.size))
            pieces.append((at + _HEADER.size, size))
            at = before
        for start, size in reversed(pieces):
            self._file.seek(start)
            yield from self._decoder.decode(self._file.read(size))
