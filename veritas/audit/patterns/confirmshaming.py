"""Detect confirmshaming, and reject controls that are harder to see than their accept controls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from veritas.audit.patterns.contrast import contrast, required
from veritas.audit.patterns.detection import CONFIDENT, CannotTell, Detection, Result, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.notices import is_quoted
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import CONFIRMSHAMING, VISUAL_INTERFERENCE
from veritas.audit.patterns.text_classifier import classify, normalise

# The accept control is searched in this many of the nearest containers of the reject control, up to this text length.
_MAX_CONTAINERS = 5
_CONTAINER_LENGTH = 600
# A reject control is hard to see if its font size is under 10 px, or under 12 px and at most .7 of the accept
# control's; or if its area is under .1 and its font size at most .7 of the accept control's. Where the law requires
# equal controls, as for cookies, an area under .35 is enough.
_TINY = 10.0
_SMALL = 12.0
_SMALLER = 0.7
_AREA = 0.1
_EQUAL_AREA = 0.35

_ACCEPT = words("accept")
_REJECT = words("reject")
_SAVE_WORK = words("save_work")
_CANCEL_DIALOG = words("cancel_dialog")
_OFFER = words("offer")
_SUBSCRIPTION = words("subscription")
_FIRST_PERSON = words("first_person")
_LOSS = words("loss")
_NEUTRAL = words("neutral")
# The most words of a refusal that is plain text, such as a link that only a script makes clickable.
_MAX_WORDS = 16
# Emoji, arrows, bullets and punctuation around the words.
_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True)
class Choice:
    """A reject control, its accept control, and the container of both."""

    reject: Element
    accept: Element
    container: Element


def is_accept(element: Element) -> bool:
    """Return whether *element* is a control that accepts an offer."""
    words = words_of(element)
    return element.clickable and element.visible and bool(_ACCEPT.search(words)) and not _REJECT.search(words)


def is_reject(element: Element) -> bool:
    """Return whether *element* is a control that rejects an offer."""
    return element.clickable and element.visible and bool(_REJECT.search(words_of(element)))


def words_of(element: Element) -> str:
    """Return the normalised words of a control without the signs around them: `🚀 UPGRADE →`, `✕ No thanks`."""
    return _SIGNS.sub("", normalise(element.words))


def find_choices(snapshot: Snapshot) -> Iterator[Choice]:
    """Yield the pairs of reject and accept controls."""
    for reject in snapshot.elements:
        if not is_reject(reject):
            continue
        choice = _find_choice(snapshot, reject)
        if choice:
            yield choice


def _find_choice(snapshot: Snapshot, reject: Element) -> Choice | None:
    """Pair *reject* with the largest accept control in the nearest container that has one, or else next to it."""
    for container in islice(snapshot.ancestors(reject), _MAX_CONTAINERS):
        if container.tag in ("html", "body") or container.text is None or len(container.text) > _CONTAINER_LENGTH:
            break
        offers = [other for other in snapshot.descendants(container) if is_accept(other)]
        if offers:
            return Choice(reject, max(offers, key=lambda offer: offer.area), container)
    for near in snapshot.neighbours(reject, _CONTAINER_LENGTH):
        offers = [other for other in (near, *snapshot.descendants(near)) if is_accept(other)]
        if offers:
            return Choice(reject, max(offers, key=lambda offer: offer.area), snapshot.elements[near.parent])
    return None


def detect(snapshot: Snapshot) -> Iterator[Result]:
    """Yield the reject controls whose words shame, and those that are hard to see."""
    yield from _detect_shaming(snapshot)
    for choice in find_choices(snapshot):
        result = None if _is_form_dialog(choice) else compare(choice)
        if result:
            yield result


def compare(choice: Choice, *, must_be_equal: bool = False) -> Result | None:
    """Return a detection if the reject control is harder to see than the accept control, or None.

    Where it is not harder to see by its size, and its contrast cannot be determined, return that.

    Args:
        must_be_equal: Whether both controls must be equally easy to use, as the law requires for consent.
    """
    reject, accept = choice.reject, choice.accept
    reject_contrast, accept_contrast = contrast(reject), contrast(accept)
    is_smaller = reject.font_size <= _SMALLER * accept.font_size
    area = reject.area / accept.area if accept.area else 1.0
    faults = []
    if reject_contrast.same_colour and not accept_contrast.same_colour:
        faults.append(reject_contrast.why_unknown)
    elif (
        reject_contrast.ratio is not None
        and reject_contrast.ratio < required(reject)
        and (accept_contrast.ratio is None or accept_contrast.ratio > 1.2 * reject_contrast.ratio)
    ):
        other = f"; the other's is {accept_contrast.ratio:.1f}:1" if accept_contrast.ratio is not None else ""
        faults.append(f"its contrast is {reject_contrast.ratio:.1f}:1 (WCAG requires {required(reject):g}:1{other})")
    if reject.font_size < _TINY <= accept.font_size or (reject.font_size < _SMALL and is_smaller):
        faults.append(f"its font size is {reject.font_size:g} px, the other's {accept.font_size:g} px")
    if (must_be_equal and area < _EQUAL_AREA) or (area < _AREA and is_smaller):
        faults.append(f"it has {area:.0%} of the other's area")
    if not faults and reject_contrast.ratio is None:
        return CannotTell(
            "the contrast of a reject option",
            f"The contrast of {quoted(reject.words)} cannot be determined: {reject_contrast.why_unknown}.",
            "visual",
        )
    if not faults:
        return None
    is_hidden = reject_contrast.is_below(1.6) or reject.font_size < 7
    return Detection(
        kind="weak_decline",
        type=VISUAL_INTERFERENCE,
        title="Reject option hard to see",
        detail=f"{quoted(reject.words)} is harder to see than {quoted(accept.words)}: {', '.join(faults)}.",
        severity="high" if is_hidden else "medium",
        confidence=min(0.95, 0.65 + 0.15 * len(faults)),
        signal="visual",
        element=reject,
        measured={
            "contrast": reject_contrast.rounded,
            "contrast_required": required(reject),
            "contrast_of_accept": accept_contrast.rounded,
            "font_px": reject.font_size,
            "font_px_of_accept": accept.font_size,
            "area_ratio": round(area, 3),
            "accept": accept.words,
            "accept_selector": accept.selector,
        },
    )


def _detect_shaming(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the refusals with which people who decline must speak ill of themselves."""
    covered: set[int] = set()
    detections: list[Detection] = []
    for element in reversed(snapshot.elements):
        if element.index in covered or not element.visible or not element.text:
            continue
        is_control = bool(element.clickable or (element.control and element.label))
        if not is_control and not _is_plain_refusal(element):
            continue
        classification = classify(_SIGNS.sub("", element.text), snapshot.language_of(element))
        if classification and classification.type is CONFIRMSHAMING and classification.confidence >= CONFIDENT:
            if is_quoted(snapshot, element, classification.words):
                continue
            covered.update(outer.index for outer in snapshot.ancestors(element))
            rule, matched = classification.rule, classification.words
            detections.append(_shaming(element, classification.confidence, is_control, rule, matched))
        elif is_control and (confidence := _shames_by_shape(snapshot, element)):
            covered.update(outer.index for outer in snapshot.ancestors(element))
            matched = normalise(element.text)
            detections.append(_shaming(element, confidence, is_control, "no-that-states-a-loss", matched))
    yield from reversed(detections)


def _is_plain_refusal(element: Element) -> bool:
    """Return whether a text outside controls is worded as a refusal: a short no in the first person."""
    if not element.leaf or not element.text or len(element.text.split()) > _MAX_WORDS:
        return False
    return bool(_FIRST_PERSON.search(normalise(element.text)))


def _shames_by_shape(snapshot: Snapshot, element: Element) -> float | None:
    """Return how certain it is that a no in the first person, next to a yes, states a loss; None if it does not.

    "No, I do not agree" and "No, I have no account" are answers; "No, my garden can die" is not.
    """
    plain = normalise(element.words)
    if not _FIRST_PERSON.search(plain) or _NEUTRAL.search(plain):
        return None
    choice = next((each for each in find_choices(snapshot) if each.reject.index == element.index), None)
    if choice is None:
        return None
    states_loss, is_weaker = bool(_LOSS.search(plain)), isinstance(compare(choice), Detection)
    return 0.8 if states_loss and is_weaker else 0.7 if states_loss else 0.65 if is_weaker else None


def _shaming(element: Element, confidence: float, is_control: bool, rule: str, matched: str) -> Detection:
    how = "visitors have to click" if is_control else "the page offers the words"
    return Detection(
        kind="confirmshaming",
        type=CONFIRMSHAMING,
        title="Confirmshaming",
        detail=f"To decline, {how} {quoted(element.text)}.",
        severity="medium" if is_control else "low",
        confidence=confidence,
        signal="meta",
        element=element,
        measured={"rule": rule, "words": matched},
    )


def _is_form_dialog(choice: Choice) -> bool:
    """Return whether the choice only saves or discards what visitors typed: its cancel button may be the weaker one."""
    if not _SAVE_WORK.search(normalise(choice.accept.words)) or not _CANCEL_DIALOG.search(
        normalise(choice.reject.words)
    ):
        return False
    around = normalise(choice.container.text or "")
    for control in (choice.accept, choice.reject):
        around = around.replace(normalise(control.words), " ")
    return not (_OFFER.search(around) or _SUBSCRIPTION.search(around) or prices(choice.container.text or ""))
