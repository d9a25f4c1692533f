"""`veritas import FILE`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from veritas.cli.lib.options import database_option, trust_option, verbose_option


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@trust_option
@database_option
@verbose_option
def command(file: Path, trust: Sequence[str], database: str | None) -> None:
    """Import exported evidence into the log.

    FILE is a bundle that `veritas export` wrote. It is verified first. Its events are imported exactly as they were
    recorded, with hashes and times, so their proofs remain valid. Those proofs are kept in the event that records the
    import, and a checkpoint is signed over the imported events here too. Events that the log has already are left as
    they are; if the log has different ones in their place, nothing is imported. The runs' ids are printed.
    """
    from veritas.archive import keys, rotation
    from veritas.archive.archive import Archive
    from veritas.archive.bundles import import_bundle, open_verified_bundle
    from veritas.cli.lib.input_files import require_bundle
    from veritas.cli.lib.progress import progress_bar
    from veritas.formatting import count, escape_control_characters

    require_bundle(file)
    with (
        progress_bar("Verifying") as progress,
        open_verified_bundle(file, trusted=keys.parse_public_keys(trust), progress=progress) as (bundle, examination),
        Archive.open(database) as archive,
    ):
        result = import_bundle(archive, bundle)
        unsigned = rotation.try_checkpoint(archive.log) if result.added else None
        archived = archive.archivals(run.run_id for run in examination.manifest.runs)
    for run in examination.manifest.runs:
        click.echo(escape_control_characters(run.run_id))
    known = f"; {count(result.known, 'event')} were in the log already" if result.known else ""
    erased = f", and {count(result.erased, 'event')} of them erased, as in the log they come from"
    click.echo(f"Imported {count(result.added, 'event')}{known}{erased if result.erased else ''}.", err=True)
    if unsigned is not None:
        click.echo(f"Warning: No checkpoint was signed over them: {unsigned}", err=True)
    if archived:
        runs = f"This log has archived {count(len(archived), 'run')} of the bundle, and does not read them back"
        click.echo(f"{runs}; give another log with --db to read them.", err=True)
    for sentence in result.remains:
        click.echo(sentence, err=True)
