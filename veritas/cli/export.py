"""`veritas export AUDIT`"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.cli.lib.output import output_options


@click.command("export")
@audit_argument()
@output_options("The name of the bundle.  [default: the audit's id and .veritas.zip]")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The Ed25519 key to sign a checkpoint with, if none covers the audit yet.  [env: VERITAS_KEY; default: one"
    " of your own, made on first use]",
)
@database_option
@verbose_option
def command(audit: str, file: Path | None, force: bool, key: Path | None, database: str | None) -> None:
    """Export an audit as evidence that anyone can verify.

    The bundle is a zip file with the events of all runs of the audit, or of one run if AUDIT is a run's id, the
    screenshots, a report, a signed checkpoint and the proof that it covers the events. FORMAT.md in the bundle explains
    how to verify it, with `veritas verify FILE` or without VERITAS. A log that was tampered with is not exported. The
    bundle's name is printed.
    """
    from veritas.archive.bundles import export
    from veritas.archive.rotation import key_to_sign
    from veritas.cli.lib.open_log import file_stem, open_run
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count

    with open_run(database, audit) as (archive, run_id):
        audit_id = run_id.rpartition(".")[0]
        runs = [run_id] if run_id == audit else archive.runs(audit_id)
        target = file or Path(f"{file_stem(run_id if run_id == audit else audit_id)}.veritas.zip")
        with progress_bar("Verifying") as progress:
            signing_key = partial(key_to_sign, archive.log, key)
            bundle = export(archive, runs, target, key=signing_key, force=force, progress=progress)
    click.echo(target)
    what = f"{count(bundle.events, 'event')} of {count(len(bundle.runs), 'run')}"
    click.echo(f"Verified and exported {what}. Signed with the key {bundle.key}", err=True)
