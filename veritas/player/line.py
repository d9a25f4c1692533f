"""One line of what a player tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.formats.terminal import lines_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was told.

    Attributes:
        offset: Seconds after its run began.
        text: What is told; harmless to a terminal.
    """

    offset: float
    text: str


def lines_told(offset: float, recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield the lines of an event that gave rise to *messages*."""
    for text in lines_of(recorded, messages):
        yield Line(offset, text)
