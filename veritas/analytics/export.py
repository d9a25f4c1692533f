"""Export the runs of a log, their events and their findings as datasets of Parquet files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from store.log import RunFilter, RunOrder
from veritas.analytics.columns import TABLES
from veritas.analytics.dataset import Dataset
from veritas.analytics.rows import RunEvents, month_of, run_row
from veritas.archive.archive import Archive
from veritas.archive.liveness import count_runs, list_runs
from veritas.errors import UsageError
from veritas.files import atomic_directory
from veritas.formatting import iso_time
from veritas.projections.run_summary import RunRow

_OLDEST_FIRST = RunOrder(descending=False)
_EMPTY = "Nothing is recorded yet; `veritas URL` audits a site."
_FILES = re.compile("|".join(rf"{name}/month=[0-9]{{4}}-[0-9]{{2}}/{name}\.parquet" for name in TABLES))
_PAGE = 1_000  # runs that are in memory at once


@dataclass(frozen=True)
class Export:
    """What was exported.

    Attributes:
        rows: The number of rows by table.
        damaged: How many events could not be read, although they were not redacted.
    """

    rows: dict[str, int]
    damaged: int


def export_tables(
    archive: Archive,
    target: Path,
    *,
    since: float | None,
    force: bool,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Export:
    """Write the tables of the runs that were requested since a time into a new directory.

    The rows are in the order of the runs' first events. All rows of a run are in the partition of the month in which
    it was requested. Runs that are requested during the export are left out.

    Args:
        archive: The log.
        target: The directory's name. It appears when it is complete.
        since: Seconds since the epoch, UTC; None for all runs.
        force: Whether the directory of an earlier export may be replaced.
        progress: Called after each run with the number of runs done, and of all.

    Raises:
        UsageError: No run was requested since then, or the directory exists.
    """
    wanted, head, damaged = RunFilter(since=since), archive.log.head(), 0
    total = count_runs(archive, wanted)
    if not total and since is not None and count_runs(archive, RunFilter()):
        raise UsageError(f"No audit was requested since {iso_time(since)}; give an earlier time.")
    if not total:
        raise UsageError(_EMPTY)
    imported = archive.provenance()
    with atomic_directory(target, force=force, replaceable=_FILES) as directory, ExitStack() as stack:
        datasets = {
            name: stack.enter_context(Dataset(directory / name, name, columns)) for name, columns in TABLES.items()
        }
        runs, events, findings = (datasets[name] for name in ("runs", "events", "findings"))
        for done, run in enumerate(_runs(archive, wanted, head), 1):
            month = month_of(run, archive)
            for dataset in datasets.values():
                dataset.open(month)
            reading = RunEvents(archive, run)
            for event, finding in reading.rows():
                events.add(month, event)
                if finding is not None:
                    findings.add(month, finding)
            runs.add(month, run_row(reading.run(), imported.get(run.run_id)))
            damaged += reading.damaged
            progress(done, max(done, total))
    return Export({name: dataset.rows for name, dataset in datasets.items()}, damaged)


def _runs(archive: Archive, wanted: RunFilter, head: int) -> Iterator[RunRow]:
    """Yield the runs that begin up to position *head*, the oldest first."""
    after = 0
    while runs := list_runs(archive, wanted._replace(after=after), order=_OLDEST_FIRST, limit=_PAGE):
        for run in runs:
            if run.position > head:
                return
            yield run
        after = runs[-1].position
