"""What was shown while the audit ran, in lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import harmless
from veritas.projections.client_messages import ClientMessages
from veritas.projections.descriptions import tell_on_a_line, tell_recorder, tell_state
from veritas.replay.formats.base import Context


class Shown(NamedTuple):
    """What is shown of one event.

    Attributes:
        offset: When, in seconds since the run began.
        lines: As they stand on a terminal, to which they are harmless.
        begun: The labels of the phases that begin with it.
    """

    offset: float
    lines: list[str]
    begun: list[str]


def as_terminal(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write what was known where it begins, and then each line that is shown; see `shown`."""
    for line in known(context):
        yield f"{line}\n".encode()
    for each in shown(events, context):
        for line in each.lines:
            yield f"{line}\n".encode()


def known(context: Context) -> Iterator[str]:
    """Yield what was known of each run where its part begins, in lines of the same shape as what is shown."""
    for offset, state in context.known:
        for line in tell_state(state):
            yield _line(offset, state.run_id, line, context)


def shown(events: Iterable[TimedEvent], context: Context) -> Iterator[Shown]:
    """Yield what is shown of each event that is wanted, in lines that begin with the seconds since the run began."""
    runs: defaultdict[str, ClientMessages] = defaultdict(ClientMessages)
    for offset, recorded in events:
        messages = runs[recorded.run_id].fold(recorded)
        if context.wanted(recorded):
            lines = [_line(offset, recorded.run_id, line, context) for line in lines_of(recorded, messages)]
            begun = [str(message["label"]) for message in messages if message["type"] == "phase_start"]
            yield Shown(offset, lines, begun)


def lines_of(recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a terminal shows of an event that gave rise to *messages*; a line is harmless to that terminal."""
    if recorded.source == "recorder" and not messages:
        said, event = recorded.from_recorder, recorded.event
        return [harmless(f"       {event.type}: {tell_recorder(said) if said else event.detail}")]
    return [tell_on_a_line(message) for message in messages]


def _line(offset: float, run_id: str, line: str, context: Context) -> str:
    label = f"{context.labels[run_id]} " if context.labels else ""
    return f"{offset:9.3f} {label}{line}"
