"""What was shown while the audit ran, in lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from veritas.formats.format import TimedEvent
from veritas.projections.client import ClientMessages
from veritas.sentences import tell_on_a_line, tell_recorder
from veritas.wording import harmless


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one event.

    Attributes:
        offset: When, in seconds since the run began.
        lines: As they stand on a terminal, to which they are harmless.
        begun: The labels of the phases that begin with it.
    """

    offset: float
    lines: list[str]
    begun: list[str]


def as_terminal(events: Iterable[TimedEvent]) -> Iterator[bytes]:
    """Write each line that is shown."""
    for shown in told(events):
        for line in shown.lines:
            yield f"{line}\n".encode()


def told(events: Iterable[TimedEvent]) -> Iterator[Shown]:
    """Yield what is shown of each event: its messages, or what the recorder says, after the seconds since the start."""
    runs: defaultdict[str, ClientMessages] = defaultdict(ClientMessages)
    for offset, recorded in events:
        messages = runs[recorded.run_id].fold(recorded)
        lines = [tell_on_a_line(message) for message in messages]
        if recorded.source == "recorder" and not lines:
            said, event = recorded.from_recorder, recorded.event
            lines = [harmless(f"       {event.type}: {tell_recorder(said) if said else event.detail}")]
        begun = [str(message["label"]) for message in messages if message["type"] == "phase_start"]
        yield Shown(offset, [f"{offset:9.3f} {line}" for line in lines], begun)
