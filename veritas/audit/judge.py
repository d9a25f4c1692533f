"""The judge: a verdict from what was recorded, and from nothing else.

How the trust score comes about, so that anyone can work it out again:

1. A finding costs its signal `PENALTIES[severity] x confidence` points of 100. The second finding of the same kind
   counts a half, the third a quarter, and so on, the gravest first: five pages with one banner are not five banners.
2. A signal's score is 100 less its penalties, at least 0. `security` is the lower of that and of the score that the
   security phase gives the headers, since its findings say the same thing once more.
3. A signal is unknown where the phase that it rests on could say nothing. The others' weights are divided by their
   sum, and the weighted mean of the known scores is the weighted score.
4. Caps: grave findings do not average away (`GRAVE_CAPS`, `CRITICAL_CAPS`), and little knowledge earns no full trust
   (`COVERAGE_CAP`). The lowest cap that applies limits the score, which is then rounded, halves up.
5. Where nobody examined the page itself (neither vision nor security), there is no score.

No finding ever raises the score, and their order does not matter.
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

# A finding less sure than this costs points, but caps nothing.
CERTAIN = 0.7

# Different kinds of grave finding, `high` counting one and `medium` a half, and the score that this many allow at most.
GRAVITY = {"critical": 1.0, "high": 1.0, "medium": 0.5}
GRAVE_CAPS = ((6, 39), (4, 54), (2, 69), (1, 89))

# The same for kinds of critical finding.
CRITICAL_CAPS = ((2, 19), (1, 39))

# Of security's findings only these count for a cap: weak headers are careless, but take nothing from anybody.
CAPPING_SECURITY = frozenset({"secrets_in_clear", "form_in_clear", "form_to_other_site", "mixed_content_active"})

# With less than this share of the weight known, the score stays below `trusted`.
MINIMUM_COVERAGE = 0.5
COVERAGE_CAP = 89

_BY_VISION = ("visual", "structural", "temporal", "meta")
_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


async def run(context: PhaseContext) -> Verdict:
    """Return the verdict on what the phases before recorded."""
    context.emit("weighing", 85, f"Weighing {len(context.findings)} findings")
    return judge(context.summaries, context.findings)


def judge(summaries: Summaries, findings: Sequence[Finding]) -> Verdict:
    """Return the verdict.

    Args:
        summaries: What the phases before returned.
        findings: All findings, in any order.
    """
    findings = sorted(findings, key=_gravest_first)
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
    """Return what the findings of one signal cost it, the gravest of each kind in full."""
    by_kind: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_gravest_first):
        by_kind[finding.kind].append(finding)
    penalties = []
    for repeats in by_kind.values():
        for before, finding in enumerate(sorted(repeats, key=lambda finding: -_points(finding))):
            share = 0.5**before
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
    left = max(0.0, round(100 - cost, 2))
    why = f"{count(len(penalties), 'finding')} took {cost:g} points." if penalties else "Nothing was found against it."
    if name == "security" and security is not None and security.score is not None:
        headers = min(100.0, max(0.0, float(security.score)))
        why = f"The headers score {headers:g}; the findings leave {left:g}; the lower counts."
        left = min(left, headers)
    return Signal(left, weight, weight / known_weight, why, penalties)


def _unknown_signals(summaries: Summaries) -> dict[str, str]:
    """Return why a signal is unknown, for each that is. Findings have no say in it: they could only raise the score."""
    reasons: dict[str, str] = {}
    if summaries.vision is None:
        reasons |= dict.fromkeys(_BY_VISION, "The page was not examined for dark patterns.")
    elif not summaries.vision.pages:
        reasons |= dict.fromkeys(_BY_VISION, "There was no page to examine for dark patterns.")
    elif summaries.scout is not None and summaries.scout.status >= 400:
        reasons |= dict.fromkeys(_BY_VISION, f"The page is an error page (status {summaries.scout.status}).")
    if summaries.graph is None:
        reasons["graph"] = "Who is behind the page was not examined."
    elif not summaries.graph.answered:
        reasons["graph"] = "No question about who is behind the page could be answered."
    if summaries.security is None:
        reasons["security"] = "The page's security was not examined."
    elif summaries.security.score is None:
        reasons["security"] = "The security phase gave no score."
    return reasons


def _caps(findings: Sequence[Finding], coverage: float) -> list[Cap]:
    """Return every cap that applies."""
    certain = [
        finding
        for finding in findings
        if _confidence(finding) >= CERTAIN and (finding.signal != "security" or finding.kind in CAPPING_SECURITY)
    ]
    caps = []
    gravity: dict[str, float] = {}
    for finding in certain:
        if finding.severity in GRAVITY:
            gravity[finding.kind] = max(gravity.get(finding.kind, 0.0), GRAVITY[finding.severity])
    total = math.fsum(gravity.values())
    for least, limit in GRAVE_CAPS:
        if total >= least:
            kinds = f"{count(len(gravity), 'kind')} of grave finding, of weight {total:g} in all"
            why = f"{kinds}: a weight of {least} or more allows at most {limit}."
            caps.append(Cap(limit, why, tuple(sorted(gravity))))
            break
    critical = tuple(sorted({finding.kind for finding in certain if finding.severity == "critical"}))
    for least, limit in CRITICAL_CAPS:
        if len(critical) >= least:
            why = f"With {count(len(critical), 'kind')} of critical finding the score is {limit} at most."
            caps.append(Cap(limit, why, critical))
            break
    if coverage < MINIMUM_COVERAGE:
        why = f"Only {coverage:.0%} of the evidence is known, which allows at most {COVERAGE_CAP}."
        caps.append(Cap(COVERAGE_CAP, why))
    return caps


def _points(finding: Finding) -> float:
    return PENALTIES.get(finding.severity, 0.0) * _confidence(finding)


def _confidence(finding: Finding) -> float:
    return min(1.0, max(0.0, float(finding.confidence))) if _is_number(finding.confidence) else 0.0


def _gravest_first(finding: Finding) -> tuple[Any, ...]:
    """Order by gravity, then by everything else that shows in a verdict, so that nothing depends on the order given."""
    rank = _SEVERITY_RANK.get(finding.severity, 0)
    names = (finding.kind, finding.url, finding.title, finding.severity, finding.signal)
    return (-rank, -_confidence(finding), *names, sorted(finding.taxonomy.items()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _round_half_up(value: float) -> int:
    return math.floor(value + 0.5)
