"""Claims that press: how little is left, how many others buy, how short the time is."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.patterns.detection import CONFIDENT, Sighting, quoted
from veritas.audit.patterns.fake_claims import how_invented, readings
from veritas.audit.patterns.notices import Notice, notices
from veritas.audit.patterns.page_state import Trial
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE, HIGH_DEMAND, LIMITED_TIME, LOW_STOCK, Type
from veritas.audit.patterns.timers import tickers

_KINDS: dict[Type, tuple[str, str]] = {
    LOW_STOCK: ("scarcity", "Scarcity claim"),
    HIGH_DEMAND: ("scarcity", "High-demand claim"),
    ACTIVITY_MESSAGE: ("activity", "Claim of what others do"),
    LIMITED_TIME: ("urgency", "Urgency claim"),
}


def judge(trial: Trial) -> Iterator[Sighting]:
    """Yield the claims, each with what was measured of it."""
    of_countdowns = _around_countdowns(trial)
    seen: set[str] = set()
    for name, moment in (("opened", trial.opened), ("far", trial.far)):
        for notice in notices(moment.snapshot) if moment else ():
            selector = notice.element.selector
            if selector in seen or (notice.claim.type is LIMITED_TIME and selector in of_countdowns):
                continue
            seen.add(selector)
            yield from _judge_one(notice, trial, name)


def _judge_one(notice: Notice, trial: Trial, moment: str) -> Iterator[Sighting]:
    kind, title = _KINDS[notice.claim.type]
    texts = readings(notice, trial)
    measured = {"rule": notice.claim.rule, "words": notice.claim.words, "texts": texts}
    how = how_invented(notice, trial) if notice.claim.type is not LIMITED_TIME else None
    if how:
        yield Sighting(
            kind=f"false_{kind}",
            type=notice.claim.type,
            title=f"{title} that is made up",
            detail=f"{quoted(notice.text)} is made up by the page: {how}.",
            severity="high",
            confidence=0.95,
            signal="meta",
            element=notice.element,
            measured=measured,
            moment=moment,
        )
    elif notice.claim.confidence >= CONFIDENT:
        reason = notice.claim.reason[0].lower() + notice.claim.reason[1:].rstrip(".")
        varies = "; it said otherwise at other moments, and" if len(set(texts.values())) > 1 else ";"
        yield Sighting(
            kind=f"{kind}_claim",
            type=notice.claim.type,
            title=title,
            detail=f"{quoted(notice.text)}: {reason}{varies} nothing on the page bears it out.",
            severity="low",
            confidence=notice.claim.confidence,
            signal="meta",
            element=notice.element,
            measured=measured,
            moment=moment,
        )


def _around_countdowns(trial: Trial) -> set[str]:
    """Return the selectors of what belongs to a running countdown, whose detector judges what it says."""
    if trial.later is None:
        return set()
    snapshot = trial.opened.snapshot
    return {
        element.selector
        for ticker in tickers(trial.opened, trial.later)
        for element in (ticker.context, *snapshot.within(ticker.context), *snapshot.ancestors(ticker.context))
    }
