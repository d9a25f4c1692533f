"""A verdict as the log keeps it."""

from __future__ import annotations

import json

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


def test_it_comes_back_from_json_as_it_went() -> None:
    value = WHOLE.as_dict()
    assert json.loads(json.dumps(value)) == value
    assert Verdict.from_dict(json.loads(json.dumps(value))) == WHOLE


def test_unknown_names_are_passed_over_and_missing_ones_empty() -> None:
    assert Verdict.from_dict({}) == Verdict()
    value = WHOLE.as_dict() | {"later": 1}
    value["signals"]["visual"]["later"] = 1
    del value["signals"]["visual"]["penalties"][0]["share"]
    del value["recommendations"][1]["because"]
    assert Verdict.from_dict(value) == WHOLE


def test_nothing_in_it_can_be_changed_after_it_was_written() -> None:
    assert Verdict.from_dict(WHOLE.as_dict()).recommendations is not WHOLE.recommendations
    assert WHOLE.__dataclass_params__.frozen
