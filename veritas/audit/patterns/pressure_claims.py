"""Detect claims that press visitors: low stock, high demand, activity of others, limited time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from veritas.audit.patterns import countdown
from veritas.audit.patterns.detection import CONFIDENT, CannotTell, Detection, Result, quoted
from veritas.audit.patterns.fake_claims import explain_fake, texts_by_state, why_untested
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.moments import names_moment
from veritas.audit.patterns.notices import Notice, find_notices
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.patterns.taxonomy import (
    ACTIVITY_MESSAGE,
    COUNTDOWN_TIMER,
    HIGH_DEMAND,
    LIMITED_TIME,
    LOW_STOCK,
    PatternType,
)
from veritas.audit.patterns.text_classifier import normalise
from veritas.audit.patterns.timers import find_timers, is_about_offer

_PRESSING_CLOCK = words("pressing_clock")
_ACCESS = words("access")
_NEAR_LENGTH = 300

# The stem of a detection's kind, and its title.
_KINDS: dict[PatternType, tuple[str, str]] = {
    LOW_STOCK: ("scarcity", "Stock claim"),
    HIGH_DEMAND: ("scarcity", "High-demand claim"),
    ACTIVITY_MESSAGE: ("activity", "Activity claim"),
    LIMITED_TIME: ("urgency", "Urgency claim"),
    COUNTDOWN_TIMER: ("urgency", "Urgency claim"),
}


def detect(experiment: Experiment) -> Iterator[Result]:
    """Yield the claims, as fake ones if the experiment shows that they are, and those that could not be tested."""
    of_countdowns = _selectors_of_countdowns(experiment)
    seen: set[str] = set()
    for name, state in (("opened", experiment.opened), ("minute_later", experiment.minute_later)):
        for notice in find_notices(state.snapshot) if state else ():
            selector = notice.element.selector
            is_of_time = notice.classification.type in (LIMITED_TIME, COUNTDOWN_TIMER)
            if selector in seen or (is_of_time and selector in of_countdowns):
                continue
            if notice.classification.type is COUNTDOWN_TIMER and not _is_clock_of_offer(notice, experiment):
                continue
            if is_of_time and _ACCESS.search(normalise(notice.text)):
                continue
            seen.add(selector)
            evidence = None if is_of_time else explain_fake(notice, experiment)
            if evidence:
                yield _fake_claim(notice, experiment, name, evidence)
                continue
            if notice.classification.confidence >= CONFIDENT:
                yield _claim(notice, experiment, name)
            if notice.has_figure and not is_of_time and (reason := why_untested(notice, experiment)):
                title = _KINDS[notice.classification.type][1]
                yield CannotTell(f"whether a {title[0].lower()}{title[1:]} is fake", reason, "meta")


def _fake_claim(notice: Notice, experiment: Experiment, state: str, evidence: str) -> Detection:
    kind, title = _KINDS[notice.classification.type]
    return Detection(
        kind=f"false_{kind}",
        type=notice.classification.type,
        title=f"Fake {title[0].lower()}{title[1:]}",
        detail=f"The page itself generates {quoted(notice.text)}: {evidence}.",
        severity="high",
        confidence=0.95,
        signal="meta",
        element=notice.element,
        measured=_measured(notice, experiment),
        state=state,
    )


def _claim(notice: Notice, experiment: Experiment, state: str) -> Detection:
    kind, title = _KINDS[notice.classification.type]
    measured = _measured(notice, experiment)
    reason = notice.classification.reason[0].lower() + notice.classification.reason[1:].rstrip(".")
    varies = " its text varies, and" if len(set(measured["texts"].values())) > 1 else ""
    return Detection(
        kind=f"{kind}_claim",
        type=notice.classification.type,
        title=title,
        detail=f"{quoted(notice.text)}: {reason};{varies} nothing on the page supports it.",
        severity="low",
        confidence=notice.classification.confidence,
        signal="meta",
        element=notice.element,
        measured=measured,
        state=state,
    )


def _measured(notice: Notice, experiment: Experiment) -> dict[str, Any]:
    classification = notice.classification
    return {
        "rule": classification.rule,
        "words": classification.words,
        "texts": texts_by_state(notice, experiment),
    }


def _is_clock_of_offer(notice: Notice, experiment: Experiment) -> bool:
    """Return whether a clock that the countdown detector does not cover is an offer's: it stands still, and says so."""
    if names_moment(normalise(notice.text)):
        return False
    later = experiment.later.snapshot.find(notice.element.selector) if experiment.later else None
    if later and later.text != notice.element.text:
        return False
    near = [notice.element, *islice(experiment.opened.snapshot.ancestors(notice.element), 3)]
    texts = [normalise(element.text) for element in near if element.text and len(element.text) <= _NEAR_LENGTH]
    answers = [answer for answer in map(is_about_offer, texts) if answer is not None]
    return answers[0] if answers else bool(_PRESSING_CLOCK.search(texts[0] if texts else ""))


def _selectors_of_countdowns(experiment: Experiment) -> set[str]:
    """Return the selectors of the elements of running countdowns, which the countdown detector covers."""
    if experiment.later is None:
        return set()
    snapshot = experiment.opened.snapshot
    shown = [timer.context for timer in find_timers(experiment.opened, experiment.later)]
    shown += [result.element for result in countdown.detect(experiment) if isinstance(result, Detection)]
    return {
        element.selector
        for context in shown
        for element in (context, *snapshot.descendants(context), *snapshot.ancestors(context))
    }
