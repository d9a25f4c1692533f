"""Detect sign-up walls: overlays that only people who sign up can pass (forced enrollment)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.patterns.confirmshaming import is_reject
from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT
from veritas.audit.patterns.text_classifier import normalise

_COVERED = 0.6
_SIGN_UP = words("sign_up")
_DISMISS = words("dismiss")
_CLOSE_MARKS = re.compile(r"close|dismiss|modal-x|btn-x", re.IGNORECASE)
_PERSONAL_FIELDS = ("email", "password", "tel")


@dataclass(frozen=True)
class SignUpWall:
    """An overlay that demands a sign-up, and the share of the window that it and its backdrop cover."""

    element: Element
    covered: float


def find_sign_up_wall(snapshot: Snapshot) -> SignUpWall | None:
    """Return the overlay that demands a sign-up and has no control to dismiss it, or None."""
    overlays = [
        element
        for element in snapshot.elements
        if element.coverage > 0 and not any(outer.coverage > 0 for outer in snapshot.ancestors(element))
    ]
    covered = sum(overlay.coverage for overlay in overlays)
    inside = [element for overlay in overlays for element in (overlay, *snapshot.descendants(overlay))]
    if covered < _COVERED or any(_is_dismiss_control(element) for element in inside):
        return None
    for overlay in overlays:
        fields = [element for element in snapshot.descendants(overlay) if element.control in _PERSONAL_FIELDS]
        if any(field.visible for field in fields) and _SIGN_UP.search(normalise(overlay.text or "")):
            return SignUpWall(overlay, min(1.0, covered))
    return None


def detect(experiment: Experiment) -> Iterator[Detection]:
    """Yield the sign-up wall, unless the Escape key closes it."""
    wall = find_sign_up_wall(experiment.opened.snapshot)
    if wall is None or experiment.after_escape is None or find_sign_up_wall(experiment.after_escape.snapshot) is None:
        return
    yield Detection(
        kind="forced_signup",
        type=FORCED_ENROLLMENT,
        title="Forced enrollment",
        detail=(
            f"The overlay {quoted(wall.element.text)} covers {wall.covered:.0%} of the window, asks for personal "
            "details, and has no control that closes it; the Escape key does not close it either."
        ),
        severity="high",
        confidence=0.85,
        signal="structural",
        element=wall.element,
        measured={"covered": round(wall.covered, 2)},
    )


def _is_dismiss_control(element: Element) -> bool:
    if not element.clickable or not element.visible:
        return False
    words = normalise(element.accessible_name or element.text or "")
    return is_reject(element) or bool(_DISMISS.search(words)) or bool(_CLOSE_MARKS.search(element.id_and_class))
