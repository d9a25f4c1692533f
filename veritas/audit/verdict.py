"""The verdict on a page, with everything that is needed to work it out again by hand."""

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


def risk_level(trust_score: int | None) -> str:
    """Return the level that *trust_score* falls into; `unknown` for None."""
    if trust_score is None:
        return UNKNOWN_RISK
    return next(level for level, lowest in RISK_LEVELS if trust_score >= lowest or lowest == 0)


class Penalty(msgspec.Struct, frozen=True):
    """What one finding cost its signal: the points of its severity x confidence x share = points.

    Attributes:
        kind: The finding's kind.
        title: The finding's title.
        url: The page it was found on.
        severity: The finding's severity.
        confidence: The finding's confidence, 0-1.
        share: 1 for the most severe finding of its kind, then a half, a quarter …
        points: Of 100, rounded to hundredths.
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
        score: 0-100; None where it is unknown.
        weight: Its weight among all signals.
        used_weight: Its weight among the known ones; 0 where it is unknown.
        why: One sentence: what the score rests on, or why there is none.
        penalties: What each finding took from it, the most severe first.
    """

    score: float | None
    weight: float
    used_weight: float
    why: str
    penalties: tuple[Penalty, ...] = ()


class Cap(msgspec.Struct, frozen=True):
    """A rule that kept the trust score down.

    Attributes:
        limit: The highest trust score that it allows.
        why: One sentence.
        kinds: The kinds of finding that it rests on; empty where it rests on none.
    """

    limit: int
    why: str
    kinds: tuple[str, ...] = ()


class Recommendation(msgspec.Struct, frozen=True):
    """Advice for one audience.

    Attributes:
        audience: `consumer` or `owner`.
        text: What to do, in a sentence or two.
        because: The kinds of finding that call for it; empty where something unknown does.
    """

    audience: str
    text: str
    because: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What the judge makes of an audit: the judge's summary.

    Attributes:
        trust_score: 0-100; None where too little is known for one.
        risk_level: `trusted`, `probably_safe`, `suspicious`, `high_risk`, `likely_fraudulent` or `unknown`.
        weighted_score: The known signals' weighted mean, before any cap; None where there is no score.
        coverage: The share of the weight that is known, 0-1.
        signals: The signals by name.
        capped_by: The rule that lowered the weighted score; None where none did.
        counts: How many findings there are of each severity.
        narrative: Two to five sentences.
        recommendations: The most pressing first.
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


_LEVEL_WORDS = {
    "trusted": "it can be trusted",
    "probably_safe": "it is probably safe",
    "suspicious": "it is suspicious",
    "high_risk": "it is a high risk",
    "likely_fraudulent": "it is likely to be fraudulent",
}
_MAX_NAMED = 3


def narrate(
    score: int | None,
    weighted: float | None,
    signals: Mapping[str, Signal],
    cap: Cap | None,
    coverage: float,
    findings: Sequence[Finding],
) -> str:
    """Tell what was found and what is unknown.

    Args:
        findings: The gravest first.
    """
    known = [name for name, signal in signals.items() if signal.score is not None]
    marks = [finding for finding in findings if finding.severity != "info"]
    sentences = [_verdict(score, known)]
    if marks:
        sentences.append(_gravest(marks))
    elif known:
        sentences.append(f"Nothing was found against it in what was examined ({_listed(known)}).")
    if cap and weighted is not None:
        sentences.append(f"Averaged it would have {weighted:.1f}, but {cap.why[0].lower()}{cap.why[1:]}")
    if len(known) < len(signals):
        sentences.append(_unknown(signals, coverage))
    if len(sentences) == 1:
        sentences.append("All six signals are known.")
    return " ".join(sentences)


def _verdict(score: int | None, known: Sequence[str]) -> str:
    if score is not None:
        return f"The page has {score} of 100 points: {_LEVEL_WORDS[risk_level(score)]}."
    if known:
        return "The page itself could not be examined, so there is no score."
    return "Nothing is known of the page, so there is no score."


def _gravest(marks: Sequence[Finding]) -> str:
    by_kind: dict[str, Finding] = {}
    for finding in marks:
        by_kind.setdefault(finding.kind, finding)
    named = list(by_kind.values())[:_MAX_NAMED]
    shown = "; ".join(f"{finding.title} ({finding.severity}, {finding.url})" for finding in named)
    kinds = "1 kind of finding" if len(by_kind) == 1 else f"{len(by_kind)} kinds of finding"
    most = "namely" if len(by_kind) <= _MAX_NAMED else "above all"
    return f"There {'is' if len(by_kind) == 1 else 'are'} {kinds} against it, {most}: {shown}."


def _unknown(signals: Mapping[str, Signal], coverage: float) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, signal in signals.items():
        if signal.score is None:
            by_reason.setdefault(signal.why.rstrip("."), []).append(name)
    shown = "; ".join(f"{_listed(names)} ({reason[0].lower()}{reason[1:]})" for reason, names in by_reason.items())
    rest = f", so the score rests on {coverage:.0%} of the evidence" if coverage else ""
    return f"Unknown: {shown}{rest}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
