"""Walls: overlays that let nobody read on who does not sign up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.decline import is_no
from veritas.audit.patterns.element import Element, Snapshot
from veritas.audit.patterns.moment import Trial
from veritas.audit.patterns.sighting import Sighting, quoted
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT
from veritas.audit.patterns.texts import normalise

_COVERED = 0.6
_SIGN_UP = re.compile(
    r"\b(?:sign[ -]?up|sign[ -]?in|log[ -]?in|regist\w+|create (?:an |your )?account|subscribe|join|e-?mail|member)\b"
)
_WAY_AROUND = re.compile(
    r"\b(?:close|dismiss|skip|later|guest|continue without|not now|no thanks|back|exit|hide)\b|^[×✕✖xX⨯]$|^$"
)
_CLOSE_MARKS = re.compile(r"close|dismiss|modal-x|btn-x", re.IGNORECASE)
_ASKED = ("email", "password", "tel")


def find_wall(snapshot: Snapshot) -> Element | None:
    """Return the overlay that asks to sign up and lets nobody past it; None where there is none."""
    overlays = [
        element
        for element in snapshot.elements
        if element.blocks > 0 and not any(outer.blocks > 0 for outer in snapshot.ancestors(element))
    ]
    if sum(overlay.blocks for overlay in overlays) < _COVERED:
        return None
    inside = [element for overlay in overlays for element in (overlay, *snapshot.within(overlay))]
    asked = [element for element in inside if element.control in _ASKED and element.visible]
    if not asked or any(_leads_around(element) for element in inside):
        return None
    for overlay in overlays:
        if any(element in asked for element in snapshot.within(overlay)) and _SIGN_UP.search(
            normalise(overlay.text or "")
        ):
            return overlay
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
            f"The overlay {quoted(wall.text)} lies over {wall.blocks:.0%} of the window, asks for personal details, "
            "and has no control that closes it; the Escape key does not either."
        ),
        severity="high",
        confidence=0.85,
        signal="structural",
        element=wall,
        measured={"covered": wall.blocks},
    )


def _leads_around(element: Element) -> bool:
    if not element.clickable or not element.visible:
        return False
    words = normalise(element.said or element.text or "")
    return is_no(element) or bool(_WAY_AROUND.search(words)) or bool(_CLOSE_MARKS.search(element.marks))
