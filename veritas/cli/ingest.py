"""`veritas ingest FILE`"""

from __future__ import annotations

from io import BufferedReader

import click

from veritas.cli.lib.options import database_option, verbose_option

_CHUNK = 1 << 18


@click.command("ingest")
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Write the run's state to stdout as JSON.")
@database_option
@verbose_option
def command(file: BufferedReader, as_json: bool, database: str | None) -> int:
    """Record the events in a captured log.

    FILE is the captured stdout of an audit's child process, or - for standard input. Events are lines with ##PROGRESS:
    and a JSON object; all other output is recorded as such.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.running import show_outcome, status_of
    from veritas.recording.ingest import STDIN, ingest
    from veritas.recording.run import new_audit_id

    with Archive.open(database) as archive:
        chunks = iter(lambda: file.read1(_CHUNK), b"")
        outcome = ingest(archive, new_audit_id(), chunks, name=STDIN if file.name == "<stdin>" else file.name)
        show_outcome(archive, outcome.run_id, as_json=as_json)
        return status_of(outcome)
