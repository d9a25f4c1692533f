"""Detect cookie banners on which rejecting is harder than accepting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.confirmshaming import Choice, compare, words_of
from veritas.audit.patterns.detection import Detection, Result, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.taxonomy import ADDED_STEPS
from veritas.audit.patterns.text_classifier import normalise

_BANNER_MARKS = re.compile(r"cookie|consent|gdpr|ccpa|onetrust|didomi|cmp|privacy", re.IGNORECASE)
_SUBJECT = words("cookies")
_ACCEPT = words("accept_cookies")
_REJECT = words("reject_cookies")
_SETTINGS = words("cookie_settings")


def detect(snapshot: Snapshot) -> Iterator[Result]:
    """Yield a detection if the page has a cookie banner without an equal reject control."""
    banner = find_banner(snapshot)
    if banner is None:
        return
    controls = [
        element for element in snapshot.descendants(banner) if element.clickable and element.visible and element.words
    ]
    accepts = [control for control in controls if _ACCEPT.search(words_of(control))]
    rejects = [control for control in controls if _REJECT.search(words_of(control))]
    accept = max(accepts, key=lambda control: control.area)
    if rejects:
        reject = max(rejects, key=lambda control: control.area)
        result = compare(Choice(reject, accept, banner), must_be_equal=True)
        if result:
            yield result
        return
    settings = [control for control in controls if _SETTINGS.search(normalise(control.words))]
    alternative = f"rejecting starts at {quoted(settings[0].words)}" if settings else "no control rejects them"
    yield Detection(
        kind="consent_without_reject",
        type=ADDED_STEPS,
        title="Cookie banner without reject option",
        detail=f"One click on {quoted(accept.words)} accepts the cookies, but {alternative}.",
        severity="medium",
        confidence=0.85,
        signal="structural",
        element=accept,
        measured={"accept": accept.words, "controls": [control.words for control in controls][:20]},
    )


def find_banner(snapshot: Snapshot) -> Element | None:
    """Return the first element that asks for consent to cookies and contains an accept control, or None."""
    for element in snapshot.elements:
        if not element.visible or element.text is None or element.tag in ("html", "body", "main", "footer", "nav"):
            continue
        if not (element.position or element.dialog or _BANNER_MARKS.search(element.id_and_class)):
            continue
        if not _SUBJECT.search(normalise(element.text)):
            continue
        if any(
            inner.clickable and inner.visible and _ACCEPT.search(words_of(inner))
            for inner in snapshot.descendants(element)
        ):
            return element
    return None
