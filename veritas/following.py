"""Following a run while it is recorded, in whichever process that is."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.abandonment import is_abandoned
from veritas.archive import Archive
from veritas.core.recorded import RecordedEvent
from veritas.core.recorder_events import RunFinished


def follow(archive: Archive, run_id: str) -> Iterator[RecordedEvent]:
    """Yield a run's events and then those that come, until it has ended or nobody is left who could go on with it."""
    ended = False

    def over() -> bool:
        return ended or is_abandoned(archive, run_id)

    for recorded in archive.follow(run_id, stop=over):
        ended = ended or (recorded.source == "recorder" and recorded.event.type == RunFinished.type)
        yield recorded
