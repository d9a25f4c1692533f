"""A verdict as the log keeps it."""

from __future__ import annotations

import msgspec
import pytest

from tests.audit.facts import as_json
from veritas.audit.verdict import Cap, Penalty, Recommendation, Signal, Verdict

WHOLE = Verdict(
    trust_score=69,
    risk_level="suspicious",
    weighted_score=81.25,
    coverage=0.75,
    signals={
        "visual": Signal(78.4, 0.2, 0.2667, "2 findings.", (Penalty("a", "A", "u", "high", 0.9, 1.0, 22.5),)),
        "graph": Signal(None, 0.25, 0.0, "Nobody asked."),
    },
    capped_by=Cap(69, "Two grave kinds.", ("a", "b")),
    counts={"high": 2},
    narrative="It is suspicious. Very.",
    recommendations=(Recommendation("consumer", "Leave.", ("a",)), Recommendation("owner", "Mend it.")),
)


def test_it_comes_back_from_the_log_as_it_went() -> None:
    """Nothing is lost in JSON."""
    assert msgspec.convert(as_json(WHOLE), Verdict) == WHOLE


def test_fields_of_a_later_version_are_ignored() -> None:
    """A reader of this version reads what it knows."""
    value = as_json(WHOLE) | {"later": 1}
    value["signals"]["visual"]["later"] = 1
    del value["recommendations"][1]["because"]
    assert msgspec.convert(value, Verdict) == WHOLE


def test_a_verdict_cannot_be_changed() -> None:
    """Its fields are fixed when it is made."""
    with pytest.raises(AttributeError):
        WHOLE.trust_score = 100  # type: ignore[misc]
