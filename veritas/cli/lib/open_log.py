"""Open the log for a command that reads it, and report faults in it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from store.errors import DatabaseMissing
from veritas.archive.archive import Archive, database_address
from veritas.batch.ids import is_batch
from veritas.cli.lib.exit_status import NO, YES
from veritas.errors import UnknownAudit

if TYPE_CHECKING:
    from store.verify.fault import Fault


@contextlib.contextmanager
def open_to_read(database: str | None) -> Iterator[Archive | None]:
    """Open the log, and give None if there is none; if nothing is recorded yet, a message on stderr reports it.

    Raises:
        store.errors.StoreError: A log was named and does not exist, or it cannot be read.
    """
    archive: Archive | None
    try:
        archive = Archive.open(database, create=False)
    except DatabaseMissing:
        if database is not None:
            raise  # the name may be misspelt, and then an empty list would be a wrong answer
        archive = None
    if archive is None or archive.log.head() == 0:
        click.echo(f"Nothing is recorded yet in {database_address(database)!r}; `veritas URL` audits a site.", err=True)
    with archive or contextlib.nullcontext():
        yield archive


@contextlib.contextmanager
def open_if_recorded(database: str | None) -> Iterator[Archive | None]:
    """Open the log, and give None if it does not exist, whether it was named or not."""
    try:
        archive = Archive.open(database, create=False)
    except DatabaseMissing:
        yield None
        return
    with archive:
        yield archive


@contextlib.contextmanager
def open_run(database: str | None, audit: str, *, or_batch: bool = False) -> Iterator[tuple[Archive, str]]:
    """Open the log and give it with the run that *audit*, the beginning of an id, refers to.

    Args:
        database: The log's address; None for the default one.
        audit: See `Archive.resolve`.
        or_batch: Whether it may also be a batch, whose own stream is given.

    Raises:
        UnknownAudit: No audit has such an id, or several have, or it is a batch's.
        store.errors.StoreError: There is no log, or it cannot be read.
    """
    with Archive.open(database, create=False) as archive:
        run_id = archive.resolve(audit)
        yield archive, run_id if or_batch else _require_run(run_id)


@contextlib.contextmanager
def open_runs(database: str | None, audits: Iterable[str]) -> Iterator[tuple[Archive, list[str]]]:
    """Open the log and give it with the runs that *audits* refer to, each once; see `open_run`."""
    with Archive.open(database, create=False) as archive:
        yield archive, list(dict.fromkeys(_require_run(archive.resolve(audit)) for audit in audits))


def _require_run(run_id: str) -> str:
    """Return *run_id* if it is a run of an audit, and not a batch.

    Raises:
        UnknownAudit: It is a batch.
    """
    if is_batch(run_id):
        raise UnknownAudit(
            f"{run_id!r} is a batch, and not an audit; `veritas list --batch {run_id}` lists its audits."
        )
    return run_id


def print_faults(faults: Collection[Fault]) -> None:
    """Write the faults of a run's record to stdout, before its content."""
    from veritas.archive.integrity import describe_fault
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line

    for fault in faults:
        print_line(table.bad(f"Not as it was recorded: {describe_fault(fault)}."))


def warn_of_faults(faults: Collection[Fault]) -> int:
    """Warn of the faults of a record on stderr; return the exit status."""
    from veritas.archive.integrity import describe_fault
    from veritas.formatting import escape_control_characters

    for fault in faults:
        warning = f"Warning: The log is not as it was recorded: {describe_fault(fault)}; `veritas verify` shows more."
        click.echo(escape_control_characters(warning), err=True)
    return NO if faults else YES
