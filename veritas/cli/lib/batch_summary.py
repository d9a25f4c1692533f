"""A batch's summary for people: verdicts from the worst to the best, and failures by cause."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.batch.summary import BatchSummary
from veritas.cli.lib import table
from veritas.cli.lib.table import Cell, Column, print_heading, print_line, print_pairs, print_table
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import count, duration, short_number, utc_time

_MOST_AUDITS = 20  # on a terminal, without --full
_MOST_CAUSES = 10


def print_batch(summary: BatchSummary, *, full: bool = False) -> None:
    """Write a summary to stdout; on a terminal only as much as can be read at once, unless *full*."""
    print_pairs(_pairs(summary))
    everything = full or not table.on_terminal()
    _print_failures(summary, everything)
    _print_audits(summary, everything)


def _pairs(summary: BatchSummary) -> Iterator[tuple[str, Cell]]:
    batch, request = summary.batch, summary.batch.request
    yield "batch", batch.id
    yield "name", request.name
    yield "tags", ", ".join(request.tags) or None
    yield "tier", request.tier
    yield "requested", f"{utc_time(batch.created_at)}, {count(request.count, 'URL')}"
    took = None if batch.finished_at is None else duration(batch.finished_at - batch.created_at)
    yield (
        "status",
        table.Styled(f"{summary.status}{f' after {took}' if took else ''}", table.status(summary.status).style),
    )
    yield "error", table.bad(batch.finished.error) if batch.finished and batch.finished.error else None
    yield "audits", ", ".join(f"{amount:,} {status}" for status, amount in summary.counts.items())
    yield "verdicts", ", ".join(f"{amount:,} {level}" for level, amount in summary.risk_levels.items()) or None


def _print_failures(summary: BatchSummary, everything: bool) -> None:
    causes = summary.failures()
    if not causes:
        return
    print_heading("Failures by cause")
    columns = [
        Column("count", title="URLs", right=True),
        Column("kind", min_width=80),
        Column("cause", fold=True),
        Column("example", min_width=120, fold=True),
    ]
    shown = causes if everything else causes[:_MOST_CAUSES]
    print_table(columns, ((f"{each.count:,}", each.kind, table.bad(each.cause), each.urls[0]) for each in shown))
    if len(shown) < len(causes):
        print_line(f"and {count(len(causes) - len(shown), 'more cause')}")


def _print_audits(summary: BatchSummary, everything: bool) -> None:
    audits = [audit for audit in summary.worst_first() if everything or audit.status == COMPLETED]
    if not audits:
        return
    print_heading("Verdicts, the worst first")
    columns = [
        Column("risk_level", title="risk"),
        Column("trust_score", title="score", right=True),
        Column("findings", title="found", right=True),
        Column("audit_id", title="audit", width=13, min_width=90),
        Column("status", min_width=200),
        Column("url", fold=True),
    ]
    shown = audits if everything else audits[:_MOST_AUDITS]

    def instead(status: str) -> str | None:
        """Return what has the place of a missing risk: on a terminal, which has no room for it, the status."""
        return status if status != COMPLETED and table.on_terminal() else None

    rows = (
        (
            table.risk(audit.risk_level, audit.risk_level or instead(audit.status)),
            table.risk(audit.risk_level, None if audit.trust_score is None else short_number(audit.trust_score)),
            str(audit.findings) if audit.audit_id else None,
            audit.audit_id,
            audit.status,
            audit.url,
        )
        for audit in shown
    )
    print_table(columns, rows)
    if len(shown) < len(audits):
        print_line(f"and {len(audits) - len(shown):,} more; `veritas show {summary.batch.id} --full` lists all")
