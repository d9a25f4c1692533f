"""`veritas events AUDIT`"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.options import audit_argument, database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.cli.table import Cell
    from veritas.core.recorded import RecordedEvent

SOURCES = ("queue", "stdout", "recorder")


@click.command("events")
@audit_argument()
@click.option("--source", "sources", multiple=True, type=click.Choice(SOURCES), help="Only what came over this one.")
@click.option("--type", "types", multiple=True, help="Only of this type, such as finding or ipc_fell_back.")
@click.option("--phase", "phases", multiple=True, help="Only of this phase, such as scout.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(
    audit: str,
    sources: Sequence[str],
    types: Sequence[str],
    phases: Sequence[str],
    output: str,
    database: str | None,
) -> None:
    """List an audit's events as they were recorded.

    They come in the order of the log, every observation of its own: an event that two transports carried stands there
    twice. --source, --type and --phase may be repeated. JSON holds all that an event says, and the SHA-256 of its bytes
    as the log keeps them; two observations with the same hash are the same bytes.
    """
    from veritas.cli.archive import open_run
    from veritas.cli.json_output import print_json_array, print_json_lines
    from veritas.replay import event_fields

    def wanted(recorded: RecordedEvent) -> bool:
        said = ((sources, recorded.source), (types, recorded.event.type), (phases, recorded.event.phase))
        return all(not choice or value in choice for choice, value in said)

    with open_run(database, audit) as (archive, run_id):
        events = _or_say_so(filter(wanted, archive.events(run_id)), run_id)
        if output == "json":
            print_json_array(map(event_fields, events))
        elif output == "jsonl":
            print_json_lines(map(event_fields, events))
        else:
            _print_table(events)


def _or_say_so(events: Iterable[RecordedEvent], run_id: str) -> Iterator[RecordedEvent]:
    """Yield events, and say so where there are none: every run has some, so it is the choice that has none."""
    none = True
    for event in events:
        none = False
        yield event
    if none:
        click.echo(
            f"No event of run {run_id} is what was asked for; `veritas events {run_id}` lists them all.", err=True
        )


def _print_table(events: Iterable[RecordedEvent]) -> None:
    from veritas.cli.table import Column, print_table

    columns = [
        Column("position", title="pos", right=True, width=6),
        Column("time", title="time (UTC)", width=24, since=120),
        Column("source", width=8),
        Column("seq", right=True, width=6),
        Column("type", width=17, since=100),
        Column("phase/step", width=22),
        Column("pct", title="%", right=True, width=4),
        Column("detail", rest=True),
    ]
    print_table(columns, _rows(events))


def _rows(events: Iterable[RecordedEvent]) -> Iterator[tuple[Cell, ...]]:
    from veritas.cli.sentences import tell_recorder
    from veritas.cli.table import on_terminal
    from veritas.wording import moment, short

    named = on_terminal()  # which may be too narrow for the types
    for recorded in events:
        event, said = recorded.event, recorded.from_recorder
        yield (
            str(recorded.position),
            moment(event.timestamp, "milliseconds"),
            recorded.source,
            str(recorded.seq),
            event.type,
            f"{event.phase}/{event.step}" if event.phase or event.step else event.type if named else None,
            None if recorded.source == "recorder" else short(event.pct),
            tell_recorder(said) if said else event.detail,
        )
