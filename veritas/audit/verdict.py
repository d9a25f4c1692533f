"""The verdict on a page: the judge's scores, with everything that is needed to recalculate them."""

from __future__ import annotations

import msgspec

from veritas.audit.unexamined import Unexamined

# The version of the scoring. The first one had no number: it left unknown signals out of the mean.
ALGORITHM = "2"

# The lowest trust score of each level.
RISK_LEVELS = (
    ("trusted", 90),
    ("probably_safe", 70),
    ("suspicious", 40),
    ("high_risk", 20),
    ("likely_fraudulent", 0),
)
# The lowest score of a page that is called safe.
SAFE_SCORE = dict(RISK_LEVELS)["probably_safe"]

# The levels of a page without a score: too little was examined to call it safe, or nothing of the page was.
INCONCLUSIVE, UNKNOWN_RISK = "inconclusive", "unknown"


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
        used_weight: The weight times the share that was examined; 0 if the signal is unknown. Algorithm 1: the signal's
            weight among the known signals.
        why: The reason for the score, or why it is unknown, in one sentence.
        penalties: The penalties of the signal's findings, the highest first.
        examined: The share of what the signal rests on that was examined, 0-1; None if the signal does not apply to
            the site. Algorithm 1 left it out.
    """

    score: float | None
    weight: float
    used_weight: float
    why: str
    penalties: tuple[Penalty, ...] = ()
    examined: float | msgspec.UnsetType | None = msgspec.UNSET


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
        trust_score: 0-100; None if too little was examined.
        risk_level: `trusted`, `probably_safe`, `suspicious`, `high_risk` or `likely_fraudulent`; `inconclusive` if too
            little was examined to call the page safe, and nothing that was found makes it suspicious; `unknown` if
            nothing of the page was examined.
        weighted_score: The score before any cap; None if there is no score.
        coverage: The share of the evidence that was examined, 0-1.
        signals: The signals, by name.
        capped_by: The cap that lowered the weighted score, or None.
        counts: The number of findings of each severity.
        narrative: The verdict in two to five sentences.
        recommendations: The recommendations, the most urgent first.
        algorithm: The version of the scoring; left out by version 1.
        inconclusive_because: Why the verdict is inconclusive, in a sentence; None if it is not. Algorithm 1 left it
            out.
        not_examined: What could not be examined. Algorithm 1 left it out.
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
    algorithm: str | msgspec.UnsetType = msgspec.UNSET
    inconclusive_because: str | msgspec.UnsetType | None = msgspec.UNSET
    not_examined: tuple[Unexamined, ...] | msgspec.UnsetType = msgspec.UNSET
