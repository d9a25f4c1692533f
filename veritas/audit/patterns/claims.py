"""Claims that press: how little is left, how many others buy, how short the time is; and whether they are made up.

Whether a claim is true cannot be seen on a page. That it is made up can: by holding the page's dice. If a figure is
another with every `Math.random()` next to 0 than with every one next to 1, though the server told the page the same,
or if it always is when that is repeated, the page throws it; and if it changes with the page's clock while no request
for data was sent, nobody counted anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.countdown import tickers
from veritas.audit.patterns.element import Element, Snapshot
from veritas.audit.patterns.moment import Moment, Trial
from veritas.audit.patterns.sighting import Sighting, quoted
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE, HIGH_DEMAND, LIMITED_TIME, LOW_STOCK, Type
from veritas.audit.patterns.texts import Claim, classify, normalise

# From how sure on a claim alone is a finding; below it only one that was measured to be made up is.
CONFIDENT = 0.6

_KINDS: dict[Type, tuple[str, str]] = {
    LOW_STOCK: ("scarcity", "Scarcity claim"),
    HIGH_DEMAND: ("scarcity", "High-demand claim"),
    ACTIVITY_MESSAGE: ("activity", "Claim of what others do"),
    LIMITED_TIME: ("urgency", "Urgency claim"),
}
# A box of several parts is one notice if it is small and no section of the page.
_MIXED_LENGTH = 80
_SECTIONS = (
    "html",
    "body",
    "main",
    "header",
    "footer",
    "nav",
    "section",
    "article",
    "aside",
    "form",
    "table",
    "ul",
    "ol",
)
_MENU_WORDS = 3
_AGES = re.compile(r"(\d{1,9}) ?(secs?|seconds?|mins?|minutes?|hrs?|hours?|days?)\b")
_SPANS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_OTHERS_WORDS = re.compile(r"\b(?:reviews?|comments?|testimonials?|quotes?)", re.IGNORECASE)


def claims(snapshot: Snapshot) -> list[tuple[Element, str, Claim]]:
    """Return the claims on the page: element, text, and what the classifier makes of it."""
    found: list[tuple[Element, str, Claim]] = []
    said: set[int] = set()
    # Inside out, so that what a part says is not said again of the whole.
    for element in reversed(snapshot.elements):
        text = _notice(element)
        if not text or element.index in said:
            continue
        claim = classify(text)
        if claim and claim.type in _KINDS:
            if not _is_others(snapshot, element):
                found.append((element, text, claim))
            said.update(ancestor.index for ancestor in snapshot.ancestors(element))
    return [_with_figure(snapshot, *entry) for entry in reversed(found) if not _is_menu_entry(snapshot, entry[0])]


def have_figures(found: list[tuple[Element, str, Claim]]) -> bool:
    """Tell whether any claim has something that dice could have thrown: a figure, or a person."""
    return any(claim.type is ACTIVITY_MESSAGE or _FIGURES.search(text) for _, text, claim in found)


def differ(one: Moment, other: Moment) -> bool:
    """Tell whether any claim reads otherwise in another load of the page."""
    return any(_said(element, other) not in (None, text) for element, text, _ in claims(one.snapshot))


def judge(trial: Trial) -> Iterator[Sighting]:
    """Yield the claims, each with what was measured of it."""
    seen: set[str] = set()
    of_countdowns = _around_countdowns(trial)
    for name, moment in (("opened", trial.opened), ("far", trial.far)):
        if moment is None:
            continue
        for element, text, claim in claims(moment.snapshot):
            if element.selector in seen or (claim.type is LIMITED_TIME and element.selector in of_countdowns):
                continue
            seen.add(element.selector)
            yield from _judge_one(element, text, claim, trial, name)


def _judge_one(element: Element, text: str, claim: Claim, trial: Trial, name: str) -> Iterator[Sighting]:
    kind, title = _KINDS[claim.type]
    texts = _across(element, trial)
    measured: dict[str, object] = {"rule": claim.rule, "words": claim.words, "texts": texts}
    invented = _invented(element, claim, trial) if kind != "urgency" else None
    if invented:
        yield Sighting(
            kind=f"false_{kind}",
            type=claim.type,
            title=f"{title} that is made up",
            detail=f"{quoted(text)} is made up by the page: {invented}.",
            severity="high",
            confidence=0.95,
            signal="meta",
            element=element,
            measured=measured,
            moment=name,
        )
    elif claim.confidence >= CONFIDENT:
        varies = "; it said otherwise at other moments, and" if len(set(texts.values())) > 1 else ";"
        yield Sighting(
            kind=f"{kind}_claim",
            type=claim.type,
            title=title,
            detail=(
                f"{quoted(text)}: {claim.reason[0].lower()}{claim.reason[1:-1]}{varies} "
                "nothing on the page bears it out."
            ),
            severity="low",
            confidence=claim.confidence,
            signal="meta",
            element=element,
            measured=measured,
            moment=name,
        )


def _invented(element: Element, claim: Claim, trial: Trial) -> str | None:
    """Return how it shows that the claim is made up; None where it does not."""
    low, high = _said(element, trial.dice_low), _said(element, trial.dice_high)
    if low and high and _obey_dice(element, trial) and _is_same_claim(claim, low, high):
        passed = trial.dice_high.page_time - trial.dice_low.page_time if trial.dice_low and trial.dice_high else 0.0
        is_activity = claim.type is ACTIVITY_MESSAGE  # whose invention may be a name or a town
        if (
            _figures(low) != _figures(high)
            or _age_jumps(low, high, passed)
            or (is_activity and _AGES.sub("", low) != _AGES.sub("", high))
        ):
            return f"with its random numbers held low it says {quoted(low)}, held high {quoted(high)}"
    first, last = trial.opened, trial.far
    is_fed = trial.dice_low is None or trial.dice_low.told is None  # it asks for data, or is open to what is sent
    if last is None or is_fed or last.data_requests != first.data_requests:
        return None
    before, after = _said(element, first), _said(element, last)
    if before and after and _figures(before) != _figures(after) and _shape(before) == _shape(after):
        return (
            f"{last.page_time - first.page_time:.0f} s of the page's own time turned it into {quoted(after)} "
            "without a request for data"
        )
    return None


def _age_jumps(one: str, other: str, passed: float) -> bool:
    """Tell whether the ages in two texts differ by more than the seconds that passed between them explain."""
    ages = [[(int(count), _SPANS[unit[0]]) for count, unit in _AGES.findall(normalise(text))] for text in (one, other)]
    if len(ages[0]) != len(ages[1]):
        return False
    return any(
        abs(count * span - count_then * span_then) > passed + max(span, span_then)
        for (count, span), (count_then, span_then) in zip(*ages, strict=True)
    )


def _obey_dice(element: Element, trial: Trial) -> bool:
    """Tell whether what differs between the throws is due to the dice, not to a server that says what it likes."""
    low, high = trial.dice_low, trial.dice_high
    if low and high and low.told_as(high):
        return True
    again = _said(element, trial.dice_low_again), _said(element, trial.dice_high_again)
    return again == (_said(element, low), _said(element, high))


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


def _across(element: Element, trial: Trial) -> dict[str, str]:
    """Return what the element said at each moment of the trial."""
    moments = {
        "opened": trial.opened,
        "a_minute_on": trial.far,
        "reloaded": trial.reloaded,
        "random_numbers_low": trial.dice_low,
        "random_numbers_high": trial.dice_high,
        "random_numbers_low_again": trial.dice_low_again,
        "random_numbers_high_again": trial.dice_high_again,
    }
    return {name: said for name, moment in moments.items() if (said := _said(element, moment))}


def _said(element: Element, moment: Moment | None) -> str | None:
    twin = moment.snapshot.at(element.selector) if moment else None
    return _notice(twin) if twin else None


def _is_same_claim(claim: Claim, *texts: str) -> bool:
    return all((found := classify(text)) is not None and found.category == claim.category for text in texts)


def _figures(text: str) -> list[str]:
    """Return the figures in *text*, but for ages: "3 minutes ago" may truly become "4 minutes ago"."""
    return _FIGURES.findall(_AGES.sub("", normalise(text)))


def _shape(text: str) -> str:
    return _FIGURES.sub("#", normalise(text))


def _notice(element: Element) -> str | None:
    """Return the text that *element* shows as one notice, if it does."""
    if not element.visible:
        return None
    if element.leaf:
        return element.text
    if element.tag not in _SECTIONS and element.text and len(element.text) <= _MIXED_LENGTH:
        return element.text
    return element.own if len(element.own.split()) > 1 else None


def _with_figure(snapshot: Snapshot, element: Element, text: str, claim: Claim) -> tuple[Element, str, Claim]:
    """Return the claim with the box around it where that has its figure: `17` and `people are viewing` side by side."""
    if not _FIGURES.search(text) and claim.type in (LOW_STOCK, ACTIVITY_MESSAGE):
        for outer in snapshot.ancestors(element):
            whole = _notice(outer)
            if not whole or len(whole) > _MIXED_LENGTH:
                break
            said = classify(whole)
            if _FIGURES.search(whole) and said and said.type is claim.type:
                return outer, whole, said
    return element, text, claim


def _is_menu_entry(snapshot: Snapshot, element: Element) -> bool:
    """Tell whether *element* stands in a menu and says no more than its entries do."""
    if element.text and len(element.text.split()) > _MENU_WORDS:
        return False
    return any(
        ancestor.tag in ("nav", "footer") or ancestor.role == "navigation" for ancestor in snapshot.ancestors(element)
    )


def _is_others(snapshot: Snapshot, element: Element) -> bool:
    """Tell whether these are words of customers, not of the shop."""
    return any(
        ancestor.tag == "blockquote" or _OTHERS_WORDS.search(ancestor.marks)
        for ancestor in (element, *snapshot.ancestors(element))
    )
