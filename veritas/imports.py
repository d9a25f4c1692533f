"""Which of the log's runs were recorded in another log, and taken in from a bundle."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.archive import Archive
from veritas.events.json import as_mapping, as_text
from veritas.events.recorder_events import BundleImported

LOG = "log"  # the stream of what is told of the log itself


@dataclass(frozen=True)
class Import:
    """Where a run came from.

    Attributes:
        origin: The name of the log that it was exported from.
        key: The public key that its events were signed with there.
        at: When it was taken in: seconds since the epoch, UTC.
    """

    origin: str
    key: str
    at: float


def imports_of(archive: Archive) -> dict[str, Import]:
    """Return where the runs that were imported came from, each as of its first import."""
    found: dict[str, Import] = {}
    for recorded in archive.recorder_events(BundleImported.type):
        said = recorded.from_recorder
        if recorded.run_id == LOG and isinstance(said, BundleImported):
            for run in said.runs:
                run_id = as_text(as_mapping(run).get("run_id")) or ""
                found.setdefault(run_id, Import(said.origin, said.key, recorded.event.timestamp))
    return found
