"""The Format interface, and the context that a format is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.projections.audit_state import AuditState


class Kind(Enum):
    """The kind of a format's output, which decides how it is written."""

    LINES = auto()  # text for people, in UTF-8, each line at its time
    STREAM = auto()  # data, each piece at its time
    DOCUMENT = auto()  # data that contains the times, written at once
    NO_OUTPUT = auto()  # no bytes: each event goes somewhere else at its time


@dataclass(frozen=True)
class Context:
    """The information that a format may need in addition to the events.

    Attributes:
        wire: Returns an event's bytes as they were received.
        warn: Shows the user a sentence on what the format left out.
        at_once: Whether the events come without waiting for their times.
        wanted: Whether a stateful format is to write an event; the others only change its state. A format that is not
            stateful is given the wanted events only.
        labels: The label of each run, by run id, when lines of several runs are mixed.
        begin: The offset at which the output begins.
        initial_states: The offset at which each run's part begins, and the run's state there; a format for people
            writes it first.
        idle_limit: The longest pause that a player of the output is to make, in seconds.
    """

    wire: Callable[[RecordedEvent], bytes]
    warn: Callable[[str], None]
    at_once: bool = False
    wanted: Callable[[RecordedEvent], bool] = lambda recorded: True
    labels: Mapping[str, str] = field(default_factory=dict)
    begin: float = 0.0
    initial_states: Sequence[tuple[float, AuditState]] = ()
    idle_limit: float = math.inf


@dataclass(frozen=True)
class Format:
    """A format to write a run in.

    Attributes:
        write: Converts the run's events, each of the child's once, to bytes. It asks for an event only after it has
            yielded the output for those before, and keeps no events that it has written.
        kind: The kind of output.
        stateful: Whether the output for an event also depends on the events before it.
        single_run: Whether it can hold one run only, because it does not name the run of an event.
    """

    write: Callable[[Iterable[TimedEvent], Context], Iterator[bytes]]
    kind: Kind
    stateful: bool = False
    single_run: bool = False

    def write_selected(
        self, events: Iterable[TimedEvent], context: Context, wanted: Callable[[RecordedEvent], bool]
    ) -> Iterator[bytes]:
        """Write the wanted events, exactly as they appear when all events are written."""
        if self.stateful:
            return self.write(events, replace(context, wanted=wanted))
        return self.write((timed for timed in events if wanted(timed[1])), context)
