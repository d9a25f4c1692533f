"""`veritas db path`, `current`, `upgrade`, `backup` and `rebuild`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.options import OutputFile, database_option, verbose_option


@click.group("db")
def command() -> None:
    """Tend the database that holds the log."""


@command.command("path")
@database_option
@verbose_option
def path(database: str | None) -> None:
    """Print where the log is: its file, or its URL without the password."""
    click.echo(_address(database))


@command.command("current")
@database_option
@verbose_option
def current(database: str | None) -> None:
    """Print the revision of the log's schema."""
    import store.upgrade
    from store.errors import DatabaseMissing

    revision = store.upgrade.current(_chosen(database))
    if revision is None:
        raise DatabaseMissing(f"There is no log at {_address(database)!r}; the first audit creates one.")
    click.echo(revision)
    if revision != store.upgrade.HEAD:
        click.echo(f"This version of VERITAS needs {store.upgrade.HEAD}.", err=True)


@command.command("upgrade")
@database_option
@verbose_option
def upgrade(database: str | None) -> None:
    """Bring the log's schema up to date, or make the log where there is none; an SQLite file is copied first."""
    import store.upgrade

    chosen = _chosen(database)
    if database is None:
        Path(chosen).parent.mkdir(parents=True, exist_ok=True)
    store.upgrade.upgrade(chosen, lambda sentence: click.echo(sentence, err=True))


@command.command("backup")
@click.argument("file", required=False, type=OutputFile(dir_okay=True))
@database_option
@verbose_option
def backup(file: Path | None, database: str | None) -> None:
    """Copy the log to FILE while recording goes on.

    The copy is the log as it is at one moment, with everything that was committed before; nothing is overwritten. FILE
    may be a directory; without it the copy is made beside the log, with the time in its name.
    """
    from store.backup import back_up

    click.echo(back_up(_chosen(database), file))


@command.command("rebuild")
@database_option
@verbose_option
def rebuild(database: str | None) -> None:
    """Make the read models anew, such as the table that `veritas list` shows, from the events.

    They are kept up to date by themselves and can be rebuilt at any time, while audits are being recorded too.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count
    from veritas.projections.run_summary import runs_of

    with Archive.open(_chosen(database), create=False) as archive:
        with progress_bar("Rebuilding") as progress:
            folded = runs_of(archive.log).rebuild(progress)
        click.echo(f"Rebuilt the read models of {archive.log.describe()!r} from {count(folded, 'event')}.", err=True)


def _chosen(database: str | None) -> str | Path:
    from veritas.config import default_database

    return database or default_database()


def _address(database: str | None) -> str:
    """Return what to call the database: its file, or its URL without the password."""
    from store.backends.connect import find_database

    found = find_database(_chosen(database))
    found.close()
    return found.address
