"""Following a run while it is recorded, in whichever process that is."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.abandonment import is_abandoned
from veritas.archive import Archive
from veritas.events.recorded import RecordedEvent


def follow(archive: Archive, run_id: str) -> Iterator[RecordedEvent]:
    """Yield a run's events and then those that come, until it is over."""
    return archive.follow(run_id, stop=lambda: is_over(archive, run_id))


def is_over(archive: Archive, run_id: str) -> bool:
    """Return whether a run has ended, or nobody is left who could go on with it."""
    return archive.has_ended(run_id) or is_abandoned(archive, run_id)
