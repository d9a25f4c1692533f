"""Walls: overlays that let nobody read on who does not sign up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.patterns.confirmshaming import is_no
from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.page_state import Trial
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT
from veritas.audit.patterns.text_classifier import normalise

_COVERED = 0.6
_SIGN_UP = re.compile(
    r"\b(?:sign[ -]?up|sign[ -]?in|log[ -]?in|regist\w+|create (?:an |your )?account|subscribe|join|e-?mail|member)\b"
)
_WAY_AROUND = re.compile(
    r"\b(?:close|dismiss|skip|later|guest|continue without|not now|no thanks|back|exit|hide)\b|^[×✕✖xX⨯]$|^$"
)
_CLOSE_MARKS = re.compile(r"close|dismiss|modal-x|btn-x", re.IGNORECASE)
_ASKED = ("email", "password", "tel")


@dataclass(frozen=True)
class Wall:
    """An overlay that demands a sign-up, and the share of the window that it and its shade cover."""

    element: Element
    covered: float


def find_wall(snapshot: Snapshot) -> Wall | None:
    """Return the overlay that asks to sign up and lets nobody past it; None where there is none."""
    overlays = [
        element
        for element in snapshot.elements
        if element.blocks > 0 and not any(outer.blocks > 0 for outer in snapshot.ancestors(element))
    ]
    covered = sum(overlay.blocks for overlay in overlays)
    inside = [element for overlay in overlays for element in (overlay, *snapshot.within(overlay))]
    if covered < _COVERED or any(_leads_around(element) for element in inside):
        return None
    for overlay in overlays:
        asks = any(element.control in _ASKED and element.visible for element in snapshot.within(overlay))
        if asks and _SIGN_UP.search(normalise(overlay.text or "")):
            return Wall(overlay, min(1.0, covered))
    return None


def judge(trial: Trial) -> Iterator[Sighting]:
    """Yield the wall, if the Escape key does not take it away either."""
    wall = find_wall(trial.opened.snapshot)
    if wall is None or trial.unescaped is None or find_wall(trial.unescaped.snapshot) is None:
        return
    yield Sighting(
        kind="forced_signup",
        type=FORCED_ENROLLMENT,
        title="Sign-up demanded before the content",
        detail=(
            f"The overlay {quoted(wall.element.text)} covers {wall.covered:.0%} of the window, asks for personal "
            "details, and has no control that closes it; the Escape key does not either."
        ),
        severity="high",
        confidence=0.85,
        signal="structural",
        element=wall.element,
        measured={"covered": round(wall.covered, 2)},
    )


def _leads_around(element: Element) -> bool:
    if not element.clickable or not element.visible:
        return False
    words = normalise(element.said or element.text or "")
    return is_no(element) or bool(_WAY_AROUND.search(words)) or bool(_CLOSE_MARKS.search(element.marks))
