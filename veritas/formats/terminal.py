"""What was shown while the audit ran, in lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from veritas.core.recorded import RecordedEvent
from veritas.formats.format import TimedEvent
from veritas.projections.audit_state import AuditState
from veritas.projections.client import ClientMessages
from veritas.sentences import tell_on_a_line, tell_recorder, tell_state
from veritas.wording import harmless


def as_terminal(events: Iterable[TimedEvent], labels: Mapping[str, str]) -> Iterator[bytes]:
    """Write a line for each message and for each event of the recorder's, with the seconds since the run began.

    Args:
        labels: What to call each run, by its id, where there are several.
    """
    for offset, recorded, lines in told(events):
        label = f"{labels[recorded.run_id]} " if labels else ""
        for line in lines:
            yield f"{offset:9.3f} {label}{line}\n".encode()


def state_as_terminal(offset: float, state: AuditState, labels: Mapping[str, str]) -> Iterator[bytes]:
    """Write what is known of a run at an offset, in lines of the same shape."""
    label = f"{labels[state.run_id]} " if labels else ""
    for line in tell_state(state):
        yield f"{offset:9.3f} {label}{line}\n".encode()


def told(events: Iterable[TimedEvent]) -> Iterator[tuple[float, RecordedEvent, list[str]]]:
    """Yield each event with what a terminal shows of it; a line is harmless to that terminal."""
    runs: defaultdict[str, ClientMessages] = defaultdict(ClientMessages)
    for offset, recorded in events:
        yield offset, recorded, lines_of(recorded, runs[recorded.run_id].fold(recorded))


def lines_of(recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a terminal shows of an event that gave rise to *messages*; a line is harmless to that terminal."""
    if recorded.source == "recorder" and not messages:
        said, event = recorded.from_recorder, recorded.event
        return [harmless(f"       {event.type}: {tell_recorder(said) if said else event.detail}")]
    return [tell_on_a_line(message) for message in messages]
