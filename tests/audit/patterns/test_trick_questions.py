"""Boxes that mean the opposite of their tick are found; plain questions are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import Look
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


async def test_trick_question_is_found(look: Look) -> None:
    """A tick that means no, and a label that denies twice, are tricks."""
    found = list(trick_questions.judge(await look(boxes(*TRICKS))))
    assert [one.element.label for one in found] == list(TRICKS)
    assert {(one.kind, one.signal) for one in found} == {("trick_question", "structural")}


async def test_bundled_consent_is_found(look: Look) -> None:
    """One tick for the terms and for advertising is no free consent."""
    label = "I accept the terms and conditions and agree to receive promotional emails"
    (found,) = trick_questions.judge(await look(boxes(label)))
    assert found.kind == "bundled_consent"


async def test_plain_question_is_left_alone(look: Look) -> None:
    """One thing asked in one sentence is honest, negation or not."""
    assert list(trick_questions.judge(await look(boxes(*PLAIN)))) == []
