"""The summary of the differences between two runs: what people ask first, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from veritas.cli.lib import table
from veritas.cli.lib.table import Cell, Column, print_heading, print_line, print_pairs, print_table
from veritas.diff.site.text import FATE_WORDS, TITLES
from veritas.diff.summary import CHANGED, GONE, NEW, before_and_after
from veritas.diff.summary_text import summary_heading, summary_sentences

if TYPE_CHECKING:
    from veritas.diff.run_comparison import RunComparison
    from veritas.diff.site.history import FactKey, FindingTrace
    from veritas.diff.site.presence import Trace

_MOST = 15  # findings or facts of a kind


def print_summary(comparison: RunComparison) -> None:
    """Write what is new, gone and changed: findings, security, third parties and pictures."""
    summary = comparison.summary
    print_pairs(summary_sentences(summary, comparison.screenshots))
    for word in (NEW, GONE, CHANGED):
        _print_findings(word, summary.findings_that_are(word))
    for topic in summary.facts:
        _print_facts(TITLES[topic], summary.changed_facts(topic))


def _print_findings(word: str, findings: Sequence[FindingTrace]) -> None:
    if not findings:
        return
    print_heading(summary_heading(word, len(findings)))
    columns = [
        Column("severity"),
        Column("count", right=True),
        Column("finding", fold=True),
        *([Column("change", fold=True)] if word == CHANGED else []),
        Column("about", fold=True, min_width=100),
        Column("page", fold=True),
    ]
    print_table(columns, (_finding_row(each, changed=word == CHANGED) for each in findings[:_MOST]))
    _print_rest(len(findings))


def _finding_row(finding: FindingTrace, *, changed: bool) -> Sequence[Cell]:
    details, key = finding.details, finding.trace.key
    severity, change = table.severity(details.severity, details.severity), [finding.change or ""] if changed else []
    return severity, str(details.count), details.title, *change, key.about, key.page


def _print_facts(title: str, traces: Sequence[Trace[FactKey]]) -> None:
    if not traces:
        return
    print_heading(title)
    columns = [Column("change", title=""), Column("name", fold=True), Column("A", fold=True), Column("B", fold=True)]
    print_table(columns, _fact_rows(traces[:_MOST]))
    _print_rest(len(traces))


def _fact_rows(traces: Sequence[Trace[FactKey]]) -> Iterator[Sequence[Cell]]:
    for trace in traces:
        yield FATE_WORDS[trace.fate], trace.key.name, *before_and_after(trace)


def _print_rest(amount: int) -> None:
    if amount > _MOST:
        print_line(f"and {amount - _MOST:,} more; --format json lists all of them")
