"""A plan is a list of stages with growing shares."""

from __future__ import annotations

import pytest

from veritas.errors import InvalidPlan
from veritas.rollout.plan import DEFAULT_PLAN, Plan, Stage


def test_the_default_has_five_stages() -> None:
    assert [(stage.name, stage.share) for stage in DEFAULT_PLAN.stages] == [
        ("10%", 0.1),
        ("25%", 0.25),
        ("50%", 0.5),
        ("75%", 0.75),
        ("100%", 1.0),
    ]


def test_stages_may_have_names() -> None:
    assert Plan.parse("canary=0.5, half=50%, 100").stages == (
        Stage("canary", 0.005),
        Stage("half", 0.5),
        Stage("100%", 1.0),
    )


@pytest.mark.parametrize("text", ["", "x", "10,,20", "20,10", "10,10", "0,10", "50,101", "a=10,a=20", "-5", "nan"])
def test_shares_that_do_not_grow_from_above_0_to_100_are_refused(text: str) -> None:
    with pytest.raises(InvalidPlan):
        Plan.parse(text)


def test_a_plan_is_read_back_from_the_log() -> None:
    assert Plan.of(DEFAULT_PLAN.as_list()) == DEFAULT_PLAN
    assert Plan.of([{"name": 1, "share": 0.5}, "x", {"name": "half", "share": 0.5}]) == Plan((Stage("half", 0.5),))


def test_each_stage_leads_to_the_next() -> None:
    assert DEFAULT_PLAN.after("10%") == Stage("25%", 0.25)
    assert DEFAULT_PLAN.after("100%") is None
    assert DEFAULT_PLAN.after("stdout") is None
