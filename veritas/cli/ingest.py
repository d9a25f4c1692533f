"""`veritas ingest FILE`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BufferedReader
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, verbose_option

if TYPE_CHECKING:
    from veritas.recording.run import RunOutcome

_CHUNK = 1 << 18
_MOST_NAMED = 10  # programs in a message


@click.command("ingest")
@click.argument("file", type=click.File("rb"))
@click.option("--keep", is_flag=True, help="Record what has no event too, as a failed run.")
@click.option("--json", "as_json", is_flag=True, help="Write each run's state to stdout as JSON.")
@database_option
@verbose_option
def command(file: BufferedReader, keep: bool, as_json: bool, database: str | None) -> int:
    """Record the events in captured output.

    FILE is what a program has written to stdout, or what a log collector has made of it; - is standard input. Events
    are lines with ##PROGRESS: and a JSON object; all other output is recorded as such. The files of Docker, Kubernetes
    and the systemd journal are recognised, lines that begin with a program's name, UTF-16, and the compressions gzip,
    bzip2 and xz. If the collector names several programs, each becomes an audit of its own.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.running import show_outcome, status_of
    from veritas.recording.ingest import STDIN, ingest

    with Archive.open(database) as archive:
        chunks = iter(lambda: file.read1(_CHUNK), b"")
        name = STDIN if file.name == "<stdin>" else file.name
        ingestion = ingest(archive, chunks, name=name, keep=keep)
        for outcome in ingestion.outcomes.values():
            show_outcome(archive, outcome.run_id, as_json=as_json)
        _report(ingestion.outcomes, ingestion.without_events)
        return max(map(status_of, ingestion.outcomes.values()))


def _report(outcomes: Mapping[str, RunOutcome], without_events: Sequence[str]) -> None:
    """Report to stderr which programs were recorded, if there are several."""
    from veritas.formatting import count, escape_control_characters

    if len(outcomes) > 1:
        click.echo(f"Recorded {count(len(outcomes), 'program')}, each as an audit of its own.", err=True)
    if without_events:
        named = ", ".join(map(repr, without_events[:_MOST_NAMED])) + (
            ", …" if len(without_events) > _MOST_NAMED else ""
        )
        verb = "has" if len(without_events) == 1 else "have"
        click.echo(
            escape_control_characters(
                f"{count(len(without_events), 'program')} {verb} no event and {'was' if verb == 'has' else 'were'} not"
                f" recorded: {named}; --keep records such programs too."
            ),
            err=True,
        )
