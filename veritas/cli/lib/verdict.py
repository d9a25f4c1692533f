"""An audit's outcome for people: shown at the end of an audit, and at the beginning of `veritas show`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from veritas.cli.lib import table
from veritas.cli.lib.table import UNKNOWN, Cell, Column, Styled, print_heading, print_line, print_pairs, print_table
from veritas.cli.lib.transport import transport_pairs
from veritas.events.json import as_mapping, as_number, as_text, short_json
from veritas.events.recorder_events import COMPLETED, FAILED
from veritas.formatting import count, duration, percent, short_number, utc_time
from veritas.projections.audit_state import AuditState
from veritas.projections.conditions import (
    describe_chosen_visitor,
    describe_limits,
    describe_login,
    describe_private_hosts,
    describe_proxies,
    describe_refusals,
    describe_sandbox,
)
from veritas.projections.descriptions import describe_archival, describe_verdict
from veritas.projections.findings import by_severity, severity_of, title_of
from veritas.projections.unexamined import unexamined

_ORIGINS = {"record": "program", "ingest": "ingested"}
_MOST_KINDS = 15  # of findings, so that an outcome fits on a screen
_LAST_LINES = 10  # of the stderr of a run that failed


def print_verdict(state: AuditState) -> None:
    """Write the verdict, its signals and the findings to stdout, and the commands that show more to stderr."""
    print_outcome(state)
    print_signals(state)
    print_unexamined(state)
    print_findings(state)
    click.echo(f"\nFor more: `veritas show {state.audit_id}`; also `events`, `replay` and `verify`.", err=True)


def print_outcome(state: AuditState) -> None:
    """Write the request, the status, the verdict in words, and how the events were transported."""
    verdict = as_mapping(state.verdict)
    print_pairs(
        [
            ("audit", state.audit_id if state.run_id.endswith(".1") else state.run_id),
            *_subject(state),
            ("batch", state.request.batch if state.request else None),
            ("tags", ", ".join(state.request.tags) if state.request else None),
            ("job", str(state.request.job) if state.request and state.request.job else None),
            ("visitor", describe_chosen_visitor(state)),
            ("login", describe_login(state)),
            ("proxy", describe_proxies(state)),
            ("private hosts", describe_private_hosts(state)),
            ("sandbox", describe_sandbox(state)),
            ("refused", describe_refusals(state)),
            ("started", utc_time(state.started_at)),
            ("status", status_cell(state)),
            ("error", table.bad(state.error)),
            ("archived", describe_archival(state.archived) if state.archived else None),
            ("verdict", verdict_cell(state)),
            ("capped", as_text(as_mapping(verdict.get("capped_by")).get("why"))),
            ("because", as_text(verdict.get("inconclusive_because"))),
            ("examined", coverage_cell(state)),
            ("limits", f"reached: {limits}" if (limits := describe_limits(state)) else None),
            ("findings", finding_counts(state)),
            *transport_pairs(state),
        ]
    )
    if state.status == FAILED and (lines := state.stderr_tail.rstrip().splitlines()[-_LAST_LINES:]):
        print_heading("Last lines of stderr")
        for line in lines:
            print_line(line)
    narrative = as_text(verdict.get("narrative"))
    if narrative:
        print_heading("Narrative")
        print_line(narrative)


def print_signals(state: AuditState) -> None:
    """Write the signals, whose weighted mean is the score, with the reason for an unknown one."""
    signals = as_mapping(as_mapping(state.verdict).get("signals"))
    if not signals:
        return
    print_heading("Signals")
    columns = [Column("signal"), Column("score", right=True), Column("weight", right=True), Column("why", fold=True)]
    print_table(columns, (_signal_row(name, signal) for name, signal in signals.items()))


def print_unexamined(state: AuditState) -> None:
    """Write what could not be examined, which lowers what the verdict claims: equal things on several pages once."""
    gaps = unexamined(state.verdict)
    if not gaps:
        return
    print_heading("Not examined")
    columns = [
        Column("what", fold=True),
        Column("count", right=True),
        Column("pages", right=True),
        Column("signal", min_width=100),
        Column("why", fold=True),
    ]
    print_table(
        columns, ((gap.what, f"{gap.count:,}", f"{gap.pages:,}", gap.signal or "content", gap.why) for gap in gaps)
    )


def print_findings(state: AuditState, *, brief: bool = False) -> None:
    """Write the findings, the most severe first: one line a kind, with the first of the kind as an example.

    Args:
        state: The state.
        brief: Whether a kind has one line of the terminal only, and only the first kinds are shown.
    """
    if not state.findings:
        return
    print_heading("Findings")
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for finding in by_severity(state.findings):
        kinds.setdefault((severity_of(finding), as_text(finding.get("kind")) or title_of(finding)), []).append(finding)
    columns = [
        Column("severity"),
        Column("count", right=True),
        Column("finding", fold=not brief),
        Column("for example", fold=not brief, rest=brief),
    ]
    rows = [_kind_row(severity, findings) for (severity, _), findings in kinds.items()]
    print_table(columns, rows[:_MOST_KINDS] if brief else rows)
    if brief and len(rows) > _MOST_KINDS:
        print_line(f"and {count(len(rows) - _MOST_KINDS, 'kind')} more")


def status_cell(state: AuditState) -> Cell:
    """Return a run's status, with its duration or its progress."""
    colour = table.status(state.status).style
    if state.ended:
        took = duration(state.duration)
        return Styled(ended_text(state.status, took), colour)
    where = f" in {state.phase}" if state.phase else ""
    return Styled(f"{state.status}{where}, {short_number(state.pct)}%", colour)


def verdict_cell(state: AuditState) -> Cell:
    """Return a run's verdict in words; None if it has none."""
    if state.verdict is None and state.archived is None:
        return None
    words = describe_verdict({"risk_level": state.risk_level, "trust_score": state.trust_score})
    of = "" if state.trust_score is None else " of 100"
    return table.risk(state.risk_level, f"{words}{of}" if words else short_json(state.verdict))


def coverage_cell(state: AuditState) -> str | None:
    """Return the share of the evidence that was examined, in words; None if the verdict does not have one."""
    coverage = as_number(as_mapping(state.verdict).get("coverage"))
    return None if coverage is None else f"{percent(coverage)} of the evidence"


def finding_counts(state: AuditState) -> str | None:
    """Return the number of findings, in all and by severity; None if there is neither a finding nor a verdict yet."""
    if state.archived is not None:
        return f"{state.archived.findings:,}, in the archive"
    counts = state.severities
    if not counts:
        return "none" if state.verdict else None
    return f"{len(state.findings)}: " + ", ".join(f"{number} {severity}" for severity, number in counts.items())


def ended_text(status: str, took: str | None) -> str:
    """Return `completed in 3.9 s`, `failed after 3.9 s`, or the status alone."""
    return f"{status} {'in' if status == COMPLETED else 'after'} {took}" if took else status


def _subject(state: AuditState) -> Iterator[tuple[str, Cell]]:
    request = state.request
    if request is not None:
        yield "url", request.url
        yield "tier", request.tier
        if request.origin in _ORIGINS:
            yield _ORIGINS[request.origin], shlex.join(request.command)


def _signal_row(name: str, value: object) -> Sequence[Cell]:
    signal = as_mapping(value)
    score = as_number(signal.get("score"))
    weight = as_number(signal.get("used_weight"))
    unknown = "n/a" if signal.get("examined", UNKNOWN) is None else "unknown"
    known = unknown if score is None else short_number(score)
    return name, known, percent(weight), as_text(signal.get("why"))


def _kind_row(severity: str, findings: Sequence[Mapping[str, Any]]) -> Sequence[Cell]:
    first = findings[0]
    return table.severity(severity, severity), str(len(findings)), title_of(first), as_text(first.get("detail"))
