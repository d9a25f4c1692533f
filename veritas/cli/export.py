"""`veritas export AUDIT`"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.cli.lib.output import output_options


@click.command("export")
@audit_argument()
@output_options("The bundle to write.  [default: the audit's id and .veritas.zip]")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The Ed25519 key to sign a checkpoint with, where none covers the audit yet.  [env: VERITAS_KEY; default: one"
    " of your own, made on first use]",
)
@database_option
@verbose_option
def command(audit: str, file: Path | None, force: bool, key: Path | None, database: str | None) -> None:
    """Export an audit as evidence that anyone can check.

    The bundle is a zip file with the events of all of the audit's runs, or of the one run that AUDIT names, the
    screenshots, a report to read, a signed checkpoint and what proves that the events stand under it. FORMAT.md in it
    says how to check all of that, with `veritas verify FILE` or without VERITAS. A log that was tampered with is not
    exported. The bundle's name is printed.
    """
    from veritas.archive import keys
    from veritas.archive.bundles import export
    from veritas.cli.lib.open_log import file_stem, open_run
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count

    with open_run(database, audit) as (archive, run_id):
        audit_id = run_id.rpartition(".")[0]
        runs = [run_id] if run_id == audit else archive.runs(audit_id)
        target = file or Path(f"{file_stem(run_id if run_id == audit else audit_id)}.veritas.zip")
        with progress_bar("Verifying") as progress:
            signing_key = partial(keys.signing_key_for, archive.log, key)
            made = export(archive, runs, target, key=signing_key, force=force, progress=progress)
    click.echo(target)
    what = f"{count(made.events, 'event')} of {count(len(made.runs), 'run')}"
    click.echo(f"Exported {what}, verified. The key that signed: {made.key}", err=True)
