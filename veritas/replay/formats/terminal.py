"""The `terminal` format: what was shown while the audit ran, in lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import escape_control_characters
from veritas.projections.client_messages import ClientMessages
from veritas.projections.descriptions import describe_recorder_event, describe_state, message_line
from veritas.replay.formats.base import Context


class ShownEvent(NamedTuple):
    """One event as a terminal shows it.

    Attributes:
        offset: Seconds since the run began.
        lines: The lines, harmless to a terminal.
        phase_labels: The labels of the phases that begin with the event.
    """

    offset: float
    lines: list[str]
    phase_labels: list[str]


def as_terminal(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the state where the selected part begins, and then the lines of each event; see `shown_events`."""
    for line in initial_lines(context):
        yield f"{line}\n".encode()
    for each in shown_events(events, context):
        for line in each.lines:
            yield f"{line}\n".encode()


def initial_lines(context: Context) -> Iterator[str]:
    """Yield the lines that describe each run's state where its selected part begins."""
    for offset, state in context.initial_states:
        for line in describe_state(state):
            yield _line(offset, state.run_id, line, context)


def shown_events(events: Iterable[TimedEvent], context: Context) -> Iterator[ShownEvent]:
    """Yield each wanted event as it is shown, in lines that begin with the seconds since the run began."""
    runs: defaultdict[str, ClientMessages] = defaultdict(ClientMessages)
    for offset, recorded in events:
        messages = runs[recorded.run_id].fold(recorded)
        if context.wanted(recorded):
            lines = [_line(offset, recorded.run_id, line, context) for line in lines_of(recorded, messages)]
            labels = [str(message["label"]) for message in messages if message["type"] == "phase_start"]
            yield ShownEvent(offset, lines, labels)


def lines_of(recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines that a terminal shows of an event; *messages* are those that result from it.

    The lines are harmless to a terminal.
    """
    if recorded.source == "recorder" and not messages:
        fact, event = recorded.from_recorder, recorded.event
        return [
            escape_control_characters(f"       {event.type}: {describe_recorder_event(fact) if fact else event.detail}")
        ]
    return [message_line(message) for message in messages]


def _line(offset: float, run_id: str, line: str, context: Context) -> str:
    label = f"{context.labels[run_id]} " if context.labels else ""
    return f"{offset:9.3f} {label}{line}"
