"""Which batch a user means: by the beginning of its id, or the latest one."""

from __future__ import annotations

from collections.abc import Callable

from veritas.archive.archive import LATEST, Archive
from veritas.errors import UnknownBatch
from veritas.events.recorder_events import BatchCreated
from veritas.formatting import named_values
from veritas.projections.run_summary import runs_of


def resolve_batch(archive: Archive, name: str, *, remedy: Callable[[], str] | None = None) -> str:
    """Return the id of the batch whose id begins with *name*; `latest` is the one that was created last.

    A batch of imported audits also counts, although its own events are in the other log.

    Args:
        archive: The log.
        name: The beginning of an id, or `latest`.
        remedy: Returns what to say if there is none; None to name the batches of the log.

    Raises:
        UnknownBatch: There is none, or there are several.
    """
    created = [recorded.run_id for recorded in archive.recorder_events(BatchCreated.type)]
    if name == LATEST and created:
        return created[-1]
    batches = batches_of(archive)
    found = [batch for batch in batches if name and batch.startswith(name)]
    if len(found) > 1:
        raise UnknownBatch(
            f"The ids of several batches begin with {name!r} ({named_values(found)}); give more of the id."
        )
    if not found:
        existing = f"the batches in this log are {named_values(batches)}" if batches else "this log has no batch"
        raise UnknownBatch(f"There is no batch {name!r}; {remedy() if remedy and batches else existing}.")
    return found[0]


def batches_of(archive: Archive) -> list[str]:
    """Return the ids of all batches, the newest first, and then those of imported audits."""
    created = [recorded.run_id for recorded in archive.recorder_events(BatchCreated.type)]
    return list(dict.fromkeys((*reversed(created), *runs_of(archive.log).values_of("batch"))))
