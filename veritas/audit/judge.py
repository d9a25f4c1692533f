"""The judge: a verdict that depends only on the recorded findings and summaries.

The trust score is calculated as follows, so that anyone can recalculate it:

1. A finding costs its signal `PENALTIES[severity] x confidence` points of 100. The second finding of the same kind
   costs a half, the third a quarter, and so on, the most severe first: one banner on five pages is not five banners.
2. A signal's score is 100 minus its penalties, but at least 0. The score of `security` is the lower of that and the
   score that the security phase gives the headers, because the findings repeat the failed checks.
3. A signal is unknown if its phase has no result. The weights of the known signals are divided by their sum; the
   weighted mean of the known scores is the weighted score.
4. Caps limit the score: severe findings are not averaged away (`SEVERE_CAPS`, `CRITICAL_CAPS`), and a page that is
   mostly unknown is not fully trusted (`COVERAGE_CAP`). The lowest cap that applies is used. Then the score is rounded,
   halves up.
5. If the page itself was not examined (neither by vision nor by security), it has no score.

No finding ever raises the score, and the order of the findings does not matter.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from veritas.audit.finding import SEVERITIES, Finding
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.recommendations import recommendations_for
from veritas.audit.summaries import SecuritySummary
from veritas.audit.verdict import Cap, Penalty, Signal, Verdict, narrate, risk_level
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

# If less than this share of the weight is known, the score stays below `trusted`.
MINIMUM_COVERAGE = 0.5
COVERAGE_CAP = 89

_BY_VISION = ("visual", "structural", "temporal", "meta")
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
    reasons = _unknown_signals(summaries)
    known_weight = math.fsum(weight for name, weight in WEIGHTS.items() if name not in reasons)
    signals = {name: _signal(name, known_weight, reasons.get(name), findings, summaries.security) for name in WEIGHTS}
    coverage = round(known_weight, 4)
    weighted: float | None = None
    cap: Cap | None = None
    score: int | None = None
    if not {"visual", "security"} <= reasons.keys():
        parts = (signal.score * signal.used_weight for signal in signals.values() if signal.score is not None)
        weighted = round(math.fsum(parts), 4)
        cap = min(_caps(findings, coverage), key=lambda cap: cap.limit, default=None)
        if cap and weighted <= cap.limit:
            cap = None
        score = _round_half_up(cap.limit if cap else weighted)
    counts = Counter(finding.severity for finding in findings)
    return Verdict(
        trust_score=score,
        risk_level=risk_level(score),
        weighted_score=weighted,
        coverage=coverage,
        signals=signals,
        capped_by=cap,
        counts={severity: counts[severity] for severity in reversed(SEVERITIES)},
        narrative=narrate(score, weighted, signals, cap, coverage, findings),
        recommendations=recommendations_for(findings, unknown=[name for name in WEIGHTS if name in reasons]),
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


def _signal(
    name: str, known_weight: float, reason: str | None, findings: Sequence[Finding], security: SecuritySummary | None
) -> Signal:
    weight = WEIGHTS[name]
    penalties = penalties_of([finding for finding in findings if finding.signal == name])
    if reason is not None:
        return Signal(None, weight, 0.0, reason, penalties)
    cost = round(math.fsum(penalty.points for penalty in penalties), 2)
    score = max(0.0, round(100 - cost, 2))
    why = f"{count(len(penalties), 'finding')} cost {cost:g} points." if penalties else "The signal has no findings."
    if name == "security" and security is not None and security.score is not None:
        headers = min(100.0, max(0.0, float(security.score)))
        why = f"The headers score {headers:g}, the findings leave {score:g}; the lower score counts."
        score = min(score, headers)
    return Signal(score, weight, weight / known_weight, why, penalties)


def _unknown_signals(summaries: Summaries) -> dict[str, str]:
    """Return the reason for each signal that is unknown.

    Findings do not decide whether a signal is known, because then a finding could raise the score.
    """
    reasons: dict[str, str] = {}
    if summaries.vision is None:
        reasons |= dict.fromkeys(_BY_VISION, "The page was not examined for dark patterns.")
    elif not summaries.vision.pages:
        reasons |= dict.fromkeys(_BY_VISION, "No page could be examined for dark patterns.")
    elif summaries.scout is not None and summaries.scout.status >= 400:
        reasons |= dict.fromkeys(_BY_VISION, f"The page is an error page (status {summaries.scout.status}).")
    if summaries.graph is None:
        reasons["graph"] = "It was not examined who runs the site."
    elif not summaries.graph.answered:
        reasons["graph"] = "No check of who runs the site could be answered."
    if summaries.security is None:
        reasons["security"] = "The page's security was not examined."
    elif summaries.security.score is None:
        reasons["security"] = "The security phase has no score."
    return reasons


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
            why = f"There {'is' if len(weights) == 1 else 'are'} {kinds}; {least} or more limits the score to {limit}."
            caps.append(Cap(limit, why, tuple(sorted(weights))))
            break
    critical = tuple(sorted({finding.kind for finding in certain if finding.severity == "critical"}))
    for least, limit in CRITICAL_CAPS:
        if len(critical) >= least:
            kinds = f"{count(len(critical), 'kind')} of critical findings"
            why = f"There {'is' if len(critical) == 1 else 'are'} {kinds}, which limits the score to {limit}."
            caps.append(Cap(limit, why, critical))
            break
    if coverage < MINIMUM_COVERAGE:
        why = f"Only {coverage:.0%} of the evidence is known, which limits the score to {COVERAGE_CAP}."
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
