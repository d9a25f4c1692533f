"""What was shown while the audit ran, in lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from veritas.core.recorded import RecordedEvent
from veritas.formats.format import TimedEvent
from veritas.projections.client import ClientMessages
from veritas.sentences import tell_on_a_line, tell_recorder
from veritas.wording import harmless


def as_terminal(events: Iterable[TimedEvent]) -> Iterator[bytes]:
    """Write a line for each message and for each event of the recorder's, with the seconds since the run began."""
    for offset, _, lines in told(events):
        for line in lines:
            yield f"{offset:9.3f} {line}\n".encode()


def told(events: Iterable[TimedEvent]) -> Iterator[tuple[float, RecordedEvent, list[str]]]:
    """Yield each event with what a terminal shows of it; a line is harmless to that terminal."""
    runs: defaultdict[str, ClientMessages] = defaultdict(ClientMessages)
    for offset, recorded in events:
        lines = [tell_on_a_line(message) for message in runs[recorded.run_id].fold(recorded)]
        if recorded.source == "recorder" and not lines:
            said, event = recorded.from_recorder, recorded.event
            lines = [harmless(f"       {event.type}: {tell_recorder(said) if said else event.detail}")]
        yield offset, recorded, lines
