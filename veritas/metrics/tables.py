"""The metrics as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from veritas.formatting import duration, percent
from veritas.metrics.json import AuditMetricsJson

_MOST_KINDS = 20  # kinds of findings, so that the tables fit on a screen; the JSON has all


@dataclass(frozen=True)
class Table:
    """A table with one column of names and further columns of numbers.

    Attributes:
        title: What it shows.
        name: The heading of the names.
        numbers: The headings of the numbers.
        rows: The names, each with its numbers.
    """

    title: str
    name: str
    numbers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables_of(metrics: AuditMetricsJson) -> Iterator[Table]:
    """Yield the tables that have rows."""
    yield from filter(lambda table: table.rows, _all(metrics))


def _all(metrics: AuditMetricsJson) -> Iterator[Table]:
    audits = metrics.ended.get("audit", {})
    yield Table("Audits that ended", "status", ("audits", "share"), _shares(audits))
    ended = _other_origins(metrics.ended)
    yield Table("Recorded programs and captured logs that ended", "kind", ("runs",), ended)
    yield Table("Audits without an end", "status", ("audits",), _numbers(metrics.in_progress.get("audit", {})))
    unended = _other_origins(metrics.in_progress)
    yield Table("Recorded programs and captured logs without an end", "kind", ("runs",), unended)
    if metrics.durations is not None:
        times = (
            (name, duration(getattr(metrics.durations, name)) or "") for name in metrics.durations.__struct_fields__
        )
        yield Table("Durations of completed audits", "statistic", ("took",), list(times))
    yield Table("Failures", "cause", ("audits", "share"), _shares(metrics.failures))
    yield Table("Verdicts", "risk level", ("audits", "share"), _shares(metrics.risk_levels))
    judged = sum(metrics.risk_levels.values())
    kinds = [
        (kind, f"{found.findings:,}", f"{found.audits:,}", percent(found.audits / judged if judged else None) or "")
        for kind, found in metrics.findings.items()
    ]
    more = f", the first {_MOST_KINDS} of {len(kinds)} kinds" if len(kinds) > _MOST_KINDS else ""
    yield Table(f"Findings{more}", "kind", ("findings", "audits", "of those judged"), kinds[:_MOST_KINDS])
    if metrics.queue is not None:
        jobs = [
            (f"{queue}, {status}", f"{number:,}")
            for queue, counts in metrics.queue.jobs.items()
            for status, number in counts.items()
        ]
        yield Table("Queue", "jobs", ("number",), jobs)


def _other_origins(runs: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    return [
        (f"{origin}, {status}", f"{number:,}")
        for origin, counts in runs.items()
        for status, number in counts.items()
        if origin != "audit"
    ]


def _shares(counts: Mapping[str, int]) -> list[tuple[str, ...]]:
    total = sum(counts.values())
    return [(*row, percent(counts[row[0]] / total) or "") for row in _numbers(counts)]


def _numbers(counts: Mapping[str, int]) -> list[tuple[str, ...]]:
    return [(name, f"{number:,}") for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
