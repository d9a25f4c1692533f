"""Recordings for a seek index, a log that grows, and a clock that the test advances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from tests.projections.recordings import Recording
from veritas.events.recorded import RecordedEvent
from veritas.replay.player import Player, SeekIndex, Source


def recorded_promptly(run: Recording) -> Recording:
    """Set the recording time of every event of a run to a millisecond after its emission."""
    run.events[:] = [replace(recorded, recorded_at=recorded.event.timestamp + 0.001) for recorded in run.events]
    return run


def source_of(events: list[RecordedEvent]) -> Source:
    """Return a source that reads *events*, including those appended later, as from a log."""

    def read(after: int) -> Iterator[RecordedEvent]:
        return iter([recorded for recorded in events if recorded.position > after])

    return read


def seek_index_of(*runs: Recording | Iterable[RecordedEvent], **options: Any) -> SeekIndex:
    """Return a seek index with all events of *runs* loaded."""
    events = [run.events if isinstance(run, Recording) else list(run) for run in runs]
    seek_index = SeekIndex([source_of(of_run) for of_run in events], **options)
    seek_index.load(lambda: False)
    return seek_index


class Bench:
    """A player with a clock that the test advances.

    Attributes:
        now: The time, in seconds.
    """

    def __init__(self, seek_index: SeekIndex, **options: Any) -> None:
        self.now = 1000.0
        self.seek_index = seek_index
        self.player = Player(seek_index, clock=lambda: self.now, **options)

    def after(self, seconds: float) -> Player:
        """Advance the clock; return the player."""
        self.now += seconds
        self.player.tick()
        return self.player

    def shown_lines(self) -> list[str]:
        """Return the lines that are shown."""
        return [line.text for line in self.player.frames()[0].lines]
