"""Taking one line apart: events anywhere in it, output around them, and what was to be an event and is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from veritas.events.progress import is_json_object

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
