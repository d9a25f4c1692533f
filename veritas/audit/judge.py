"""The judge: a verdict that depends only on the recorded findings and summaries.

The trust score is calculated as follows, so that anyone can recalculate it:

1. A finding costs its signal `PENALTIES[severity] x confidence` points of 100. The second finding of the same kind
   costs a half, the third a quarter, and so on, the most severe first: one banner on five pages is not five banners.
2. A signal's score is 100 minus its penalties, but at least 0. The score of `security` is the lower of that and the
   score that the security phase gives the headers, because the findings repeat the failed checks. A test of the headers
   without an answer counts as failed in the worst way.
3. The weighted score is 100 minus the weighted points that the signals lost. Findings count in full even if the rest of
   their signal is unknown. If nothing is known of the headers, `security` loses all its points. If nothing is known of
   who runs the site, the points are divided by the weight of the other signals: they are all there is.
4. Caps limit the score: severe findings are not averaged away (`SEVERE_CAPS`, `CRITICAL_CAPS`), and a page of which too
   much was not examined is not fully trusted (`COVERAGE_CAP`). The lowest cap that applies is used. Then the score is
   rounded, halves up.
5. What was not examined (`veritas.audit.coverage`) costs no points, because it is not evidence of anything, but without
   it the page is not called safe. If the score is that of a safe page and too little was examined
   (`MINIMUM_COVERAGE`, `REQUIRED_CONTENT`, `REQUIRED_SECURITY`), the page has no score: the verdict is `inconclusive`
   or, if nothing of the page was examined, `unknown`. A page whose findings make it suspicious stays so, whatever was
   not examined.

The first version of the scoring (`algorithm` 1) took the mean of the known signals only: then the loss of a signal with
a low score raised the score.

No finding ever raises the score, nor does the loss of a phase, a page or an answer make a page safer. The order of the
findings does not matter.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from veritas.audit.coverage import CONTENT, Coverage, coverage_of, unanswered_tests
from veritas.audit.finding import SEVERITIES, Finding
from veritas.audit.headers.outcomes import OUTCOMES
from veritas.audit.narrative import narrate
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.recommendations import recommendations_for
from veritas.audit.summaries import SecuritySummary
from veritas.audit.verdict import (
    ALGORITHM,
    INCONCLUSIVE,
    SAFE_SCORE,
    UNKNOWN_RISK,
    Cap,
    Penalty,
    Signal,
    Verdict,
    risk_level,
)
from veritas.formatting import count

WEIGHTS = {"visual": 0.20, "structural": 0.15, "temporal": 0.10, "graph": 0.25, "meta": 0.10, "security": 0.20}
PENALTIES = {"critical": 50.0, "high": 25.0, "medium": 12.0, "low": 4.0, "info": 0.0}

# A finding with less confidence costs points, but does not cause a cap.
CERTAIN = 0.7

# The total weight of the kinds of severe findings, and the highest score that it allows.
SEVERITY_WEIGHTS = {"critical": 1.0, "high": 1.0, "medium": 0.5}
SEVERE_CAPS = ((6, 39), (4, 54), (2, 69), (1, 89))

# The number of kinds of critical findings, and the highest score that it allows.
CRITICAL_CAPS = ((2, 19), (1, 39))

# The only security findings that cause a cap; weak headers are careless, but do not take data from visitors.
CAPPING_SECURITY = frozenset({"secrets_in_clear", "form_in_clear", "form_to_other_site", "mixed_content_active"})

# A page is not called safe if less than these shares were examined: of everything, of what the page shows, and of its
# security. Of who runs the site one answer is enough, because most certificates name no company.
MINIMUM_COVERAGE = 2 / 3
REQUIRED_CONTENT, REQUIRED_SECURITY = 0.6, 0.5

# If less than this share was examined, the score stays below `trusted`.
TRUSTED_COVERAGE = 0.8
COVERAGE_CAP = 89

_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


async def run(context: PhaseContext) -> Verdict:
    """Return the verdict on what the earlier phases recorded."""
    context.emit("weighing", 85, f"Weighing {count(len(context.findings), 'finding')}")
    return judge(context.summaries, context.findings)


def judge(summaries: Summaries, findings: Sequence[Finding]) -> Verdict:
    """Return the verdict.

    Args:
        summaries: The summaries of the earlier phases.
        findings: All findings, in any order.
    """
    findings = sorted(findings, key=_severity_order)
    covered = coverage_of(summaries)
    coverage = round(covered.over(WEIGHTS), 4)
    signals = {name: _signal(name, covered, findings, summaries.security) for name in WEIGHTS}
    known_weight = 1 - (0 if covered.shares["graph"] else WEIGHTS["graph"])
    points = round(max(0.0, 100 - math.fsum(map(_lost_points, signals, signals.values())) / known_weight), 4)
    cap = min(_caps(findings, coverage), key=lambda cap: cap.limit, default=None)
    if cap and points <= cap.limit:
        cap = None
    safest = _round_half_up(cap.limit if cap else points)
    because = _why_inconclusive(covered, coverage) if safest >= SAFE_SCORE else None
    score: int | None = safest
    weighted: float | None = points
    level = risk_level(safest)
    if because:
        score, weighted, cap, level = None, None, None, INCONCLUSIVE
        if not any(covered.shares[name] for name in (*CONTENT, "security")):
            because, level = None, UNKNOWN_RISK
    counts = Counter(finding.severity for finding in findings)
    return Verdict(
        trust_score=score,
        risk_level=level,
        weighted_score=weighted,
        coverage=coverage,
        signals=signals,
        capped_by=cap,
        counts={severity: counts[severity] for severity in reversed(SEVERITIES)},
        narrative=narrate(
            score,
            weighted,
            signals,
            cap,
            coverage,
            findings,
            inconclusive_because=because,
            not_examined=covered.unexamined,
        ),
        recommendations=recommendations_for(findings, unknown=list(covered.reasons), inconclusive=score is None),
        algorithm=ALGORITHM,
        inconclusive_because=because,
        not_examined=covered.unexamined,
    )


def penalties_of(findings: Sequence[Finding]) -> tuple[Penalty, ...]:
    """Return the penalties of one signal's findings; the most severe of each kind counts in full."""
    by_kind: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_severity_order):
        by_kind[finding.kind].append(finding)
    penalties = []
    for same_kind in by_kind.values():
        for number, finding in enumerate(sorted(same_kind, key=lambda finding: -_points(finding))):
            share = 0.5**number
            penalties.append(
                Penalty(
                    kind=finding.kind,
                    title=finding.title,
                    url=finding.url,
                    severity=finding.severity,
                    confidence=_confidence(finding),
                    share=share,
                    points=round(_points(finding) * share, 2),
                )
            )
    return tuple(sorted(penalties, key=lambda penalty: -penalty.points))


def _signal(name: str, covered: Coverage, findings: Sequence[Finding], security: SecuritySummary | None) -> Signal:
    weight, share = WEIGHTS[name], covered.shares[name]
    penalties = penalties_of([finding for finding in findings if finding.signal == name])
    if not share:
        return Signal(None, weight, 0.0, covered.reasons[name], penalties, share)
    cost = round(math.fsum(penalty.points for penalty in penalties), 2)
    score = max(0.0, round(100 - cost, 2))
    why = f"{count(len(penalties), 'finding')} cost {cost:g} points." if penalties else "The signal has no findings."
    if name == "security" and security is not None:
        headers, unanswered = _headers_score(security), len(unanswered_tests(security))
        failed = f", with {count(unanswered, 'test')} without an answer counted as failed" if unanswered else ""
        why = f"The headers score {headers:g}{failed}; the findings leave {score:g}; the lower score counts."
        score = min(score, headers)
    if share < 1:
        why = f"{why} {share:.0%} was examined."
    return Signal(score, weight, round(weight * share, 4), why, penalties, share)


def _headers_score(security: SecuritySummary) -> float:
    """Return the score of the headers, 0-100, with each test that has no answer counted as failed in the worst way."""
    score = min(100.0, max(0.0, float(security.score or 0)))
    unanswered = unanswered_tests(security)
    if not unanswered:
        return score
    without_credit = 100 + math.fsum(min(check.modifier, 0) for check in security.checks)
    worst = math.fsum(
        min((outcome.modifier for outcome in OUTCOMES.get(test.test, {}).values()), default=0) for test in unanswered
    )
    return max(0.0, min(score, without_credit) + worst)


def _lost_points(name: str, signal: Signal) -> float:
    """Return how many of the 100 points the score loses by *signal*."""
    if signal.score is not None:
        return signal.weight * (100 - signal.score)
    if name == "security":
        return signal.weight * 100
    return signal.weight * min(100.0, math.fsum(penalty.points for penalty in signal.penalties))


def _why_inconclusive(covered: Coverage, coverage: float) -> str | None:
    """Return in a sentence why too little was examined to call the page safe; None if it was enough."""
    if covered.unseen:
        return covered.unseen
    content = covered.over({name: WEIGHTS[name] for name in CONTENT})
    security = covered.shares["security"] or 0.0
    for share, required, what, reason in (
        (content, REQUIRED_CONTENT, "of what the pages show", None if content else covered.reasons["visual"]),
        (security, REQUIRED_SECURITY, "of the page's security", covered.reasons.get("security")),
    ):
        if share < required:
            return reason or f"Only {share:.0%} {what} was examined. {covered.largest_gap}".strip()
    if covered.shares["graph"] == 0:
        return covered.reasons["graph"]
    if coverage < MINIMUM_COVERAGE:
        return f"Only {coverage:.0%} of the evidence was examined. {covered.largest_gap}".strip()
    return None


def _caps(findings: Sequence[Finding], coverage: float) -> list[Cap]:
    """Return every cap that applies."""
    certain = [
        finding
        for finding in findings
        if _confidence(finding) >= CERTAIN and (finding.signal != "security" or finding.kind in CAPPING_SECURITY)
    ]
    caps = []
    weights: dict[str, float] = {}
    for finding in certain:
        if finding.severity in SEVERITY_WEIGHTS:
            weights[finding.kind] = max(weights.get(finding.kind, 0.0), SEVERITY_WEIGHTS[finding.severity])
    total = math.fsum(weights.values())
    for least, limit in SEVERE_CAPS:
        if total >= least:
            kinds = f"{count(len(weights), 'kind')} of severe findings with a total weight of {total:g}"
            why = f"There {'is' if len(weights) == 1 else 'are'} {kinds}"
            why += f"; a weight of {least} or more limits the score to {limit}."
            caps.append(Cap(limit, why, tuple(sorted(weights))))
            break
    critical = tuple(sorted({finding.kind for finding in certain if finding.severity == "critical"}))
    for least, limit in CRITICAL_CAPS:
        if len(critical) >= least:
            kinds = f"{count(len(critical), 'kind')} of critical findings"
            why = f"There {'is' if len(critical) == 1 else 'are'} {kinds}, which limits the score to {limit}."
            caps.append(Cap(limit, why, critical))
            break
    if coverage < TRUSTED_COVERAGE:
        why = f"Only {coverage:.0%} of the evidence was examined, which limits the score to {COVERAGE_CAP}."
        caps.append(Cap(COVERAGE_CAP, why))
    return caps


def _points(finding: Finding) -> float:
    return PENALTIES.get(finding.severity, 0.0) * _confidence(finding)


def _confidence(finding: Finding) -> float:
    return min(1.0, max(0.0, float(finding.confidence))) if _is_number(finding.confidence) else 0.0


def _severity_order(finding: Finding) -> tuple[Any, ...]:
    """Return a sort key: severity, then all else that a verdict shows, so that the given order does not matter."""
    rank = _SEVERITY_RANK.get(finding.severity, 0)
    names = (finding.kind, finding.url, finding.title, finding.severity, finding.signal)
    return (-rank, -_confidence(finding), *names, sorted(finding.taxonomy.items()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _round_half_up(value: float) -> int:
    return math.floor(value + 0.5)
