"""The framing of the stdout channel: parse a byte stream into events, the channel's own messages and other output.

An event is `##PROGRESS:`, anywhere in a line, followed by its JSON up to the end of the line. The channel's own
messages have the marker `##CHANNEL:` instead. Everything else is output.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from veritas.channels.messages import STDOUT, ControlReceived, EventReceived, Message, OutputReceived, Rejected
from veritas.events.json import MAX_VALUES, decode_json, has_too_many_values, is_json_object

EVENT_MARKER = b"##PROGRESS:"
CONTROL_MARKER = b"##CHANNEL:"
MARKER = re.compile(rb"##(?:PROGRESS|CHANNEL):(?:\x1b\[[0-9;:]*[mK])*")  # a program may show it in a colour

# A 10 MB attachment is a line of 13.4 MB.
MAX_LINE_BYTES = 16 * 1024 * 1024

_MAX_HELD_BYTES = 64 * 1024  # of a line without a marker, before its beginning is passed on as output
_MAX_BROKEN_MARKERS = 100  # in one line, after which the rest of the line is rejected
_LONGEST_MARKER = len(EVENT_MARKER)
_NOT_JSON = "no JSON object follows the marker"
_LINES_WITH_RETURNS = re.compile(rb"[^\r\n]*[\r\n]|[^\r\n]+")


class Kind(Enum):
    """The kind of a piece of a line."""

    OUTPUT = auto()
    EVENT = auto()
    CONTROL = auto()
    REJECTED = auto()


class Piece(NamedTuple):
    """A part of a line.

    Attributes:
        kind: Its kind.
        body: Its bytes; of an event or a channel message, those between the marker and the line's end.
        size: How many bytes of the line it takes.
        reason: Why it is rejected.
    """

    kind: Kind
    body: bytes
    size: int
    reason: str = ""


def pieces_of(line: bytes) -> Iterator[Piece]:
    """Yield the pieces of *line*, which includes its newline; their sizes add up to its length.

    Several writers may share a line, so an event may follow another, or a broken one, without a newline between them.
    """
    marker = MARKER.search(line)
    if marker is None:
        yield from _output(line)
        return
    if has_too_many_values(line):
        yield from _split(line, 0, len(line), marker, f"it has more than {MAX_VALUES:,} values")
        return
    body = line[marker.end() : _end_of_content(line)]
    if is_json_object(body):  # nearly always: one event, up to the end of the line
        yield from _output(line[: marker.start()])
        yield _marked(marker, body, len(line) - marker.start())
        return
    text = line.decode("latin-1")  # one character per byte; it is only searched for the objects' ends
    at, failed = 0, 0
    broken: re.Match[bytes] | None = None
    while marker is not None and failed < _MAX_BROKEN_MARKERS:
        end = _end_of_object(text, marker.end())
        body = line[marker.end() : end]
        if end == 0 or not is_json_object(body):
            failed += 1
            broken = broken or marker
            marker = MARKER.search(line, marker.end())
            continue
        yield from _split(line, at, marker.start(), broken)
        if not line[end:].rstrip(b"\r\n"):
            end = len(line)  # the line's end belongs to its last event
        yield _marked(marker, body, end - marker.start())
        at, broken = end, None
        marker = MARKER.search(line, at)
    del text
    yield from _split(line, at, len(line), broken or marker)


class MarkerParser:
    """Parses a byte stream, fed in chunks, into messages; output and rejected lines have their offset in the stream.

    With *carriage_returns*, a line may also end in a carriage return alone.
    """

    def __init__(
        self,
        stream: str = STDOUT,
        *,
        markers: bool = True,
        carriage_returns: bool = False,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        self._stream = stream
        self._markers = markers
        self._carriage_returns = carriage_returns
        self._max_line_bytes = max_line_bytes
        self._parts: list[bytes] = []  # of the line that has not ended yet
        self._size = 0  # of those parts
        self._offset = 0  # of the first of them in the stream
        self._marked = False  # whether a marker was found in them
        self._long: _LongLine | None = None  # replaces the parts once they are longer than the maximum
        self._output: list[bytes] = []
        self._output_offset = 0

    def feed(self, chunk: bytes) -> list[Message]:
        """Return the messages that *chunk* completes; output is returned as it arrives, joined where it can be."""
        messages: list[Message] = []
        if not self._markers:
            return [OutputReceived(self._stream, chunk, self._advance(len(chunk)))] if chunk else []
        if self._carriage_returns:
            return self._feed_lines(_LINES_WITH_RETURNS.findall(chunk))
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            if line.startswith(EVENT_MARKER) and self._take_event(line, messages):
                continue
            self._hold(line, messages)
            self._hold(b"\n", messages)
            self._end_line(messages)
        self._hold(rest, messages)
        self._release()
        self._flush_output(messages)
        return messages

    def close(self) -> list[Message]:
        """Return the messages of a last line without a newline, which the stream's end completes."""
        messages: list[Message] = []
        self._end_line(messages)
        self._flush_output(messages)
        return messages

    def _feed_lines(self, lines: Sequence[bytes]) -> list[Message]:
        """Return the messages of *lines*, each with its end, which may be a carriage return alone."""
        messages: list[Message] = []
        for line in lines:
            self._hold(line, messages)
            if line.endswith((b"\r", b"\n")):
                self._end_line(messages)
        self._release()
        self._flush_output(messages)
        return messages

    def _take_event(self, line: bytes, messages: list[Message]) -> bool:
        """Handle the most frequent case, a line in one chunk that is one event; return whether *line* is one."""
        body = line.removeprefix(EVENT_MARKER)
        if self._size or self._long is not None or len(line) > self._max_line_bytes or body.endswith(b"\r"):
            return False
        if not is_json_object(body):
            return False
        self._flush_output(messages)
        self._advance(len(line) + 1)
        messages.append(EventReceived(self._stream, body))
        return True

    def _hold(self, piece: bytes, messages: list[Message]) -> None:
        if not piece:
            return
        if self._long is not None:
            self._long.add(piece)
            self._add_output(piece)
            return
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > self._max_line_bytes and piece != b"\n" and self._has_marker():
            self._pass_on_long_line(messages)

    def _pass_on_long_line(self, messages: list[Message]) -> None:
        """Pass on a marked line that is longer than the maximum: it is output, and rejected when it ends."""
        self._flush_output(messages)
        self._long = _LongLine(self._offset)
        for part in self._parts:
            self._long.add(part)
            self._add_output(part)
            self._flush_output(messages)
        self._parts, self._size, self._marked = [], 0, False

    def _release(self) -> None:
        """Pass on the beginning of a long line without a marker: it is output, whatever follows."""
        if self._long is not None or self._size <= _MAX_HELD_BYTES or self._has_marker():
            return
        line, keep = self._take_line(), _LONGEST_MARKER - 1
        self._add_output(line[:-keep])
        self._parts, self._size = [line[-keep:]], keep

    def _end_line(self, messages: list[Message]) -> None:
        if self._long is not None:
            self._end_long_line(self._long, messages)
            return
        for piece in pieces_of(self._take_line()):
            if piece.kind is Kind.OUTPUT:
                self._add_output(piece.body)
                continue
            self._flush_output(messages)
            offset = self._advance(piece.size)
            if piece.kind is Kind.EVENT:
                messages.append(EventReceived(self._stream, piece.body))
            elif piece.kind is Kind.CONTROL:
                messages.append(ControlReceived(self._stream, decode_json(piece.body), piece.body))
            else:
                digest = hashlib.sha256(piece.body).hexdigest()
                messages.append(Rejected(self._stream, piece.reason, piece.body, len(piece.body), digest, offset))

    def _end_long_line(self, long: _LongLine, messages: list[Message]) -> None:
        self._long = None
        self._flush_output(messages)
        reason = f"the line is longer than {self._max_line_bytes} bytes; they are recorded as output"
        messages.append(Rejected(self._stream, reason, b"", long.size, long.digest.hexdigest(), long.offset))

    def _has_marker(self) -> bool:
        """Return whether the line so far contains a marker; once one is found, nothing is joined or searched again."""
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

    def _flush_output(self, messages: list[Message]) -> None:
        if self._output:
            messages.append(OutputReceived(self._stream, b"".join(self._output), self._output_offset))
            self._output = []

    def _advance(self, size: int) -> int:
        """Advance the offset by *size* bytes; return the offset before."""
        self._offset += size
        return self._offset - size


class _LongLine:
    """A line longer than the maximum: its offset in the stream, its size so far and its hash."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.size = 0
        self.digest = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self.digest.update(piece)


def _output(data: bytes) -> Iterator[Piece]:
    if data:
        yield Piece(Kind.OUTPUT, data, len(data))


def _split(line: bytes, at: int, end: int, broken: re.Match[bytes] | None, why: str = _NOT_JSON) -> Iterator[Piece]:
    """Yield the pieces of a line between two places: output up to the broken marker, and the rejected rest."""
    yield from _output(line[at : broken.start() if broken else end])
    if broken is not None:
        newline = line[end - 1 : end] == b"\n"
        yield Piece(Kind.REJECTED, line[broken.start() : end - newline], end - broken.start(), why)


def _marked(marker: re.Match[bytes], body: bytes, size: int) -> Piece:
    return Piece(Kind.EVENT if marker[0].startswith(EVENT_MARKER) else Kind.CONTROL, body, size)


def _end_of_content(line: bytes) -> int:
    """Return where the line's end begins; `rstrip` would copy a screenshot."""
    end = len(line)
    while end and line[end - 1] in b"\r\n":
        end -= 1
    return end


def _end_of_object(text: str, start: int) -> int:
    """Return where the JSON object that begins at *start* ends; 0 if none begins there."""
    if text[start : start + 1] != "{":
        return 0
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0
