"""Finding events between other output: the reading side of the stdout channel, without the pipe.

An event is `##PROGRESS:` and its JSON up to the end of the line, anywhere in a line. Everything else is output. The
channel's own messages have the marker `##CHANNEL:`.
"""

from __future__ import annotations

import hashlib

from veritas.channels.line import EVENT_MARKER, MARKER, Kind, pieces_of
from veritas.channels.received import STDOUT, ControlReceived, EventReceived, OutputReceived, Received, Rejected
from veritas.events.progress import decode_json, is_json_object

# A 10 MB attachment is a line of 13.4 MB.
LONGEST_LINE = 16 * 1024 * 1024
_LONGEST_HELD = 64 * 1024

_LONGEST_MARKER = len(EVENT_MARKER)


class MarkerParser:
    """Takes a byte stream in chunks and gives what is in it, each piece with its place."""

    def __init__(self, stream: str = STDOUT, *, markers: bool = True, longest_line: int = LONGEST_LINE) -> None:
        self._stream = stream
        self._markers = markers
        self._longest_line = longest_line
        self._parts: list[bytes] = []  # the line that has not ended yet
        self._size = 0  # of those parts
        self._offset = 0  # of the first of them in the stream
        self._marked = False  # whether a marker is known to be in them
        self._long: _LongLine | None = None  # in place of the parts once they pass the cap
        self._output: list[bytes] = []
        self._output_offset = 0

    def feed(self, chunk: bytes) -> list[Received]:
        """Return what *chunk* completes; other output comes as it arrives, in as few pieces as it can."""
        found: list[Received] = []
        if not self._markers:
            return [OutputReceived(self._stream, chunk, self._advance(len(chunk)))] if chunk else []
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            if line.startswith(EVENT_MARKER) and self._take_event(line, found):
                continue
            self._hold(line)
            self._hold(b"\n")
            self._end_line(found)
        self._hold(rest)
        self._release()
        self._flush_output(found)
        return found

    def close(self) -> list[Received]:
        """Return what the stream's end completes: a last line without a newline."""
        found: list[Received] = []
        self._end_line(found)
        self._flush_output(found)
        return found

    def _take_event(self, line: bytes, found: list[Received]) -> bool:
        """Take a line that came in one piece and is one event, as nearly all are; return whether it is."""
        body = line.removeprefix(EVENT_MARKER)
        if self._size or self._long is not None or len(line) > self._longest_line or body.endswith(b"\r"):
            return False
        if not is_json_object(body):
            return False
        self._flush_output(found)
        self._advance(len(line) + 1)
        found.append(EventReceived(self._stream, body))
        return True

    def _hold(self, piece: bytes) -> None:
        if not piece:
            return
        if self._long is not None:
            self._long.add(piece)
            return
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > self._longest_line and piece != b"\n" and self._has_marker():
            self._long = _LongLine(self._take_line(), self._longest_line)

    def _release(self) -> None:
        """Give up the beginning of a long line that holds no marker: it is output whatever follows."""
        if self._long is not None or self._size <= _LONGEST_HELD or self._has_marker():
            return
        line, keep = self._take_line(), _LONGEST_MARKER - 1
        self._add_output(line[:-keep])
        self._parts, self._size = [line[-keep:]], keep

    def _end_line(self, found: list[Received]) -> None:
        if self._long is not None:
            self._end_long_line(self._long, found)
            return
        for piece in pieces_of(self._take_line()):
            if piece.kind is Kind.OUTPUT:
                self._add_output(piece.body)
                continue
            self._flush_output(found)
            offset = self._advance(piece.size)
            if piece.kind is Kind.EVENT:
                found.append(EventReceived(self._stream, piece.body))
            elif piece.kind is Kind.CONTROL:
                found.append(ControlReceived(self._stream, decode_json(piece.body), piece.body))
            else:
                digest = hashlib.sha256(piece.body).hexdigest()
                reason = "no JSON object follows the marker"
                found.append(Rejected(self._stream, reason, piece.body, len(piece.body), digest, offset))

    def _end_long_line(self, long: _LongLine, found: list[Received]) -> None:
        self._long = None
        marker = MARKER.search(long.head)
        assert marker is not None  # or it would not have been held
        self._flush_output(found)
        reason = f"the line is longer than {self._longest_line} bytes"
        offset = self._advance(long.size)
        found.append(Rejected(self._stream, reason, long.head, long.size, long.digest.hexdigest(), offset))

    def _has_marker(self) -> bool:
        """Whether the line so far holds a marker; once one was found nothing is joined or searched again."""
        if not self._marked:
            line = b"".join(self._parts)
            self._parts = [line]
            self._marked = MARKER.search(line) is not None
        return self._marked

    def _take_line(self) -> bytes:
        line = b"".join(self._parts)
        self._parts, self._size, self._marked = [], 0, False
        return line

    def _add_output(self, data: bytes) -> None:
        if not self._output:
            self._output_offset = self._offset
        self._output.append(data)
        self._advance(len(data))

    def _flush_output(self, found: list[Received]) -> None:
        if self._output:
            found.append(OutputReceived(self._stream, b"".join(self._output), self._output_offset))
            self._output = []

    def _advance(self, size: int) -> int:
        """Move on by *size* bytes; return where that began."""
        start = self._offset
        self._offset += size
        return start


class _LongLine:
    """A line past the cap: its head, its size so far and its hash."""

    def __init__(self, line: bytes, cap: int) -> None:
        self.head = line[:cap]
        self.size = len(line)
        self.digest = hashlib.sha256(line)

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self.digest.update(piece)
