"""Boxes that mean the opposite of their tick are found; plain questions are not."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import Look
from veritas.audit.patterns import questions


@pytest.mark.parametrize(
    "label",
    [
        "Tick here if you do not wish to receive our catalogue",
        "Untick this box to stop our emails",
        "Don't uncheck this if you would not like to lose your perks",
        "I would prefer not to receive news",
    ],
)
async def test_trick_question_is_found(look: Look, label: str) -> None:
    """A tick that means no, and a label that denies twice, are tricks."""
    (found,) = questions.judge(await look(f"<label><input type=checkbox> {label}</label>"))
    assert (found.kind, found.signal) == ("trick_question", "structural")


async def test_bundled_consent_is_found(look: Look) -> None:
    """One tick for the terms and for advertising is no free consent."""
    label = "I accept the terms and conditions and agree to receive promotional emails"
    (found,) = questions.judge(await look(f"<label><input type=checkbox> {label}</label>"))
    assert found.kind == "bundled_consent"


@pytest.mark.parametrize(
    "label",
    ["Send me the newsletter", "I accept the terms", "Do not ring the bell", "Remember me", "Leave it without a card"],
)
async def test_plain_question_is_left_alone(look: Look, label: str) -> None:
    """One thing asked in one sentence is honest, negation or not."""
    assert list(questions.judge(await look(f"<label><input type=checkbox> {label}</label>"))) == []
