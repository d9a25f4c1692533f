"""What a format is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from veritas.core.recorded import RecordedEvent

TimedEvent = tuple[float, RecordedEvent]  # when, in seconds since the run began, and what


class Kind(Enum):
    """What a format's bytes are, which decides how they are handed over."""

    LINES = auto()  # text for people, in UTF-8, each line at its time
    STREAM = auto()  # data, each piece at its time
    DOCUMENT = auto()  # data that holds the times itself, and comes at once
    ELSEWHERE = auto()  # none: the events go somewhere else, each at its time


@dataclass(frozen=True)
class Context:
    """What a format may need beside the events.

    Attributes:
        wire: Gives an event's bytes as they were received.
        warn: Tells people, in a sentence, what the format could not take along.
        at_once: Whether the events come without waiting for their times.
    """

    wire: Callable[[RecordedEvent], bytes]
    warn: Callable[[str], None]
    at_once: bool


@dataclass(frozen=True)
class Format:
    """A way to write a run.

    Attributes:
        write: Turns its events, each of the child's once, into bytes. It asks for an event only when it has given what
            comes before it, and keeps no events that it is done with.
        kind: What the bytes are.
    """

    write: Callable[[Iterable[TimedEvent], Context], Iterator[bytes]]
    kind: Kind
