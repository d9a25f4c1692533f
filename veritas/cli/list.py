"""`veritas list`"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.archive import Archive
    from veritas.projections.audit_state import AuditState

_STATUSES = ("requested", "running", "completed", "failed", "interrupted")


@click.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only those with this status.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N, the newest.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(status: str | None, limit: int | None, output: str, database: str | None) -> None:
    """List the recorded audits, newest first.

    There is one line for each run of an audit. A run whose end is not in the log counts as running.
    """
    from veritas.cli.archive import open_to_read
    from veritas.cli.json_output import print_json_array, print_json_lines

    with open_to_read(database) as archive:
        states = islice((state for state in _newest_first(archive) if status in (None, state.status)), limit)
        if output == "json":
            print_json_array(map(_fields, states))
        elif output == "jsonl":
            print_json_lines(map(_fields, states))
        else:
            _print_table(states)


def _newest_first(archive: Archive | None) -> Iterator[AuditState]:
    from veritas.projections.audit_state import AuditState

    if archive is not None:
        for run_id in reversed([recorded.run_id for recorded in archive.recorder_events("audit_requested")]):
            yield AuditState.of(archive.events(run_id))


def _fields(state: AuditState) -> dict[str, Any]:
    told = state.as_dict()
    names = ("audit_id", "run_id", "url", "tier", "origin", "status", "trust_score", "risk_level", "mode")
    times = ("started_at", "finished_at", "duration")
    return {name: told[name] for name in (*names, *times)} | {"findings": len(state.findings)}


def _print_table(states: Iterator[AuditState]) -> None:
    from veritas.cli import style
    from veritas.cli.table import Cell, Column, print_table
    from veritas.cli.text import duration, moment, short

    columns = [
        Column("audit_id", title="audit", width=13),
        Column("run", right=True, since=150),
        Column("started_at", title="started"),
        Column("status"),
        Column("trust_score", title="score", right=True),
        Column("risk_level", title="risk", since=100),
        Column("findings", title="found", right=True),
        Column("mode", since=140),
        Column("duration", title="took", right=True, since=120),
        Column("tier", since=160),
        Column("url", fold=True),
    ]

    def row(state: AuditState) -> tuple[Cell, ...]:
        request, score = state.request, state.trust_score
        return (
            state.audit_id,
            state.run_id.rpartition(".")[2],
            moment(state.started_at, "minutes"),
            style.status(state.status),
            style.risk(state.risk_level, None if score is None else short(score)),
            style.risk(state.risk_level, state.risk_level),
            str(len(state.findings)),
            state.mode,
            duration(state.duration),
            request.tier if request else None,
            (request.url or shlex.join(request.command)) if request else None,
        )

    print_table(columns, map(row, states))
