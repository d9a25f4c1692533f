"""`veritas db path`, `current`, `upgrade`, `backup` and `rebuild`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.lib.options import OutputFile, database_option, verbose_option


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


def _or_default(database: str | None) -> str | Path:
    from veritas.config import default_database

    return database or default_database()
