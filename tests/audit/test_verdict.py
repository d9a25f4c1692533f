"""Verdicts as they are stored in the log."""

from __future__ import annotations

import msgspec
import pytest

from tests.audit.facts import as_json
from veritas.audit.verdict import Cap, Penalty, Recommendation, Signal, Verdict

VERDICT = Verdict(
    trust_score=69,
    risk_level="suspicious",
    weighted_score=81.25,
    coverage=0.75,
    signals={
        "visual": Signal(78.4, 0.2, 0.2667, "2 findings.", (Penalty("a", "A", "u", "high", 0.9, 1.0, 22.5),)),
        "graph": Signal(None, 0.25, 0.0, "It was not examined."),
    },
    capped_by=Cap(69, "Two severe kinds.", ("a", "b")),
    counts={"high": 2},
    narrative="It is suspicious. Very.",
    recommendations=(Recommendation("consumer", "Leave.", ("a",)), Recommendation("owner", "Fix it.")),
)


def test_a_verdict_is_unchanged_after_the_log() -> None:
    """JSON keeps every field."""
    assert msgspec.convert(as_json(VERDICT), Verdict) == VERDICT


def test_fields_of_a_later_version_are_ignored() -> None:
    """This version reads the fields that it knows."""
    value = as_json(VERDICT) | {"later": 1}
    value["signals"]["visual"]["later"] = 1
    del value["recommendations"][1]["because"]
    assert msgspec.convert(value, Verdict) == VERDICT


def test_a_verdict_cannot_be_changed() -> None:
    """Its fields are frozen."""
    with pytest.raises(AttributeError):
        VERDICT.trust_score = 100  # type: ignore[misc]
