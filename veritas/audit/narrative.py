"""The narrative of a verdict: the score, the findings and what was not examined, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veritas.audit.finding import Finding
from veritas.audit.unexamined import PAGE, Unexamined
from veritas.audit.verdict import Cap, Signal, risk_level
from veritas.formatting import count

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
    *,
    inconclusive_because: str | None = None,
    not_examined: Sequence[Unexamined] = (),
) -> str:
    """Describe the score, the findings and what was not examined.

    Args:
        score: The score; None if too little was examined.
        findings: The findings, the most severe first.
        inconclusive_because: Why the verdict is inconclusive; None if it is not, or nothing is known.
    """
    known = [name for name, signal in signals.items() if signal.score is not None]
    counted = [finding for finding in findings if finding.severity != "info"]
    sentences = [_describe_score(score, known, inconclusive_because)]
    if counted:
        sentences.append(_describe_findings(counted))
    elif known:
        sentences.append(f"The examined signals have no findings ({_listed(known)}).")
    if cap and weighted is not None:
        sentences.append(f"Without a limit the score would be {weighted:.1f}, but {_continued(cap.why)}")
    unknown = _describe_unknown(signals)
    if unknown:
        sentences.append(unknown)
    if not_examined and known:
        sentences.append(_describe_unexamined(not_examined, coverage))
    if len(sentences) == 1:
        sentences.append("All six signals are known." if len(known) == len(signals) else "It should be audited again.")
    return " ".join(sentences)


def _describe_score(score: int | None, known: Sequence[str], inconclusive_because: str | None) -> str:
    if score is not None:
        return f"The page has {score} of 100 points: {_LEVEL_WORDS[risk_level(score)]}."
    if inconclusive_because:
        return f"The verdict is inconclusive, because {_continued(inconclusive_because)}"
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


def _describe_unknown(signals: Mapping[str, Signal]) -> str:
    by_reason: dict[tuple[str, str], list[str]] = {}
    for name, signal in signals.items():
        if signal.score is None:
            what = "not applicable" if signal.examined is None else "unknown"
            by_reason.setdefault((what, _continued(signal.why.rstrip("."))), []).append(name)
    unknown = "; ".join(f"{what}: {_listed(names)} ({reason})" for (what, reason), names in by_reason.items())
    return f"{unknown[:1].upper()}{unknown[1:]}." if unknown else ""


def _describe_unexamined(items: Sequence[Unexamined], coverage: float) -> str:
    """Name what was not examined, the pages first; equal things on several pages once."""
    kinds: dict[str, int] = {}
    for item in sorted(items, key=lambda item: item.what != PAGE):
        kinds[item.what] = kinds.get(item.what, 0) + item.count
    named = [what if number == 1 else f"{what} ({number:,})" for what, number in list(kinds.items())[:_MAX_NAMED]]
    more = len(kinds) - len(named)
    things = _listed([*named, *([count(more, "other thing")] if more else [])])
    return f"The verdict is based on {coverage:.0%} of the evidence; not examined: {things}."


def _continued(sentence: str) -> str:
    """Return *sentence* as the end of another one."""
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
