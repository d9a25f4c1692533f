"""The JSON outputs match their published schemas, which describe every field."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.rollout.outputs.test_outputs import metrics
from tests.rollout.test_gate import gate_input, mode
from veritas.events.json import encode_json
from veritas.rollout.gate import judge
from veritas.rollout.metrics import ModeMetrics
from veritas.rollout.outputs.json import metrics_json
from veritas.rollout.thresholds import Thresholds


def validate(name: str, output: dict[str, Any]) -> None:
    schema = json.loads((files("veritas.rollout") / "schemas" / f"{name}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(encode_json(output)))


@pytest.mark.parametrize("output", [metrics(), metrics(mode=ModeMetrics("stdout"))])
def test_metrics_match_their_schema(output: Any) -> None:
    validate("metrics", metrics_json(output))


@pytest.mark.parametrize(
    "subject",
    [
        gate_input(),
        gate_input(mode("queue", 970, 30), mode("stdout", 970, 30)),
        gate_input(mode("queue", 9, lost=1), mode("stdout", 1)),
        gate_input(mode("stdout", 9), share=1.0, last=True),
    ],
)
def test_a_verdict_matches_its_schema(subject: Any) -> None:
    validate("gate", judge(subject, Thresholds()).as_dict())


@pytest.mark.parametrize("missing", ["decision", "rules"])
def test_a_schema_rejects_invalid_output(missing: str) -> None:
    output = judge(gate_input(), Thresholds()).as_dict()
    del output[missing]
    with pytest.raises(ValidationError):
        validate("gate", output)
