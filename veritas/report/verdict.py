"""The verdict in a report: the score, its signals, and the recommendations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from veritas.events.json import as_items, as_mapping, as_number, as_text
from veritas.formatting import duration, percent, short_number, utc_time
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
from veritas.projections.unexamined import Gap, unexamined
from veritas.report.chips import Chip, risk_tone, severity_chip, status_chip
from veritas.report.run import ReportedRun

_GOOD_SCORE, _FAIR_SCORE = 70, 40


@dataclass(frozen=True)
class Heading:
    """The top of a report: the subject and the result.

    Attributes:
        subject: The URL or the command.
        run_id: The run.
        score: The trust score; None if it is not known.
        verdict: The risk level in words.
        tone: The tone of the risk level.
        tier: The tier that was requested.
        visitor: The visitor that the site saw; None if it was the default one.
        login: What the audit logged in with; None if it did not log in.
        proxy: The proxies that the audit went through; None if it used none.
        private_hosts: The hosts that were opened although they are not public; None if none was.
        sandbox: Why the browser ran without its sandbox; None if it had one.
        refused: The connections that the audit was refused; None if none was.
        started: When the run was requested.
        status: Its status.
        duration: How long it took.
        error: Why it failed.
        capped: Why the score has an upper limit.
        because: Why the verdict is inconclusive.
        examined: The share of the evidence that was examined.
        limits: The limits that the visits reached, each with the number of visits.
        findings: How many findings there are of each severity; None if that is not known.
    """

    subject: str
    run_id: str
    score: str | None
    verdict: str
    tone: str
    tier: str | None
    visitor: str | None
    login: str | None
    proxy: str | None
    private_hosts: str | None
    sandbox: str | None
    refused: str | None
    started: str | None
    status: Chip
    duration: str | None
    error: str | None
    capped: str | None
    because: str | None
    examined: str | None
    limits: str | None
    findings: Sequence[Chip] | None


@dataclass(frozen=True)
class Signal:
    """One signal of the score.

    Attributes:
        name: Its name.
        width: The width of its bar, 0-100; None if the score is not known.
        tone: The tone of its bar.
        score: Its score, `unknown`, or `n/a` if it does not apply to the site.
        weight: The weight that it was given.
        why: The reason for the score.
    """

    name: str
    width: float | None
    tone: str
    score: str
    weight: str | None
    why: str | None


def heading_of(run: ReportedRun) -> Heading:
    """Return what was audited, and the result."""
    state, verdict = run.state, as_mapping(run.state.verdict)
    score, level = as_number(state.trust_score), state.risk_level
    return Heading(
        subject=run.subject,
        run_id=state.run_id,
        score=None if score is None else short_number(score),
        verdict=verdict_words(level, known=bool(verdict)),
        tone=risk_tone(level),
        tier=state.request.tier if state.request else None,
        visitor=describe_chosen_visitor(state),
        login=describe_login(state),
        proxy=describe_proxies(state),
        private_hosts=describe_private_hosts(state),
        sandbox=describe_sandbox(state),
        refused=describe_refusals(state),
        started=utc_time(state.started_at),
        status=status_chip(state.status),
        duration=duration(state.duration),
        error=state.error,
        capped=as_text(as_mapping(verdict.get("capped_by")).get("why")),
        because=as_text(verdict.get("inconclusive_because")),
        examined=percent(as_number(verdict.get("coverage"))),
        limits=describe_limits(state),
        findings=_finding_counts(state),
    )


def verdict_words(level: str | None, *, known: bool) -> str:
    """Return a risk level in words; without one it depends on whether a verdict is known at all."""
    return level.replace("_", " ") if level else "unknown" if known else "no verdict"


def narrative_of(run: ReportedRun) -> str | None:
    """Return the verdict in words."""
    return as_text(as_mapping(run.state.verdict).get("narrative"))


def signals_of(run: ReportedRun) -> list[Signal]:
    """Return the signals that make up the score."""
    return [
        _signal(str(name), as_mapping(signal))
        for name, signal in as_mapping(as_mapping(run.state.verdict).get("signals")).items()
    ]


def unexamined_of(run: ReportedRun) -> list[Gap]:
    """Return what could not be examined."""
    return unexamined(run.state.verdict)


def recommendations_of(run: ReportedRun) -> Mapping[str, Sequence[str]]:
    """Return the recommendations by audience."""
    by_audience: dict[str, list[str]] = {}
    for recommendation in map(as_mapping, as_items(as_mapping(run.state.verdict).get("recommendations"))):
        if text := as_text(recommendation.get("text")):
            by_audience.setdefault(as_text(recommendation.get("audience")) or "reader", []).append(text)
    return by_audience


def _signal(name: str, signal: Mapping[str, object]) -> Signal:
    score = as_number(signal.get("score"))
    width = None if score is None else min(max(score, 0.0), 100.0)
    unknown = "n/a" if signal.get("examined", "") is None else "unknown"
    return Signal(
        name=name,
        width=width,
        tone="good" if (width or 0) >= _GOOD_SCORE else "fair" if (width or 0) >= _FAIR_SCORE else "bad",
        score=unknown if score is None else short_number(score),
        weight=percent(as_number(signal.get("used_weight"))),
        why=as_text(signal.get("why")),
    )


def _finding_counts(state: AuditState) -> list[Chip] | None:
    if not state.severities and not state.verdict:
        return None
    return [severity_chip(severity, number) for severity, number in state.severities.items()]
