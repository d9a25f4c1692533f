"""Archiving: move old audits into signed bundles, and erase their content from the log.

For each audit a bundle is written, verified and flushed to the disk. Only then is the content of the child's events
erased, in one transaction for many runs; an event `run_archived` in each run says where the bundle is. So a process
that is killed loses nothing: the next one finds the bundle of a run that is still in the log, checks it and goes on.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from store.archival import Archival
from store.bundle.reader import Bundle
from store.errors import BundleAltered, BundleUnreadable
from store.log import Record
from store.proofs.signed_note import SigningKey
from veritas.archive.archive import Archive
from veritas.archive.bundles import examine, export
from veritas.errors import UsageError
from veritas.events.progress import decode_event
from veritas.events.recorder_events import RECORDER, RunArchived
from veritas.events.upcasting import current_version
from veritas.files import remove_leftovers, sync_directory
from veritas.projections.run_summary import RunRow, RunSummary, runs_of

_AT_ONCE = 100  # audits whose runs are erased in one transaction
_BUNDLE = re.compile(r".+\.veritas\.zip")
_MICRO = 1_000_000


@dataclass
class ArchivedAudits:
    """The result of archiving.

    Attributes:
        audits: How many audits were archived.
        runs: How many runs they have.
        bundle_bytes: The size of their bundles.
        remains: Sentences about the space that was not given back.
    """

    audits: int = 0
    runs: int = 0
    bundle_bytes: int = 0
    remains: list[str] = field(default_factory=list)


def archivable_audits(archive: Archive, before: float) -> dict[str, list[RunRow]]:
    """Return the audits of which all runs ended before a time, and none is archived, with their runs; oldest first.

    Args:
        archive: The log.
        before: The time, in seconds since the epoch.
    """
    archived = {event.run_id for event in archive.log.recorder_events(RunArchived.type)}
    audits: dict[str, list[RunRow]] = {}
    for row in reversed(runs_of(archive.log).rows()):
        audits.setdefault(row.audit_id, []).append(row)
    return {
        audit_id: rows
        for audit_id, rows in audits.items()
        if all(row.finished_at is not None and row.finished_at < before and row.run_id not in archived for row in rows)
    }


def archive_audits(
    archive: Archive,
    audits: dict[str, list[RunRow]],
    directory: Path,
    *,
    key: Callable[[], SigningKey],
    by: str,
    clock: Callable[[], float] = time.time,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ArchivedAudits:
    """Move audits into bundles in *directory*, one file for each, and erase their content from the log.

    Args:
        archive: The log.
        audits: The audits, as `archivable_audits` returns them.
        directory: An existing directory.
        key: Returns the key to sign a checkpoint with; called if no checkpoint covers the runs yet.
        by: Who archives them, for the readers of the log.
        clock: Returns the time, in seconds since the epoch.
        progress: Called with the number of audits that are archived, and of all.

    Raises:
        UsageError: There is no such directory; a file cannot be written; or one has events that the log does not have.
        BundleAltered: The log is not as it was recorded; what was archived before that stays archived.
        store.errors.StoreError: The log cannot be read or written, or a checkpoint cannot be signed.
    """
    directory = directory.resolve()
    if not directory.is_dir():
        raise UsageError(f"There is no directory {str(directory)!r}; make it, or give another with -o.")
    result = ArchivedAudits()
    if not audits:
        return result
    remove_leftovers(directory, _BUNDLE)
    archive.log.checkpoint(key())  # one for all bundles
    waiting: list[Archival] = []
    for number, (audit_id, rows) in enumerate(audits.items(), 1):
        file = directory / f"{audit_id}.veritas.zip"
        if not _holds(file, archive, rows):
            export(archive, [row.run_id for row in rows], file, key=key, force=True)
        waiting += _archivals(file, rows, by=by, now=clock())
        result.audits, result.runs = number, result.runs + len(rows)
        result.bundle_bytes += file.stat().st_size
        if number % _AT_ONCE == 0 or number == len(audits):
            sync_directory(directory)
            archive.log.archive_runs(waiting)
            waiting = []
            progress(number, len(audits))
    result.remains = archive.log.free_space()
    return result


def _holds(file: Path, archive: Archive, rows: list[RunRow]) -> bool:
    """Return whether a file is a sound bundle of exactly these runs as they are now, from an archiving that was cut.

    Raises:
        UsageError: It is a sound bundle with events that the log does not have.
    """
    if not file.exists():
        return False
    last = {row.run_id: event.hash.hex() for row in rows if (event := archive.log.last(row.run_id)) is not None}
    try:
        with Bundle.open(file) as bundle:
            heads = {run.run_id: run.head for run in bundle.manifest.runs}
            if examine(bundle).verification.fault is not None:
                return False
    except (BundleUnreadable, BundleAltered):
        return False
    for run_id, head in heads.items():
        if head != last.get(run_id) and all(event.hash.hex() != head for event in archive.log.read(run_id=run_id)):
            raise UsageError(f"{str(file)!r} has events that this log does not have; archive into another directory.")
    return heads == last


def _archivals(file: Path, rows: list[RunRow], *, by: str, now: float) -> Iterator[Archival]:
    """Yield what the log records of a bundle, for each of its runs."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    with Bundle.open(file) as bundle:
        manifest = bundle.manifest
    for run in manifest.runs:
        row = next(row for row in rows if row.run_id == run.run_id)
        event = RunArchived(
            bundle=file.name,
            directory=str(file.parent),
            sha256=sha256,
            size=file.stat().st_size,
            by=by,
            trust_score=row.trust_score,
            risk_level=row.risk_level,
            findings=row.findings,
            kinds=row.kinds,
            failure=row.failure,
        )
        yield Archival(run.run_id, bytes.fromhex(run.head), _RecordOf(run.run_id, event, now), RunSummary(run.run_id))


@dataclass(frozen=True)
class _RecordOf:
    """Makes the record of an event `run_archived`, given its number."""

    run_id: str
    event: RunArchived
    now: float

    def __call__(self, number: int) -> Record:
        body = self.event.encode(seq=number, timestamp=self.now)
        decoded = decode_event(body)
        envelope = (self.run_id, RECORDER, number, decoded.type, "", "", round(self.now * _MICRO))
        return Record(*envelope, body, schema_version=current_version())
