"""The JSON outputs are what their published schemas say, and the schemas say it of every field."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.rollout.outputs.test_outputs import metrics
from tests.rollout.test_gate import evidence, mode
from veritas.events.progress import encode_json
from veritas.rollout.gate import judge
from veritas.rollout.metrics import ModeMetrics
from veritas.rollout.outputs.json import metrics_json
from veritas.rollout.thresholds import Thresholds


def validate(name: str, told: dict[str, Any]) -> None:
    schema = json.loads((files("veritas.rollout") / "schemas" / f"{name}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(encode_json(told)))


@pytest.mark.parametrize("told", [metrics(), metrics(mode=ModeMetrics("stdout"))])
def test_metrics_are_what_their_schema_says(told: Any) -> None:
    validate("metrics", metrics_json(told))


@pytest.mark.parametrize(
    "found",
    [
        evidence(),
        evidence(mode("queue", 970, 30), mode("stdout", 970, 30)),
        evidence(mode("queue", 9, lost=1), mode("stdout", 1)),
        evidence(mode("stdout", 9), share=1.0, last=True),
    ],
)
def test_a_verdict_is_what_its_schema_says(found: Any) -> None:
    validate("gate", judge(found, Thresholds()).as_dict())


@pytest.mark.parametrize("missing", ["decision", "rules"])
def test_a_schema_can_fail(missing: str) -> None:
    told = judge(evidence(), Thresholds()).as_dict()
    del told[missing]
    with pytest.raises(ValidationError):
        validate("gate", told)
