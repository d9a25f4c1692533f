"""Opening the log for a command that only reads."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

import click

from store.errors import DatabaseMissing
from veritas.archive.archive import Archive
from veritas.config import default_database


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
