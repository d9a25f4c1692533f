"""Ingest a spool: add the records to the run that they belong to, as if its log had always been available.

The log keeps each record once, so a spool can be ingested again, also after an ingestion that was cut off.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from store.errors import DatabaseLost, StoreError
from veritas.archive.archive import Archive
from veritas.archive.rotation import try_checkpoint
from veritas.errors import RunSpooled, RunTakenOver, UsageError
from veritas.events.progress import decode_event
from veritas.events.recorder_events import CheckpointFailed, SpoolIngested
from veritas.files import exclusive_lock
from veritas.formatting import count
from veritas.recording.log_retry import LogRetry
from veritas.recording.recorder import RunRecorder
from veritas.recording.spool import Spool, SpooledRecord, SpoolHeader
from veritas.recording.spool_reader import SpoolReader

_MICRO = 1_000_000
_MOST_TIMES = 10_000  # pairs in `SpoolIngested.received`


@dataclass(frozen=True)
class SpoolIngestion:
    """The result of an ingestion.

    Attributes:
        run_id: The run.
        records: How many records the spool has.
        is_new: Whether it had not been ingested before.
        is_cut: Whether its recorder was killed while it wrote the last line, which is left out.
        unsigned: Why no checkpoint covers the run; None if one does.
    """

    run_id: str
    records: int
    is_new: bool
    is_cut: bool
    unsigned: str | None


def ingest_spool(archive: Archive, path: Path, *, retry: LogRetry) -> SpoolIngestion:
    """Add the records of the spool at *path* to their run.

    Raises:
        UsageError: It is not a spool, is damaged, belongs to another log, or another process is ingesting it.
        RunTakenOver: Another process has ended the run.
        store.errors.StoreError: The log cannot be written; the file is unchanged.
    """
    with path.open("rb") as file:
        reader = SpoolReader(path, file)
        header = reader.header
        with exclusive_lock(path) as locked:
            if not locked:
                raise UsageError(f"Another process is using {str(path)!r}; wait until it has ended.")
            records = sum(map(len, reader.batches()))  # nothing is recorded of a damaged spool
            _check_log(archive, header, path)
            is_new = not _is_ingested(archive, header, records)
            unsigned = None
            if is_new and records:
                try:
                    unsigned = _add(archive, reader, records, retry)
                except RunTakenOver as error:
                    raise RunTakenOver(
                        f"{error} Its other events, {records:,} in all, remain in {str(path)!r}; keep that file if you"
                        " need them."
                    ) from None
        return SpoolIngestion(header.run_id, records, is_new, reader.is_cut, unsigned)


def unspool(archive: Archive, spool: Spool, *, report: Callable[[str], None]) -> str | None:
    """End a spool: ingest it if the log is available again, and remove the file.

    Returns:
        Why no checkpoint covers the run; None if one does.

    Raises:
        RunSpooled: The log is still not available.
        RunTakenOver: Another process has ended the run.
    """
    spool.close()
    try:
        ingestion = ingest_spool(archive, spool.path, retry=LogRetry(0, report=report))
    except (StoreError, UsageError) as error:
        copy = error.copy if isinstance(error, DatabaseLost) else None
        when = ", with the same log, adds them when it is available again" if copy is None else " adds them to the copy"
        options = [] if copy is None else ["--db", str(copy)]
        raise RunSpooled(
            f"{error} {count(spool.records, 'event')} of run {spool.run_id!r} are not in the log, but in"
            f" {str(spool.path)!r}; `{shlex.join(['veritas', 'ingest', *options, str(spool.path)])}`{when}.",
            file=spool.path,
            run_id=spool.run_id,
        ) from error
    report(f"The log is available again, and the events in {str(spool.path)!r} are in it now; the file was removed.")
    spool.path.unlink(missing_ok=True)
    return ingestion.unsigned


def _add(archive: Archive, reader: SpoolReader, records: int, retry: LogRetry) -> str | None:
    """Add the records; the last ones are committed with the event of the ingestion."""
    header = reader.header
    recorder = RunRecorder(archive.log, header.run_id, retry=retry)
    received: list[tuple[int, float]] = []
    done = 0
    for batch in reader.batches():
        done += len(batch)
        received += _times(batch)
        entries = [(entry.record(header.run_id), decode_event(entry.body)) for entry in batch]
        ingested = [SpoolIngested(header.id, records, _thinned(received))] if done == records else []
        recorder.restore(entries, *ingested)
    if (error := try_checkpoint(archive.log, attempt=retry.call)) is not None:
        recorder.note(CheckpointFailed(error))
    return error


def _check_log(archive: Archive, header: SpoolHeader, path: Path) -> None:
    """Refuse another log than the one that has the run's earlier events."""
    known = (
        archive.log.last(header.run_id) is not None if header.origin is None else header.origin == archive.log.origin()
    )
    if not known:
        raise UsageError(
            f"{str(path)!r} has the rest of run {header.run_id!r}, whose beginning is not in the log"
            f" {archive.log.describe()!r}; give the log {header.database!r} by --db."
        )


def _is_ingested(archive: Archive, header: SpoolHeader, records: int) -> bool:
    """Return whether the log has all *records* of a spool; it may have grown since it was ingested."""
    events = (each.from_recorder for each in archive.recorder_events(SpoolIngested.type, run_id=header.run_id))
    return any(
        isinstance(event, SpoolIngested) and event.spool == header.id and event.records >= records for event in events
    )


def _times(batch: Sequence[SpooledRecord]) -> list[tuple[int, float]]:
    return [(len(list(group)), at / _MICRO) for at, group in groupby(batch, attrgetter("received_at"))]


def _thinned(received: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return at most `_MOST_TIMES` pairs; neighbours are joined, and the later time counts."""
    while len(received) > _MOST_TIMES:
        pairs = zip(received[::2], [*received[1::2], (0, received[-1][1])], strict=False)
        received = [(a + b, max(at, later)) for (a, at), (b, later) in pairs]
    return received
