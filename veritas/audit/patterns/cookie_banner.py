"""Cookie banners: whether refusing is as easy as consenting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.confirmshaming import Choice, compare
from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.taxonomy import ADDED_STEPS
from veritas.audit.patterns.text_classifier import normalise

_BANNER_MARKS = re.compile(r"cookie|consent|gdpr|ccpa|onetrust|didomi|cmp|privacy", re.IGNORECASE)
_SUBJECT = re.compile(r"\bcookies?\b|\btracking\b|\byour (?:privacy|consent)\b|\bpersonal data\b")
_CONSENT = re.compile(
    r"^(?:yes,? )?(?:ok,? )?(?:i )?(?:accept|agree|allow|consent|enable)\b"
    r"(?!.*\b(?:necessary|essential|selected|selection)\b)"
)
_REFUSE = re.compile(
    r"\b(?:reject|decline|refuse|deny|disagree|disallow|necessary|essential|required only|without accepting"
    r"|opt[- ]?out|no,? thanks|not accept)\b|^no\b"
)
_SETTINGS = re.compile(
    r"\b(?:settings|preferences|manage|options|customi[sz]e|more|choices|details|let me choose|configure)\b"
)


def judge(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield what makes refusing on a cookie banner harder than consenting."""
    banner = find_banner(snapshot)
    if banner is None:
        return
    controls = [
        element for element in snapshot.within(banner) if element.clickable and element.visible and element.words
    ]
    consents = [control for control in controls if _CONSENT.search(normalise(control.words))]
    refusals = [control for control in controls if _REFUSE.search(normalise(control.words))]
    accept = max(consents, key=lambda control: control.area)
    if refusals:
        refuse = max(refusals, key=lambda control: control.area)
        unequal = compare(Choice(refuse, accept, banner), equal=True)
        if unequal:
            yield unequal
        return
    settings = [control for control in controls if _SETTINGS.search(normalise(control.words))]
    way = f"refusing starts at {quoted(settings[0].words)}" if settings else "there is no way to refuse"
    yield Sighting(
        kind="consent_without_reject",
        type=ADDED_STEPS,
        title="Cookie banner without a refusal",
        detail=f"The cookie banner takes consent with {quoted(accept.words)} in one click, but {way}.",
        severity="medium",
        confidence=0.85,
        signal="structural",
        element=accept,
        measured={"accept": accept.words, "controls": [control.words for control in controls][:20]},
    )


def find_banner(snapshot: Snapshot) -> Element | None:
    """Return the element that asks for consent to cookies, with all its controls; None where there is none."""
    for element in snapshot.elements:
        if not element.visible or element.text is None or element.tag in ("html", "body", "main", "footer", "nav"):
            continue
        if not (element.layered or element.dialog or _BANNER_MARKS.search(element.marks)):
            continue
        if not _SUBJECT.search(normalise(element.text)):
            continue
        if any(
            inner.clickable and inner.visible and _CONSENT.search(normalise(inner.words))
            for inner in snapshot.within(element)
        ):
            return element
    return None
