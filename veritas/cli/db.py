"""`veritas db path`, `current`, `upgrade`, `backup`, `rebuild`, `size` and `archive`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.lib.options import OutputFile, database_option, format_option, time_option, verbose_option


@click.group("db", cls=CommandGroup)
def command() -> None:
    """Maintain the database that holds the log."""


@command.command("path")
@database_option
@verbose_option
def path(database: str | None) -> None:
    """Print the log's file, or its URL without the password."""
    from veritas.archive.archive import database_address

    click.echo(database_address(database))


@command.command("current")
@database_option
@verbose_option
def current(database: str | None) -> None:
    """Print the revision of the log's schema."""
    import store.upgrade
    from store.errors import DatabaseMissing
    from veritas.archive.archive import database_address

    revision = store.upgrade.current(_or_default(database))
    if revision is None:
        raise DatabaseMissing(f"There is no log at {database_address(database)!r}; the first audit creates one.")
    click.echo(revision)
    if revision != store.upgrade.HEAD:
        click.echo(f"This version of VERITAS needs {store.upgrade.HEAD}.", err=True)


@command.command("upgrade")
@database_option
@verbose_option
def upgrade(database: str | None) -> None:
    """Upgrade the log's schema, or create the log if there is none; an SQLite file is copied first."""
    import store.upgrade

    address = _or_default(database)
    if database is None:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
    store.upgrade.upgrade(address, lambda sentence: click.echo(sentence, err=True))


@command.command("backup")
@click.argument("file", required=False, type=OutputFile(dir_okay=True))
@database_option
@verbose_option
def backup(file: Path | None, database: str | None) -> None:
    """Copy the log to FILE; audits may be recorded meanwhile.

    The copy is a consistent snapshot with everything that was committed before; no file is overwritten. FILE may be a
    directory. Without FILE the copy is put next to the log, with the time in its name. The copy's name is printed.
    """
    from store.backup import back_up

    click.echo(back_up(_or_default(database), file))


@command.command("rebuild")
@database_option
@verbose_option
def rebuild(database: str | None) -> None:
    """Rebuild the read models, such as the table that `veritas list` shows, from the events.

    They are updated with each event, and can be rebuilt at any time, even while audits are recorded.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count
    from veritas.projections.run_summary import runs_of

    with Archive.open(_or_default(database), create=False) as archive:
        with progress_bar("Rebuilding") as progress:
            events = runs_of(archive.log).rebuild(progress)
        click.echo(f"Rebuilt the read models of {archive.log.describe()!r} from {count(events, 'event')}.", err=True)


@command.command("size")
@format_option("table", "json")
@database_option
@verbose_option
def size(output: str, database: str | None) -> None:
    """Show what takes the room in the log: by kind, by month, and by host.

    Bodies and attachments count as they are stored, compressed. Of a log of more than 400,000 events a sample is read,
    and the figures are estimates. What an archived or redacted audit took is free, or given back already.
    """
    from dataclasses import asdict

    from veritas.archive.archive import Archive
    from veritas.cli.lib.log_size import print_size
    from veritas.cli.lib.output import print_json
    from veritas.projections.run_summary import runs_of

    with Archive.open(_or_default(database), create=False) as log:
        runs_of(log.log).rows(limit=1)  # so that the table of the runs has caught up
        measured = log.log.sizes()
    if output == "json":
        print_json(asdict(measured) | {"audit": measured.audit})
    else:
        print_size(measured)


@command.command("archive")
@time_option(
    "--before",
    required=True,
    help="Only audits that ended before this time: a date, or an age such as 365d.",
)
@click.option(
    "-o",
    "--output",
    "directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The directory for the bundles; it is made if it does not exist.",
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The Ed25519 key to sign a checkpoint with.  [env: VERITAS_KEY; default: one of your own, made on first use]",
)
@click.option("--by", metavar="NAME", help="The person who archives them.  [default: user@host]")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@database_option
@verbose_option
def archive(before: float, directory: Path, key: Path | None, by: str | None, yes: bool, database: str | None) -> int:
    """Move old audits into signed bundles, and erase their content from the log.

    Each audit of which all runs have ended becomes one file, AUDIT.veritas.zip, as by `veritas export`. It is verified
    and flushed to the disk before anything is erased. The log keeps the recorder's events, the envelope and the hashes
    of every event, and where the bundle is, so it still verifies, and `veritas list` and `veritas show` still name the
    audit. Nothing brings the content back into this log; `veritas import` reads a bundle into another one.

    If the command is interrupted, run it again: it continues.
    """
    import sys
    from functools import partial

    from veritas.archive.archival import archivable_audits, archive_audits
    from veritas.archive.archive import Archive
    from veritas.archive.rotation import key_to_sign
    from veritas.cli.lib.exit_status import NO, YES
    from veritas.cli.lib.progress import progress_bar
    from veritas.config import user_name
    from veritas.errors import UsageError
    from veritas.formatting import count, escape_control_characters

    with Archive.open(_or_default(database), create=False) as log:
        audits = archivable_audits(log, before)
        if not audits:
            click.echo("No audit ended before that time, or all of those are archived.", err=True)
            return YES
        if not yes:
            if sys.stdin is None or not sys.stdin.isatty():
                raise UsageError("Archiving cannot be undone, and stdin is not a terminal; confirm it with --yes.")
            if not click.confirm(f"Archive {count(len(audits), 'audit')} in {str(directory)!r}?", err=True):
                click.echo("Nothing was archived.", err=True)
                return NO
        directory.mkdir(parents=True, exist_ok=True)
        with progress_bar("Archiving") as progress:
            result = archive_audits(
                log,
                audits,
                directory,
                key=partial(key_to_sign, log.log, key),
                by=by or user_name(),
                progress=progress,
            )
    size = f"{result.bundle_bytes / 1e6:,.1f} MB"
    click.echo(f"Archived {count(result.audits, 'audit')} in {directory}: {size}.")
    for sentence in result.remains:
        click.echo(escape_control_characters(sentence), err=True)
    return YES


def _or_default(database: str | None) -> str | Path:
    from veritas.config import default_database

    return database or default_database()
