"""The verdict on a page, with everything that is needed to work it out again by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from veritas.audit.finding import Finding

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# The lowest trust score of each level.
RISK_LEVELS = (
    ("trusted", 90),
    ("probably_safe", 70),
    ("suspicious", 40),
    ("high_risk", 20),
    ("likely_fraudulent", 0),
)
UNKNOWN_RISK = "unknown"

_T = TypeVar("_T", bound="DataclassInstance")


def risk_level(trust_score: int | None) -> str:
    """Return the level that *trust_score* falls into; `unknown` for None."""
    if trust_score is None:
        return UNKNOWN_RISK
    return next(level for level, lowest in RISK_LEVELS if trust_score >= lowest or lowest == 0)


@dataclass(frozen=True)
class Penalty:
    """What one finding cost its signal: severity x confidence x share = points.

    Attributes:
        share: 1 for the gravest finding of its kind, then a half, a quarter …
        points: Of 100, rounded to hundredths.
    """

    kind: str = ""
    title: str = ""
    url: str = ""
    severity: str = "info"
    confidence: float = 0.0
    share: float = 1.0
    points: float = 0.0


@dataclass(frozen=True)
class Signal:
    """One of the signals that a verdict is made of.

    Attributes:
        score: 0-100; None where it is unknown.
        weight: Its weight among all signals.
        used_weight: Its weight among the known ones; 0 where it is unknown.
        why: One sentence: what the score rests on, or why there is none.
        penalties: What each finding took from it, the gravest first.
    """

    score: float | None = None
    weight: float = 0.0
    used_weight: float = 0.0
    why: str = ""
    penalties: tuple[Penalty, ...] = ()


@dataclass(frozen=True)
class Cap:
    """A rule that kept the trust score down.

    Attributes:
        limit: The highest trust score that it allows.
        why: One sentence.
        kinds: The kinds of finding that it rests on; empty where it rests on none.
    """

    limit: int = 100
    why: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """What somebody should do, and the kinds of finding that say so; the audience is `consumer` or `owner`."""

    audience: str = "consumer"
    text: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the judge makes of an audit.

    Attributes:
        trust_score: 0-100; None where too little is known for one.
        risk_level: One of `RISK_LEVELS`, or `unknown`.
        weighted_score: The known signals' weighted mean, before any cap.
        coverage: Which share of the weight is known, 0-1.
        signals: By name.
        capped_by: The rule that lowered the weighted score; None where none did.
        counts: How many findings there are of each severity.
        narrative: Two to five sentences.
        recommendations: The most pressing first.
    """

    trust_score: int | None = None
    risk_level: str = UNKNOWN_RISK
    weighted_score: float | None = None
    coverage: float = 0.0
    signals: dict[str, Signal] = field(default_factory=dict)
    capped_by: Cap | None = None
    counts: dict[str, int] = field(default_factory=dict)
    narrative: str = ""
    recommendations: tuple[Recommendation, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {name: _plain(item) for name, item in asdict(self).items()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `as_dict` gave; unknown names are passed over, missing ones are empty."""
        cap = value.get("capped_by")
        parts = {
            "signals": {name: _read_signal(signal) for name, signal in value.get("signals", {}).items()},
            "capped_by": _with_tuple(Cap, cap, "kinds") if cap else None,
            "recommendations": tuple(
                _with_tuple(Recommendation, item, "because") for item in value.get("recommendations", ())
            ),
        }
        return _read(cls, {**value, **parts})


def _read(kind: type[_T], value: Mapping[str, Any]) -> _T:
    known = {item.name for item in fields(kind)}
    return kind(**{name: item for name, item in value.items() if name in known})


def _with_tuple(kind: type[_T], value: Mapping[str, Any], name: str) -> _T:
    return _read(kind, {**value, name: tuple(value.get(name, ()))})


def _read_signal(value: Mapping[str, Any]) -> Signal:
    penalties = tuple(_read(Penalty, item) for item in value.get("penalties", ()))
    return _read(Signal, {**value, "penalties": penalties})


def _plain(value: Any) -> Any:
    """Return *value* with lists for tuples, as it comes back from JSON."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


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
