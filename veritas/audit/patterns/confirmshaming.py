"""How a page lets people say no: in what words, and how visibly beside the yes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.patterns.contrast import contrast, required
from veritas.audit.patterns.detection import CONFIDENT, Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.taxonomy import CONFIRMSHAMING, VISUAL_INTERFERENCE
from veritas.audit.patterns.text_classifier import classify, normalise

# Where the yes is found: in the nearest of so many containers around the no.
_REACH = 5
_CONTAINER_LENGTH = 600
# A no that stands back: type under 10 px, or under 12 px and at most .7 of the yes; an area under a tenth of the
# yes's with smaller type. Where the law wants them equal, as with cookies, an area under .35 is enough.
_TINY = 10.0
_SMALL = 12.0
_SMALLER = 0.7
_AREA = 0.1
_EQUAL_AREA = 0.35

_YES = re.compile(
    r"^(?:yes|ok|okay|accept|agree|i (?:agree|accept|want)|allow|continue|subscribe|sign (?:me )?up|join|get"
    r"|claim|add|buy|upgrade|start|save|unlock|activate|keep|protect|send|try|enable|check ?out|confirm|order"
    r"|submit|shop|reveal|count me in|take|reserve|got it)\b"
)
_NO = re.compile(
    r"^no(?:[,.!]? (?:thanks?|thank you|not now|way|let|don't|i\b|i'\w+).{0,80})?$|^(?:nope|nah|not interested)\b"
    r"|^(?:not (?:now|today|yet|for me)|maybe later|later|remind me later|never ?mind|i'll pass)$"
    r"|^skip(?: (?:this|it|for now|offer|step|and .{1,30}))?$|^(?:decline|reject|refuse|deny|disagree)\b.{0,40}$"
    r"|^(?:continue|proceed|checkout|order|go on) without\b|^(?:i don'?t|i do not|i'd rather|i'll pay|i hate)\b"
    r"|^(?:use |accept |allow )?(?:only )?(?:strictly )?(?:necessary|essential|required)(?: cookies)?(?: only)?$"
    r"|^opt[- ]out$|^(?:cancel|close|dismiss|leave|go back)(?: (?:this )?(?:window|offer|dialog|message|box))?$"
)


@dataclass(frozen=True)
class Choice:
    """A no, the yes beside it, and where both stand."""

    no: Element
    yes: Element
    container: Element


def is_yes(element: Element) -> bool:
    """Tell whether *element* is a control that takes up an offer."""
    words = normalise(element.words)
    return element.clickable and element.visible and bool(_YES.search(words)) and not _NO.search(words)


def is_no(element: Element) -> bool:
    """Tell whether *element* is a control that turns an offer down."""
    return element.clickable and element.visible and bool(_NO.search(normalise(element.words)))


def choices(snapshot: Snapshot) -> Iterator[Choice]:
    """Yield each no that has a yes beside it."""
    for no in snapshot.elements:
        if not is_no(no):
            continue
        for level, container in enumerate(snapshot.ancestors(no)):
            if (
                level >= _REACH
                or container.tag in ("html", "body")
                or container.text is None
                or len(container.text) > _CONTAINER_LENGTH
            ):
                break
            offers = [other for other in snapshot.within(container) if is_yes(other)]
            if offers:
                yield Choice(no, max(offers, key=lambda offer: offer.area), container)
                break


def judge(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield the refusals whose words shame, and those that stand back behind the consent."""
    yield from shaming(snapshot)
    for choice in choices(snapshot):
        sighting = compare(choice)
        if sighting:
            yield sighting


def shaming(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield the controls that make whoever declines speak ill of themselves."""
    for element in snapshot.elements:
        if not (element.visible and element.text and (element.clickable or (element.control and element.label))):
            continue
        claim = classify(element.text)
        if claim and claim.type is CONFIRMSHAMING and claim.confidence >= CONFIDENT:
            yield Sighting(
                kind="confirmshaming",
                type=CONFIRMSHAMING,
                title="Refusal worded as shame",
                detail=f"Whoever declines has to click {quoted(element.text)}.",
                severity="medium",
                confidence=claim.confidence,
                signal="meta",
                element=element,
                measured={"rule": claim.rule, "words": claim.words},
            )


def compare(choice: Choice, *, equal: bool = False) -> Sighting | None:
    """Return how the no stands back behind the yes, or None where it does not.

    Args:
        equal: Both have to be equally easy to take, as the law has it for consent.
    """
    no, yes = choice.no, choice.yes
    no_contrast, yes_contrast = contrast(no), contrast(yes)
    area = no.area / yes.area if yes.area else 1.0
    faults = []
    if (
        no_contrast is not None
        and no_contrast < required(no)
        and (yes_contrast is None or yes_contrast > 1.2 * no_contrast)
    ):
        beside = f", {yes_contrast:.1f}:1 on the other" if yes_contrast is not None else ""
        faults.append(f"its contrast is {no_contrast:.1f}:1 (WCAG asks for {required(no):g}:1{beside})")
    if no.font < _TINY <= yes.font or (no.font < _SMALL and no.font <= _SMALLER * yes.font):
        faults.append(f"its type is {no.font:g} px, the other's {yes.font:g} px")
    if (equal and area < _EQUAL_AREA) or (area < _AREA and no.font <= _SMALLER * yes.font):
        faults.append(f"it has {area:.0%} of the other's area")
    if not faults:
        return None
    is_hidden = (no_contrast is not None and no_contrast < 1.6) or no.font < 7
    return Sighting(
        kind="weak_decline",
        type=VISUAL_INTERFERENCE,
        title="Refusal made hard to see",
        detail=f"{quoted(no.words)} stands back behind {quoted(yes.words)}: {', '.join(faults)}.",
        severity="high" if is_hidden else "medium",
        confidence=min(0.95, 0.65 + 0.15 * len(faults)),
        signal="visual",
        element=no,
        measured={
            "contrast": _rounded(no_contrast),
            "contrast_required": required(no),
            "contrast_of_accept": _rounded(yes_contrast),
            "font_px": no.font,
            "font_px_of_accept": yes.font,
            "area_ratio": round(area, 3),
            "accept": yes.words,
            "accept_selector": yes.selector,
        },
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
