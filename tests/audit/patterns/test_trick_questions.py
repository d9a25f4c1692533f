"""Boxes that mean the opposite of their tick are detected; plain questions are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot
from veritas.audit.patterns import trick_questions

TRICKS = (
    "Tick here if you do not wish to receive our catalogue",
    "Untick this box to stop our emails",
    "Don't uncheck this if you would not like to lose your perks",
    "I would prefer not to receive news",
)
PLAIN = (
    "Send me the newsletter",
    "I accept the terms",
    "Do not ring the bell",
    "Remember me",
    "Leave it without a card",
)


def boxes(*labels: str) -> str:
    """Return a form with a box for each label."""
    return "".join(f"<p><label><input type=checkbox> {label}</label></p>" for label in labels)


async def test_trick_question_is_detected(snapshot_of: TakeSnapshot) -> None:
    """A tick that means no, and a label with two negations, are trick questions."""
    detections = list(trick_questions.detect(await snapshot_of(boxes(*TRICKS))))
    assert [detection.element.label for detection in detections] == list(TRICKS)
    assert {(detection.kind, detection.signal) for detection in detections} == {("trick_question", "structural")}


async def test_bundled_consent_is_detected(snapshot_of: TakeSnapshot) -> None:
    """One tick for both the terms and advertising is not free consent."""
    label = "I accept the terms and conditions and agree to receive promotional emails"
    (detection,) = trick_questions.detect(await snapshot_of(boxes(label)))
    assert detection.kind == "bundled_consent"


async def test_plain_question_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """One question in one sentence is honest, with or without a negation."""
    assert list(trick_questions.detect(await snapshot_of(boxes(*PLAIN)))) == []
