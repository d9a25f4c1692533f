"""`veritas export`"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from veritas.cli.lib.options import (
    OutputFile,
    audit_argument,
    database_option,
    format_option,
    time_option,
    verbose_option,
)

BUNDLE, PARQUET = "bundle", "parquet"
_DIRECTORY = "veritas-parquet"


@click.command("export")
@audit_argument(required=False)
@format_option(BUNDLE, PARQUET)
@click.option(
    "-o",
    "--output",
    "target",
    type=OutputFile(dir_okay=True),
    metavar="NAME",
    help=f"The name of the bundle, or of the directory.  [default: the audit's id and .veritas.zip, or {_DIRECTORY}]",
)
@click.option("--force", is_flag=True, help="Replace the bundle, or the directory of an earlier export, if it exists.")
@time_option("--since", help="With parquet: only audits requested at this time or later: a date, or an age such as 2d.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The Ed25519 key to sign a checkpoint with, if none covers the audit yet.  [env: VERITAS_KEY; default: one"
    " of your own, made on first use]",
)
@database_option
@verbose_option
def command(
    audit: str | None,
    output: str,
    target: Path | None,
    force: bool,
    since: float | None,
    key: Path | None,
    database: str | None,
) -> None:
    """Export an audit as evidence that anyone can verify, or all audits as tables.

    The bundle is a zip file with the events of all runs of the audit, or of one run if AUDIT is a run's id, the
    screenshots, a report, a signed checkpoint and the proof that it covers the events. FORMAT.md in the bundle explains
    how to verify it, with `veritas verify FILE` or without VERITAS. A log that was tampered with is not exported. The
    bundle's name is printed.

    With `--format parquet` and no AUDIT, the runs, events and findings of all audits are written as Parquet files for
    DuckDB and other programs; see `veritas help analytics`. The tables prove nothing. The directory's name is printed.
    """
    if output == PARQUET:
        if audit is not None or key is not None:
            given = f"the audit {audit!r}" if audit is not None else "--key"
            raise click.UsageError(f"--format {PARQUET} exports all audits, so leave out {given}; see --since.")
        _export_tables(target or Path(_DIRECTORY), since, force=force, database=database)
    elif audit is None:
        raise click.UsageError(f"A {BUNDLE} needs an audit; name one that `veritas list` shows.")
    elif since is not None:
        raise click.UsageError(f"--since is for --format {PARQUET}; a {BUNDLE} has one audit.")
    else:
        _export_bundle(audit, target, key, force=force, database=database)


def _export_bundle(audit: str, target: Path | None, key: Path | None, *, force: bool, database: str | None) -> None:
    from veritas.archive.bundles import export
    from veritas.archive.rotation import key_to_sign
    from veritas.archive.run_selection import select_runs
    from veritas.cli.lib.open_log import open_run
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count

    with open_run(database, audit) as (archive, run_id):
        selection = select_runs(archive, audit, run_id)
        target = target or Path(f"{selection.file_stem}.veritas.zip")
        with progress_bar("Verifying") as progress:
            signing_key = partial(key_to_sign, archive.log, key)
            bundle = export(archive, selection.runs, target, key=signing_key, force=force, progress=progress)
    click.echo(target)
    what = f"{count(bundle.events, 'event')} of {count(len(bundle.runs), 'run')}"
    click.echo(f"Verified and exported {what}. Signed with the key {bundle.key}", err=True)


def _export_tables(target: Path, since: float | None, *, force: bool, database: str | None) -> None:
    from veritas.archive.archive import Archive
    from veritas.cli.lib.progress import progress_bar
    from veritas.errors import UsageError
    from veritas.formatting import count

    try:
        from veritas.analytics.export import export_tables
    except ModuleNotFoundError as error:
        missing = f"--format {PARQUET} needs {error.name}, which is not installed: pip install {error.name}."
        raise UsageError(missing) from error
    with Archive.open(database, create=False) as archive, progress_bar("Exporting", "runs") as progress:
        exported = export_tables(archive, target, since=since, force=force, progress=progress)
    click.echo(target)
    runs, events, findings = (count(exported.rows[name], name[:-1]) for name in ("runs", "events", "findings"))
    click.echo(f"Exported {runs}, {events} and {findings}.", err=True)
    if exported.damaged:
        damaged = count(exported.damaged, "event")
        click.echo(f"Warning: {damaged} cannot be read; `veritas verify` shows what was changed.", err=True)
