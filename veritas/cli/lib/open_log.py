"""Opening the log for a command that only reads."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from store.errors import DatabaseMissing
from veritas.archive.archive import Archive
from veritas.config import default_database

if TYPE_CHECKING:
    from store.verify.fault import Fault


@contextlib.contextmanager
def open_to_read(database: str | None) -> Iterator[Archive | None]:
    """Open the log; where nothing is recorded yet, say so, and give None if there is no log at all."""
    archive: Archive | None
    try:
        archive = Archive.open(database, create=False)
    except DatabaseMissing:
        archive = None
    if archive is None or archive.log.head() == 0:
        click.echo(f"Nothing is recorded yet in {_name(database)!r}; `veritas URL` audits a site.", err=True)
    with archive or contextlib.nullcontext():
        yield archive


@contextlib.contextmanager
def open_run(database: str | None, audit: str) -> Iterator[tuple[Archive, str]]:
    """Open the log and find the run that *audit*, the beginning of an id, stands for.

    Raises:
        UnknownAudit: It stands for none, or for several audits.
        store.errors.StoreError: There is no log, or it cannot be read.
    """
    with Archive.open(database, create=False) as archive:
        yield archive, archive.resolve(audit)


@contextlib.contextmanager
def open_runs(database: str | None, audits: Iterable[str]) -> Iterator[tuple[Archive, list[str]]]:
    """Open the log and find the runs that *audits* stand for, each once; see `open_run`."""
    with Archive.open(database, create=False) as archive:
        yield archive, list(dict.fromkeys(map(archive.resolve, audits)))


def file_stem(run_id: str) -> str:
    """Return the id, or the beginning, of a file's name: an imported run's id may have anything in it."""
    return re.sub(r"[^\w.-]", "_", run_id)


def _name(database: str | None) -> str:
    from store.backends.connect import find_database

    found = find_database(database or default_database())
    try:
        return found.address
    finally:
        found.close()


AS_RECORDED, ALTERED = 0, 1


def print_faults(faults: Collection[Fault]) -> None:
    """Write what is wrong with the record, before anything is told out of it."""
    from veritas.archive.integrity import describe_fault
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line

    for fault in faults:
        print_line(table.wrong(f"Not as it was recorded: {describe_fault(fault)}."))


def warn_of(faults: Collection[Fault]) -> int:
    """Warn on stderr of what is wrong with the record; return the exit status."""
    from veritas.archive.integrity import describe_fault
    from veritas.formatting import escape_control_characters

    for fault in faults:
        said = f"Warning: The log is not as it was recorded: {describe_fault(fault)}; `veritas verify` shows more."
        click.echo(escape_control_characters(said), err=True)
    return ALTERED if faults else AS_RECORDED
