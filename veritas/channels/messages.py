"""The messages that a receiver passes to the recorder: events, other output, and reports of the channel itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

QUEUE, STDOUT = "queue", "stdout"


class EventReceived(NamedTuple):
    """An event's bytes. It is a named tuple, because that takes a third of the time to create, and each event has one.

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
    """Other output of the child on *stream*, *offset* bytes after the stream's start."""

    stream: str
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that were received in the place of an event, and are not one.

    Attributes:
        source: The transport: `queue` or `stdout`, or another of `veritas.core.transports`.
        reason: Why they are not an event.
        body: The bytes; empty if they were too many, and were received as output too.
        size: How many bytes were received.
        sha256: The hash of all of them, in hex.
        offset: How many bytes of the stream came before it; None on the queue.
        number: As in `EventReceived`.
    """

    source: str
    reason: str
    body: bytes
    size: int
    sha256: str
    offset: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class ControlReceived:
    """A message of the channel itself, from its other end: `emitted`, `fell_back` or `refused`.

    Attributes:
        source: The transport: `queue` or `stdout`, or another of `veritas.core.transports`.
        message: The decoded message.
        body: Its bytes.
        number: As in `EventReceived`.
    """

    source: str
    message: dict[str, Any]
    body: bytes
    number: int = 0


@dataclass(frozen=True, slots=True)
class ChannelBroke:
    """The channel broke, and delivers nothing more."""

    source: str
    cause: str


Message = EventReceived | OutputReceived | Rejected | ControlReceived | ChannelBroke


def size_of(item: Message) -> int:
    """Return about how many bytes *item* occupies."""
    if type(item) is EventReceived:  # nearly always
        return len(item.body) + 200
    match item:
        case OutputReceived(data=data) | Rejected(body=data) | ControlReceived(body=data):
            return len(data) + 200
        case _:
            return 200
