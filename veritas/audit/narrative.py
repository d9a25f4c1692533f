"""A verdict in two to five sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veritas.audit.finding import Finding
from veritas.audit.verdict import Cap, Signal, risk_level

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
