"""`veritas diff RUN` and `veritas diff --all`: the two transports of one run, and of all validated runs in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib import table
from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.table import Cell, Column, json_text, print_heading, print_line, print_pairs, print_table
from veritas.formatting import count, utc_time
from veritas.projections.descriptions import describe_difference, describe_uncompared

if TYPE_CHECKING:
    from veritas.diff.transports.matrix_totals import FieldTally, Matrix
    from veritas.diff.transports.tee import TeeComparison

_LONGEST_VALUE = 60  # characters of a field's value in the table
_LONGEST_DIFFERENCE = 500  # characters of one difference; --format json has all of it


def print_transport_comparison(comparison: TeeComparison) -> None:
    """Write the run, whether its transports delivered the same, and the differences."""
    run = comparison.run
    print_pairs(
        [
            ("run", run.run_id),
            ("url", run.url),
            ("started", utc_time(run.started_at)),
            ("mode", run.mode),
            ("status", table.status(run.status)),
            *((source, count(amount, "event")) for source, amount in comparison.counts.items()),
        ]
    )
    click.echo()
    print_line(table.good(comparison.outcome) if comparison.equal else table.bad(comparison.outcome))
    if comparison.redacted and comparison.differences:
        print_line(describe_uncompared(comparison.redacted))
    for difference in comparison.differences:
        text = describe_difference(difference)
        print_line(text if len(text) <= _LONGEST_DIFFERENCE else f"{text[:_LONGEST_DIFFERENCE]}…")


def show_all(
    database: str | None, *, since: float | None, until: float | None, output: str, file: Path | None, force: bool
) -> int:
    """Write the totals of all comparisons, as text or JSON; return the exit status, 1 if any run differs.

    Raises:
        UsageError: There is nothing to compare, or the file cannot be created.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import printing, writing
    from veritas.cli.lib.progress import progress_bar
    from veritas.diff.transports.matrix import matrix
    from veritas.errors import UsageError
    from veritas.events.json import json_document

    with (
        Archive.open(database, create=False) as archive,
        progress_bar("Catching up") as catching_up,
        progress_bar("Comparing", unit="runs") as progress,
    ):
        totals = matrix(archive, since=since, until=until, progress=progress, catching_up=catching_up)
        where = archive.log.describe()
    if not totals.compared:
        remedy = "`veritas audit --validate-ipc URL` records a run that can"
        raise UsageError(f"{_nothing_compared(totals)} in {where!r} can be compared; {remedy}.")
    if output == "json":
        with writing(file, force=force) as write:
            write(json_document(totals.as_dict()))
    else:
        with printing(file, force=force):
            _print(totals)
    return NO if totals.different else YES


def _nothing_compared(totals: Matrix) -> str:
    """Return `No run`, or how many validated runs there are and why none can be compared."""
    of_time = "" if totals.since is None and totals.until is None else " of that time"
    if not totals.uncompared:
        return f"No run{of_time}"
    reasons = Counter(run.reason.replace("_", " ") for run in totals.uncompared)
    counts = ", ".join(f"{amount} {reason}" for reason, amount in reasons.items())
    return f"None of the {totals.validated} validated runs{of_time} ({counts})"


def _print(totals: Matrix) -> None:
    by = ", ".join(f"{amount:,} by {way}" for way, amount in totals.by.items())
    events = ", ".join(f"{count(amount, 'event')} over {source}" for source, amount in totals.events.items())
    compared = f"{count(totals.compared, 'run')} ({by}): {events}" if events else f"{totals.compared:,} ({by})"
    print_pairs(
        [
            ("since", utc_time(totals.since)),
            ("until", utc_time(totals.until)),
            ("validated", count(totals.validated, "run")),
            ("compared", compared),
            ("equal", table.good(count(totals.equal, "run")) if totals.equal else "none"),
            ("different", table.bad(count(totals.different, "run")) if totals.different else "none"),
            ("first to deliver", ", ".join(f"{source} {amount:,}" for source, amount in totals.first.items())),
            ("by kind", _counts_text(totals.kinds)),
            ("by category", _counts_text(totals.categories)),
        ]
    )
    _print_fields(totals)
    _print_uncompared(totals)
    _print_latency(totals)


def _counts_text(counts: dict[str, dict[str, int]]) -> str | None:
    return ", ".join(f"{name} {each['count']:,} in {count(each['runs'], 'run')}" for name, each in counts.items())


def _print_fields(totals: Matrix) -> None:
    if not totals.fields:
        return
    print_heading("Fields that differ")
    columns = [
        Column("runs", right=True),
        Column("count", title="times", right=True),
        Column("kind"),
        Column("category", min_width=120),
        Column("source", title="over"),
        Column("event"),
        Column("field", fold=True),
        Column("before", title="in stdout", fold=True, min_width=100),
        Column("after", title="in the queue", fold=True, min_width=100),
        Column("seq", title="as event", right=True),
        Column("run_id", title="in run"),
    ]
    print_table(columns, map(_field_row, totals.fields))


def _field_row(field: FieldTally) -> Sequence[Cell]:
    example = field.examples[0]
    return (
        f"{field.runs:,}",
        f"{field.count:,}",
        field.kind,
        field.category,
        field.source,
        field.event,
        field.field or "(the event)",
        _short_json(example.before),
        _short_json(example.after),
        None if example.seq is None else str(example.seq),
        example.run_id,
    )


def _print_uncompared(totals: Matrix) -> None:
    if not totals.uncompared:
        return
    print_heading("Not compared")
    rows = ((run.run_id, run.reason, run.sentence) for run in totals.uncompared)
    print_table([Column("run_id", title="run"), Column("reason"), Column("why", fold=True)], rows)


def _print_latency(totals: Matrix) -> None:
    if not totals.latency:
        return
    print_heading("Latency: the median and the maximum over the runs")
    columns = [Column("figure"), *(Column(name, right=True) for name in ("runs", "median", "worst"))]
    print_table(columns, _latency_rows(totals))


def _latency_rows(totals: Matrix) -> Iterator[Sequence[Cell]]:
    for name, figure in totals.latency.items():
        yield name, f"{figure['runs']:,.0f}", f"{figure['median']:g}", f"{figure['worst']:g}"


def _short_json(value: Any) -> str | None:
    """Return a field's value as JSON, cut if it is long; None if the field is absent."""
    from veritas.diff.difference import ABSENT

    if value is ABSENT:
        return None
    text = json_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
