"""The verdict on a page: the judge's scores, with everything that is needed to recalculate them, and its narrative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from veritas.audit.finding import Finding

# The lowest trust score of each level.
RISK_LEVELS = (
    ("trusted", 90),
    ("probably_safe", 70),
    ("suspicious", 40),
    ("high_risk", 20),
    ("likely_fraudulent", 0),
)
UNKNOWN_RISK = "unknown"

_LEVEL_WORDS = {
    "trusted": "it can be trusted",
    "probably_safe": "it is probably safe",
    "suspicious": "it is suspicious",
    "high_risk": "it is a high risk",
    "likely_fraudulent": "it is likely to be fraudulent",
}
_MAX_NAMED = 3


def risk_level(trust_score: int | None) -> str:
    """Return the risk level of *trust_score*, or `unknown` for None."""
    if trust_score is None:
        return UNKNOWN_RISK
    return next(level for level, lowest in RISK_LEVELS if trust_score >= lowest or lowest == 0)


class Penalty(msgspec.Struct, frozen=True):
    """The points that one finding costs its signal: the points of its severity x confidence x share.

    Attributes:
        kind: The finding's kind.
        title: The finding's title.
        url: The page's URL.
        severity: The finding's severity.
        confidence: The finding's confidence, 0-1.
        share: 1 for the most severe finding of its kind, then a half, a quarter …
        points: The points of 100, rounded to hundredths.
    """

    kind: str
    title: str
    url: str
    severity: str
    confidence: float
    share: float
    points: float


class Signal(msgspec.Struct, frozen=True):
    """One of the signals of a verdict.

    Attributes:
        score: 0-100; None if it is unknown.
        weight: The signal's weight among all signals.
        used_weight: The signal's weight among the known signals; 0 if it is unknown.
        why: The reason for the score, or why it is unknown, in one sentence.
        penalties: The penalties of the signal's findings, the highest first.
    """

    score: float | None
    weight: float
    used_weight: float
    why: str
    penalties: tuple[Penalty, ...] = ()


class Cap(msgspec.Struct, frozen=True):
    """A limit of the trust score.

    Attributes:
        limit: The highest trust score that is allowed.
        why: The reason, in one sentence.
        kinds: The kinds of finding that cause the limit; empty if its cause is not a finding.
    """

    limit: int
    why: str
    kinds: tuple[str, ...] = ()


class Recommendation(msgspec.Struct, frozen=True):
    """A recommendation to one audience.

    Attributes:
        audience: `consumer` or `owner`.
        text: The recommendation, in one or two sentences.
        because: The kinds of finding that are its reason; empty if the reason is an unknown signal.
    """

    audience: str
    text: str
    because: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """The judge's verdict on an audit: the summary of `judge/done`.

    Attributes:
        trust_score: 0-100; None if too little is known.
        risk_level: `trusted`, `probably_safe`, `suspicious`, `high_risk`, `likely_fraudulent` or `unknown`.
        weighted_score: The weighted mean of the known signals, before any cap; None if too little is known.
        coverage: The share of the weight that is known, 0-1.
        signals: The signals, by name.
        capped_by: The cap that lowered the weighted score, or None.
        counts: The number of findings of each severity.
        narrative: The verdict in two to five sentences.
        recommendations: The recommendations, the most urgent first.
    """

    trust_score: int | None
    risk_level: str
    weighted_score: float | None
    coverage: float
    signals: dict[str, Signal]
    capped_by: Cap | None
    counts: dict[str, int]
    narrative: str
    recommendations: tuple[Recommendation, ...]


def narrate(
    score: int | None,
    weighted: float | None,
    signals: Mapping[str, Signal],
    cap: Cap | None,
    coverage: float,
    findings: Sequence[Finding],
) -> str:
    """Describe the score, the findings and what is unknown.

    Args:
        findings: The findings, the most severe first.
    """
    known = [name for name, signal in signals.items() if signal.score is not None]
    counted = [finding for finding in findings if finding.severity != "info"]
    sentences = [_describe_score(score, known)]
    if counted:
        sentences.append(_describe_findings(counted))
    elif known:
        sentences.append(f"The examined signals have no findings ({_listed(known)}).")
    if cap and weighted is not None:
        sentences.append(f"Without a limit the score would be {weighted:.1f}, but {cap.why[0].lower()}{cap.why[1:]}")
    if len(known) < len(signals):
        sentences.append(_describe_unknown(signals, coverage))
    if len(sentences) == 1:
        sentences.append("All six signals are known.")
    return " ".join(sentences)


def _describe_score(score: int | None, known: Sequence[str]) -> str:
    if score is not None:
        return f"The page has {score} of 100 points: {_LEVEL_WORDS[risk_level(score)]}."
    if known:
        return "The page itself could not be examined, so it has no score."
    return "Nothing is known about the page, so it has no score."


def _describe_findings(findings: Sequence[Finding]) -> str:
    by_kind: dict[str, Finding] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, finding)
    worst = list(by_kind.values())[:_MAX_NAMED]
    named = "; ".join(f"{finding.title} ({finding.severity}, {finding.url})" for finding in worst)
    are_kinds = "is 1 kind" if len(by_kind) == 1 else f"are {len(by_kind)} kinds"
    most_severe = "" if len(by_kind) <= _MAX_NAMED else ", the most severe first"
    return f"There {are_kinds} of finding{most_severe}: {named}."


def _describe_unknown(signals: Mapping[str, Signal], coverage: float) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, signal in signals.items():
        if signal.score is None:
            by_reason.setdefault(signal.why.rstrip("."), []).append(name)
    unknown = "; ".join(f"{_listed(names)} ({reason[0].lower()}{reason[1:]})" for reason, names in by_reason.items())
    basis = f", so the score is based on {coverage:.0%} of the evidence" if coverage else ""
    return f"Unknown: {unknown}{basis}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
