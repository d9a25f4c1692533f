"""What a receiver hands on: everything that came, whatever it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

QUEUE, STDOUT = "queue", "stdout"


class EventReceived(NamedTuple):
    """An event's bytes. A named tuple, because there is one for each event, and it takes a third of the time to make.

    Attributes:
        source: The transport: `queue` or `stdout`, or another of `veritas.core.transports`.
        body: Its wire form.
        number: The queue's own number for it, to be confirmed once it is recorded; 0 on stdout.
    """

    source: str
    body: bytes
    number: int = 0


@dataclass(frozen=True, slots=True)
class OutputReceived:
    """What the child wrote to *stream* beside its events, *offset* bytes after the stream's start."""

    stream: str
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that came where an event was expected, and is none.

    Attributes:
        source: The transport: `queue` or `stdout`, or another of `veritas.core.transports`.
        reason: Why it is none.
        kept: Its bytes, up to the cap on a line.
        size: How many bytes it had.
        sha256: Of all of them, in hex.
        offset: How many bytes of the stream came before it; None on the queue.
        number: As in `EventReceived`.
    """

    source: str
    reason: str
    kept: bytes
    size: int
    sha256: str
    offset: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class ControlReceived:
    """What the child's end of a channel says to the parent's: `emitted` or `fell_back`. It is no event.

    Attributes:
        source: The transport: `queue` or `stdout`, or another of `veritas.core.transports`.
        message: What it says.
        body: How that came.
        number: As in `EventReceived`.
    """

    source: str
    message: dict[str, Any]
    body: bytes
    number: int = 0


@dataclass(frozen=True, slots=True)
class ChannelBroke:
    """The channel can deliver nothing more."""

    source: str
    cause: str


Message = EventReceived | OutputReceived | Rejected | ControlReceived | ChannelBroke


def size_of(item: Message) -> int:
    """Return about how many bytes *item* occupies."""
    if type(item) is EventReceived:  # nearly always
        return len(item.body) + 200
    match item:
        case OutputReceived(data=data) | Rejected(kept=data) | ControlReceived(body=data):
            return len(data) + 200
        case _:
            return 200
