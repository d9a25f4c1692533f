"""What a format is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.projections.audit_state import AuditState


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
        wanted: Which events a format that folds is to write; the others it only takes in. Another one is given no
            others.
        labels: What to call each run where lines of several stand among one another.
        begin: The offset at which what is written begins.
        known: What was known of each run where its part begins, and at which offset that is; a format for people
            begins with it.
        idle_limit: The longest pause that whoever plays the result is to make, in seconds.
    """

    wire: Callable[[RecordedEvent], bytes]
    warn: Callable[[str], None]
    at_once: bool = False
    wanted: Callable[[RecordedEvent], bool] = lambda recorded: True
    labels: Mapping[str, str] = field(default_factory=dict)
    begin: float = 0.0
    known: Sequence[tuple[float, AuditState]] = ()
    idle_limit: float = math.inf


@dataclass(frozen=True)
class Format:
    """A way to write a run.

    Attributes:
        write: Turns its events, each of the child's once, into bytes. It asks for an event only when it has given what
            comes before it, and keeps no events that it is done with.
        kind: What the bytes are.
        folds: Whether what it writes of an event follows from the events before it as well.
        alone: Whether it holds one run only, for nothing in it tells one from another.
    """

    write: Callable[[Iterable[TimedEvent], Context], Iterator[bytes]]
    kind: Kind
    folds: bool = False
    alone: bool = False

    def write_selected(
        self, events: Iterable[TimedEvent], context: Context, wanted: Callable[[RecordedEvent], bool]
    ) -> Iterator[bytes]:
        """Write the events that are wanted, as they are written among all the others."""
        if self.folds:
            return self.write(events, replace(context, wanted=wanted))
        return self.write((timed for timed in events if wanted(timed[1])), context)
