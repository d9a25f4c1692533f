"""`veritas diff --all`: what the comparisons of all validated runs come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib import table
from veritas.cli.lib.table import print_line, print_pairs
from veritas.formatting import count, utc_time
from veritas.projections.descriptions import describe_difference, describe_uncompared

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.diff.transports.matrix_totals import FieldTally, Matrix
    from veritas.diff.transports.tee import TeeComparison

_LONGEST_VALUE = 60


def show_all(
    database: str | None, *, since: float | None, until: float | None, output: str, file: Path | None, force: bool
) -> int:
    """Write the matrix, as text or as JSON; return 0 where all runs are equal, and 1 where some differ.

    Raises:
        UsageError: There is nothing to compare, or the file cannot be there.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import json_document, printing, writing
    from veritas.cli.lib.progress import progress_bar
    from veritas.diff.transports.matrix import matrix
    from veritas.errors import UsageError

    with (
        Archive.open(database, create=False) as archive,
        progress_bar("Catching up") as catching_up,
        progress_bar("Comparing", of="runs") as progress,
    ):
        found = matrix(archive, since=since, until=until, progress=progress, catching_up=catching_up)
        where = archive.log.describe()
    if not found.compared:
        raise UsageError(
            f"{_nothing(found)} in {where!r} can be compared; `veritas audit --validate-ipc URL` records one that can."
        )
    if output == "json":
        with writing(file, force=force) as write:
            write(json_document(found.as_dict()))
    else:
        with printing(file, force=force):
            _print(found)
    return 1 if found.different else 0


def _nothing(found: Matrix) -> str:
    """Return that no run is there, or how many are and what is wrong with them."""
    asked = "" if found.since is None and found.until is None else " of that time"
    if not found.uncompared:
        return f"No run{asked}"
    reasons = Counter(run.reason.replace("_", " ") for run in found.uncompared)
    told = ", ".join(f"{amount} {reason}" for reason, amount in reasons.items())
    return f"None of the {found.validated} validated runs{asked} ({told})"


def _print(found: Matrix) -> None:
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_pairs
    from veritas.formatting import count, utc_time

    by = ", ".join(f"{amount:,} by {way}" for way, amount in found.by.items())
    events = ", ".join(f"{count(amount, 'event')} over {source}" for source, amount in found.events.items())
    pairs: list[tuple[str, Cell]] = [
        ("since", utc_time(found.since)),
        ("until", utc_time(found.until)),
        ("validated", count(found.validated, "run")),
        ("compared", f"{count(found.compared, 'run')} ({by}): {events}" if events else f"{found.compared:,} ({by})"),
        ("equal", table.right(count(found.equal, "run")) if found.equal else "none"),
        ("different", table.wrong(count(found.different, "run")) if found.different else "none"),
        ("first to deliver", ", ".join(f"{source} {amount:,}" for source, amount in found.first.items())),
        ("by kind", _amounts(found.kinds)),
        ("by category", _amounts(found.categories)),
    ]
    print_pairs(pairs)
    _print_fields(found)
    _explain(found)
    _print_latency(found)


def _amounts(said: dict[str, dict[str, int]]) -> str | None:
    from veritas.formatting import count

    return ", ".join(f"{name} {amount['count']:,} in {count(amount['runs'], 'run')}" for name, amount in said.items())


def _print_fields(found: Matrix) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table

    if not found.fields:
        return
    print_heading("What differed")
    columns = [
        Column("runs", right=True),
        Column("count", title="times", right=True),
        Column("kind"),
        Column("category", since=120),
        Column("source", title="over"),
        Column("event"),
        Column("field", fold=True),
        Column("before", title="stdout said", fold=True, since=100),
        Column("after", title="the queue said", fold=True, since=100),
        Column("seq", title="as event", right=True),
        Column("run_id", title="in run"),
    ]
    print_table(columns, map(_field_row, found.fields))


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
        _shown(example.before),
        _shown(example.after),
        None if example.seq is None else str(example.seq),
        example.run_id,
    )


def _explain(found: Matrix) -> None:
    """Write why runs could not be compared."""
    from veritas.cli.lib.table import Column, print_heading, print_table

    if not found.uncompared:
        return
    print_heading("Not compared")
    rows = ((run.run_id, run.reason, run.sentence) for run in found.uncompared)
    print_table([Column("run_id", title="run"), Column("reason"), Column("why", fold=True)], rows)


def _print_latency(found: Matrix) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table

    if not found.latency:
        return
    print_heading("Latency: each run's figures, over the runs")
    columns = [Column("figure"), *(Column(name, right=True) for name in ("runs", "median", "worst"))]
    print_table(columns, _latency_rows(found))


def _latency_rows(found: Matrix) -> Iterator[Sequence[Cell]]:
    for name, figure in found.latency.items():
        yield name, f"{figure['runs']:,.0f}", f"{figure['median']:g}", f"{figure['worst']:g}"


def _shown(value: Any) -> str | None:
    """Return a field's value in a few words: as JSON, cut where it is long; None where there is none."""
    from veritas.diff.difference import ABSENT
    from veritas.events.json import encode_json

    if value is ABSENT:
        return None
    text = encode_json({"": value})[4:-1].decode("utf-8", "replace")
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


_LONGEST = 500  # characters of one difference; --format json has it all


def print_both_transports(both: TeeComparison) -> None:
    """Write which run it is, whether its transports delivered the same, and what differs."""
    run = both.run
    print_pairs(
        [
            ("run", run.run_id),
            ("url", run.url),
            ("started", utc_time(run.started_at)),
            ("mode", run.mode),
            ("status", table.status(run.status)),
            *((source, count(amount, "event")) for source, amount in both.counts.items()),
        ]
    )
    click.echo()
    print_line(table.right(both.outcome) if both.equal else table.wrong(both.outcome))
    if both.redacted and both.differences:
        print_line(describe_uncompared(both.redacted))
    for difference in both.differences:
        told = describe_difference(difference)
        print_line(told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…")
