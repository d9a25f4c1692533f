"""The verdict on a page, with everything that is needed to work it out again by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Penalty:
    """What one finding cost its signal: severity x confidence x share = points.

    Attributes:
        share: 1 for the gravest finding of its kind, then a half, a quarter …
        points: Of 100, rounded to hundredths.
    """

    kind: str
    title: str
    url: str
    severity: str
    confidence: float
    share: float
    points: float


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

    score: float | None
    weight: float
    used_weight: float
    why: str
    penalties: tuple[Penalty, ...] = ()


@dataclass(frozen=True)
class Cap:
    """A rule that kept the trust score down.

    Attributes:
        limit: The highest trust score that it allows.
        why: One sentence.
        kinds: The kinds of finding that it rests on; empty where it rests on none.
    """

    limit: int
    why: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """What somebody should do, and the kinds of finding that say so; the audience is `consumer` or `owner`."""

    audience: str
    text: str
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

    trust_score: int | None
    risk_level: str
    weighted_score: float | None
    coverage: float
    signals: dict[str, Signal]
    capped_by: Cap | None = None
    counts: dict[str, int] = field(default_factory=dict)
    narrative: str = ""
    recommendations: tuple[Recommendation, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        value = asdict(self)
        for signal in value["signals"].values():
            signal["penalties"] = list(signal["penalties"])
        if value["capped_by"]:
            value["capped_by"]["kinds"] = list(value["capped_by"]["kinds"])
        value["recommendations"] = [
            recommendation | {"because": list(recommendation["because"])} for recommendation in value["recommendations"]
        ]
        return value

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `as_dict` gave; unknown names are passed over, missing ones are empty."""
        cap = value.get("capped_by")
        return cls(
            trust_score=value.get("trust_score"),
            risk_level=value.get("risk_level", UNKNOWN_RISK),
            weighted_score=value.get("weighted_score"),
            coverage=value.get("coverage", 0.0),
            signals={name: _signal(signal) for name, signal in (value.get("signals") or {}).items()},
            capped_by=Cap(cap["limit"], cap["why"], tuple(cap.get("kinds", ()))) if cap else None,
            counts=dict(value.get("counts") or {}),
            narrative=value.get("narrative", ""),
            recommendations=tuple(
                Recommendation(item["audience"], item["text"], tuple(item.get("because", ())))
                for item in value.get("recommendations") or ()
            ),
        )


def _signal(value: Mapping[str, Any]) -> Signal:
    penalties = tuple(
        Penalty(**{name: item[name] for name in Penalty.__dataclass_fields__}) for item in value.get("penalties", ())
    )
    return Signal(value.get("score"), value["weight"], value.get("used_weight", 0.0), value.get("why", ""), penalties)
