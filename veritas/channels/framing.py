"""Finding events between other output: the reading side of the stdout channel, without the pipe.

An event is `##PROGRESS:` and its JSON up to the end of the line, anywhere in a line. Everything else is output. The
channel's own messages have the marker `##CHANNEL:`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from veritas.channels.messages import STDOUT, ControlReceived, EventReceived, Message, OutputReceived, Rejected
from veritas.events.json import decode_json, is_json_object

EVENT_MARKER = b"##PROGRESS:"
CONTROL_MARKER = b"##CHANNEL:"
MARKER = re.compile(rb"##(?:PROGRESS|CHANNEL):")

_MOST_TRIES = 100  # markers without an object behind them, after which the rest of a line is given up


class Kind(Enum):
    """What a piece of a line is."""

    OUTPUT = auto()
    EVENT = auto()
    CONTROL = auto()
    REJECTED = auto()


class Piece(NamedTuple):
    """A part of a line.

    Attributes:
        kind: What it is.
        body: Its bytes: of an event or a message what stands behind the marker, without the line's end.
        size: How many bytes of the line it takes.
    """

    kind: Kind
    body: bytes
    size: int


def pieces_of(line: bytes) -> Iterator[Piece]:
    """Yield what is in *line*, which includes its newline; the pieces' sizes add up to its length.

    Several writers may share a line: an event may follow another, or a broken one, without a newline between them.
    """
    marker = MARKER.search(line)
    if marker is None:
        yield from _output(line)
        return
    body = line[marker.end() : _end_of_content(line)]
    if is_json_object(body):  # nearly always: one event, up to the end of the line
        yield from _output(line[: marker.start()])
        yield _marked(marker, body, len(line) - marker.start())
        return
    text = line.decode("latin-1")  # one character a byte; only the objects' ends are looked for in it
    at, tries = 0, 0
    broken: re.Match[bytes] | None = None
    while marker is not None and tries < _MOST_TRIES:
        end = _end_of_object(text, marker.end())
        body = line[marker.end() : end]
        if end == 0 or not is_json_object(body):
            tries += 1
            broken = broken or marker
            marker = MARKER.search(line, marker.end())
            continue
        yield from _output_and_broken(line[at : marker.start()], at, broken)
        if not line[end:].rstrip(b"\r\n"):
            end = len(line)  # the line's end belongs to its last event
        yield _marked(marker, body, end - marker.start())
        at, broken = end, None
        marker = MARKER.search(line, at)
    yield from _output_and_broken(line[at:], at, broken or marker)


def _output(data: bytes) -> Iterator[Piece]:
    if data:
        yield Piece(Kind.OUTPUT, data, len(data))


def _output_and_broken(data: bytes, at: int, broken: re.Match[bytes] | None) -> Iterator[Piece]:
    """Yield *data*, which stands at *at*: output up to the broken marker, and what was to be an event behind it."""
    if broken is None:
        yield from _output(data)
        return
    start = broken.start() - at
    yield from _output(data[:start])
    yield Piece(Kind.REJECTED, data[start:].removesuffix(b"\n"), len(data) - start)


def _marked(marker: re.Match[bytes], body: bytes, size: int) -> Piece:
    kind = Kind.EVENT if marker[0] == EVENT_MARKER else Kind.CONTROL
    return Piece(kind, body, size)


def _end_of_content(line: bytes) -> int:
    """Return where the line's end begins, without the copy that `rstrip` would make of a screenshot."""
    end = len(line)
    while end and line[end - 1] in b"\r\n":
        end -= 1
    return end


def _end_of_object(text: str, start: int) -> int:
    """Return where the JSON object that begins at *start* ends; 0 where there is none."""
    if text[start : start + 1] != "{":
        return 0
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


# A 10 MB attachment is a line of 13.4 MB.
MAX_LINE_BYTES = 16 * 1024 * 1024
_LONGEST_HELD = 64 * 1024

_LONGEST_MARKER = len(EVENT_MARKER)


class MarkerParser:
    """Takes a byte stream in chunks and gives what is in it, each piece with its place."""

    def __init__(self, stream: str = STDOUT, *, markers: bool = True, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._stream = stream
        self._markers = markers
        self._max_line_bytes = max_line_bytes
        self._parts: list[bytes] = []  # the line that has not ended yet
        self._size = 0  # of those parts
        self._offset = 0  # of the first of them in the stream
        self._marked = False  # whether a marker is known to be in them
        self._long: _LongLine | None = None  # in place of the parts once they pass the cap
        self._output: list[bytes] = []
        self._output_offset = 0

    def feed(self, chunk: bytes) -> list[Message]:
        """Return what *chunk* completes; other output comes as it arrives, in as few pieces as it can."""
        found: list[Message] = []
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

    def close(self) -> list[Message]:
        """Return what the stream's end completes: a last line without a newline."""
        found: list[Message] = []
        self._end_line(found)
        self._flush_output(found)
        return found

    def _take_event(self, line: bytes, found: list[Message]) -> bool:
        """Take a line that came in one piece and is one event, as nearly all are; return whether it is."""
        body = line.removeprefix(EVENT_MARKER)
        if self._size or self._long is not None or len(line) > self._max_line_bytes or body.endswith(b"\r"):
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
        if self._size > self._max_line_bytes and piece != b"\n" and self._has_marker():
            self._long = _LongLine(self._take_line(), self._max_line_bytes)

    def _release(self) -> None:
        """Give up the beginning of a long line that holds no marker: it is output whatever follows."""
        if self._long is not None or self._size <= _LONGEST_HELD or self._has_marker():
            return
        line, keep = self._take_line(), _LONGEST_MARKER - 1
        self._add_output(line[:-keep])
        self._parts, self._size = [line[-keep:]], keep

    def _end_line(self, found: list[Message]) -> None:
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

    def _end_long_line(self, long: _LongLine, found: list[Message]) -> None:
        self._long = None
        marker = MARKER.search(long.head)
        assert marker is not None  # or it would not have been held
        self._flush_output(found)
        reason = f"the line is longer than {self._max_line_bytes} bytes"
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

    def _flush_output(self, found: list[Message]) -> None:
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
