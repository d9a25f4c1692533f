"""`veritas ingest FILE`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, database_timeout_option, verbose_option
from veritas.formatting import count, escape_control_characters

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.recording.log_retry import LogRetry
    from veritas.recording.run import RunOutcome

_CHUNK = 1 << 18
_MOST_NAMED = 10  # programs in a message


@click.command("ingest")
@click.argument("file", type=click.File("rb"))
@click.option("--keep", is_flag=True, help="Record what has no event too, as a failed run.")
@click.option("--json", "as_json", is_flag=True, help="Write each run's state to stdout as JSON.")
@database_option
@database_timeout_option
@verbose_option
def command(file: BufferedReader, keep: bool, as_json: bool, database: str | None, database_timeout: int) -> int:
    """Record the events in captured output.

    FILE is what a program has written to stdout, or what a log collector has made of it; - is standard input. Events
    are lines with ##PROGRESS: and a JSON object; all other output is recorded as such. The files of Docker, Kubernetes
    and the systemd journal are recognised, lines that begin with a program's name, UTF-16, and the compressions gzip,
    bzip2 and xz. If the collector names several programs, each becomes an audit of its own.

    A file to which an audit wrote its events, because the log was not available, adds them to the audit's own run.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.running import show_outcome, status_of
    from veritas.recording.ingest import STDIN, ingest
    from veritas.recording.log_retry import LogRetry
    from veritas.recording.spool_reader import BEGINNING

    retry = LogRetry(database_timeout, report=_report_line)
    is_spool = file.peek(len(BEGINNING)).startswith(BEGINNING)
    with Archive.open(database, create=not is_spool) as archive:
        if is_spool:
            return _ingest_spool(archive, file, retry, as_json=as_json)
        chunks = iter(lambda: file.read1(_CHUNK), b"")
        name = STDIN if file.name == "<stdin>" else file.name
        ingestion = ingest(archive, chunks, name=name, keep=keep, retry=retry)
        for outcome in ingestion.outcomes.values():
            show_outcome(archive, outcome.run_id, as_json=as_json)
        _report(ingestion.outcomes, ingestion.without_events)
        return max(map(status_of, ingestion.outcomes.values()))


def _ingest_spool(archive: Archive, file: BufferedReader, retry: LogRetry, *, as_json: bool) -> int:
    """Add the events of a spool to their run, and show the run."""
    from veritas.cli.lib.running import show_outcome, status_of
    from veritas.recording.run import RunOutcome
    from veritas.recording.spool_ingestion import ingest_spool

    if file.name == "<stdin>":
        raise click.UsageError("Spooled events are read twice, and standard input cannot be; give the file's name.")
    ingestion = ingest_spool(archive, Path(file.name), retry=retry)
    state = show_outcome(archive, ingestion.run_id, as_json=as_json)
    events, name = count(ingestion.records, "event"), repr(file.name)
    if ingestion.is_cut:
        _report_line("The last line of the file is incomplete and was left out, because its recorder was killed.")
    if ingestion.is_new:
        _report_line(f"Added {events} to run {ingestion.run_id!r}; {name} is no longer needed.")
    else:
        _report_line(f"The log had all {events} of {name} already; the file is no longer needed.")
    error = state.error if state.finished_at else "The run has no end, because its recorder was killed."
    return status_of(RunOutcome(ingestion.run_id, state.status, error, state.comparison, ingestion.unsigned))


def _report_line(text: str) -> None:
    click.echo(escape_control_characters(text), err=True)


def _report(outcomes: Mapping[str, RunOutcome], without_events: Sequence[str]) -> None:
    """Report to stderr which programs were recorded, if there are several."""
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
