"""Extras that are chosen already: ticked boxes, switches that are on, the dearer of several options.

A choice that has to be made, with the cheapest option as its default, is honest; so is every box that costs nothing,
commits to nothing, and is nobody's advertising.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.prices import price_of
from veritas.audit.patterns.sneak_into_basket import in_basket
from veritas.audit.patterns.taxonomy import (
    BAD_DEFAULT_CONSENT,
    BAD_DEFAULT_EXTRA,
    BAD_DEFAULT_SUBSCRIPTION,
    PRESSURED_SELLING,
    Type,
)
from veritas.audit.patterns.text_classifier import normalise

_SUBSCRIPTION = re.compile(
    r"\b(?:subscri(?:be|ption)\w*|auto-?(?:renew|ship|delivery)\w*|membership|recurring|every (?:month"
    r"|\d+ (?:weeks|months))|per month|monthly|trial)\b"
)
_EXTRA = re.compile(
    r"\b(?:insurance|insure|protect\w*|warranty|guarantee plan|care plan|cover(?:age)?|donat\w+|charity|tip"
    r"|gift ?wrap\w*|priority|express|premium|upgrade|add[- ]?on|carbon|offset|support plan|seat selection"
    r"|assistance|vip)\b"
)
_CONSENT = re.compile(
    r"\b(?:newsletters?|marketing|promotion\w*|offers?|e-?mail me|e-?mails|sms|text messages?|partners?"
    r"|third[- ]part\w+|advertis\w+|analytics|statistics|profiling|keep me (?:posted|informed|updated)"
    r"|latest news|updates|news and|personali[sz]ed)\b"
)
_HARMLESS = re.compile(
    r"\b(?:remember (?:me|my)|(?:keep|stay) (?:me )?(?:signed|logged)|same as|billing address"
    r"|shipping address|in stock|sort|filter|show|select all|necessary|essential|strictly|functional|terms"
    r"|conditions|age|i am over|receipt)\b"
)
_NONE = re.compile(
    r"^(?:no\b|none|without|decline|not now|skip|one[- ]time|just once|i don't|no,)|\bone[- ]time\b"
    r"|\bno (?:insurance|protection|thanks|cover)"
)
_ADDED = re.compile(r"\+|\b(?:add|plus|extra|include|only|also)\b")
# Options for different lengths of time cannot be compared by their prices.
_PERIOD = re.compile(r"\b(?:month|year|week|annual|day)(?:s|ly)?\b|/ ?(?:mo|yr)\b")
_ROW_LENGTH = 200


@dataclass(frozen=True)
class _Offered:
    """One option: its control, what it says, and what it costs if it says that."""

    element: Element
    text: str
    price: float | None
    chosen: bool


def judge(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield what is chosen in advance and costs, commits or advertises."""
    for element in snapshot.elements:
        if (
            element.control in ("checkbox", "switch")
            and element.checked
            and not element.disabled
            and _is_shown(element)
        ):
            yield from _judge_box(element, _row(snapshot, element), is_in_basket=in_basket(snapshot, element))
        elif element.control == "select" and element.visible and not element.disabled:
            options = [
                _Offered(element, option.text, price_of(option.text), option.selected)
                for option in element.options
                if not option.disabled
            ]
            yield from _judge_options(options)
    for group in _radio_groups(snapshot):
        yield from _judge_options(group)


def _judge_box(element: Element, text: str, *, is_in_basket: bool) -> Iterator[Sighting]:
    words = normalise(text)
    price = price_of(text)
    costs = price is not None and price > 0
    if not costs and (_HARMLESS.search(words) or not words):
        return
    if _SUBSCRIPTION.search(words) and not _CONSENT.search(words):
        type, what, severity = BAD_DEFAULT_SUBSCRIPTION, "a subscription", "high"
    elif costs:
        type, what, severity = BAD_DEFAULT_EXTRA, f"an extra for {price:g}", "high"
    elif _CONSENT.search(words):
        type, what, severity = BAD_DEFAULT_CONSENT, "consent to advertising", "medium"
    elif _EXTRA.search(words):
        type, what, severity = BAD_DEFAULT_EXTRA, "an extra", "medium"
    else:
        return
    is_sure = bool(_EXTRA.search(words) or _SUBSCRIPTION.search(words) or _CONSENT.search(words))
    if is_in_basket and not is_sure and not _ADDED.search(words):
        return  # the goods themselves, of which one may take a part to the till
    yield _sighting(element, text, type, what, severity, 0.9 if is_sure else 0.7, {"price": price, "checked": True})


def _judge_options(options: list[_Offered]) -> Iterator[Sighting]:
    chosen = next((option for option in options if option.chosen), None)
    if chosen is None or len(options) < 2:
        return
    words = normalise(chosen.text)
    others = [option for option in options if option is not chosen]
    way_out = next((other for other in others if _NONE.search(normalise(other.text))), None)
    price = chosen.price or 0.0
    measured: dict[str, object] = {"price": chosen.price, "options": [option.text[:100] for option in options[:12]]}
    if way_out and _SUBSCRIPTION.search(words) and not _NONE.search(words):
        yield _sighting(chosen.element, chosen.text, BAD_DEFAULT_SUBSCRIPTION, "a subscription", "high", 0.85, measured)
    elif way_out and (price > (way_out.price or 0.0)) and not _NONE.search(words):
        yield _sighting(
            chosen.element, chosen.text, BAD_DEFAULT_EXTRA, f"an extra for {price:g}", "high", 0.85, measured
        )
    elif any(_PERIOD.search(normalise(option.text)) for option in options):
        return
    elif chosen.price is not None and not _NONE.search(words) and all(other.price is not None for other in others):
        cheapest = min(other.price for other in others if other.price is not None)
        if chosen.price > cheapest:
            yield Sighting(
                kind="preselected_dearer",
                type=PRESSURED_SELLING,
                title="Dearer option chosen in advance",
                detail=(
                    f"{quoted(chosen.text)} is chosen in advance, "
                    f"{chosen.price - cheapest:g} more than the cheapest option."
                ),
                severity="low",
                confidence=0.6,
                signal="structural",
                element=chosen.element,
                measured={**measured, "cheapest": cheapest},
            )


def _sighting(
    element: Element, text: str, type: Type, what: str, severity: str, confidence: float, measured: dict[str, object]
) -> Sighting:
    is_consent = type is BAD_DEFAULT_CONSENT
    return Sighting(
        kind="preselected_consent" if is_consent else "preselected_extra",
        type=type,
        title="Consent given in advance" if is_consent else "Paid extra chosen in advance",
        detail=f"{quoted(text)} is chosen already when the page opens: {what} that has to be opted out of.",
        severity=severity,
        confidence=confidence,
        signal="structural",
        element=element,
        measured=measured,
    )


def _radio_groups(snapshot: Snapshot) -> list[list[_Offered]]:
    groups: dict[tuple[int, str], list[_Offered]] = {}
    for element in snapshot.elements:
        if element.control != "radio" or element.disabled or not _is_shown(element):
            continue
        home = next(
            (outer.index for outer in snapshot.ancestors(element) if outer.tag == "form" or outer.role == "radiogroup"),
            -1,
        )
        text = _row(snapshot, element)
        groups.setdefault((home, element.name), []).append(_Offered(element, text, price_of(text), element.checked))
    return list(groups.values())


def _row(snapshot: Snapshot, element: Element) -> str:
    """Return what stands beside a box: its label, and the price in its row where the label has none."""
    said = element.label or element.text or element.said
    for ancestor in snapshot.ancestors(element):
        if ancestor.text is None or len(ancestor.text) > _ROW_LENGTH or _has_several_boxes(snapshot, ancestor):
            break
        if not said or (price_of(said) is None and price_of(ancestor.text) is not None):
            said = ancestor.text
    return said


def _has_several_boxes(snapshot: Snapshot, container: Element) -> bool:
    boxes = (inner for inner in snapshot.within(container) if inner.control in ("checkbox", "radio", "switch"))
    return len(list(islice(boxes, 2))) == 2


def _is_shown(element: Element) -> bool:
    return element.visible or element.label_seen
