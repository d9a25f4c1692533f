"""The JSON outputs match their published schemas, which describe every field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.rollout.outputs.test_outputs import metrics
from tests.rollout.test_gate import gate_input, mode
from veritas.events.json import decode_json, encode_json, json_values
from veritas.events.json_schema import json_schema
from veritas.rollout.gate import judge
from veritas.rollout.metrics import ModeMetrics
from veritas.rollout.outputs.gate_json import GateJson, gate_json
from veritas.rollout.outputs.metrics_json import MetricsJson, metrics_json
from veritas.rollout.thresholds import Thresholds


def validate(kind: type[msgspec.Struct], output: dict[str, Any]) -> None:
    schema = json_schema(kind, "output", "Output")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(output)


def written(output: msgspec.Struct) -> Any:
    """Return *output* as it is read back."""
    return decode_json(encode_json(json_values(output)))


@pytest.mark.parametrize("output", [metrics(), metrics(mode=ModeMetrics("stdout"))])
def test_metrics_match_their_schema(output: Any) -> None:
    validate(MetricsJson, written(metrics_json(output)))


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
    validate(GateJson, written(gate_json(judge(subject, Thresholds()))))


@pytest.mark.parametrize("missing", ["decision", "rules"])
def test_a_schema_rejects_invalid_output(missing: str) -> None:
    output = written(gate_json(judge(gate_input(), Thresholds())))
    del output[missing]
    with pytest.raises(ValidationError):
        validate(GateJson, output)


def test_a_schema_rejects_unknown_fields() -> None:
    output = written(gate_json(judge(gate_input(), Thresholds())))
    output["thresholds"]["later"] = 1
    with pytest.raises(ValidationError):
        validate(GateJson, output)


@pytest.mark.parametrize("kind", [MetricsJson, GateJson])
def test_every_field_has_a_description(kind: type[msgspec.Struct]) -> None:
    schema = json_schema(kind, "output", "Output")
    objects = [schema, *schema["$defs"].values()]
    assert [name for one in objects for name, field in one["properties"].items() if not field.get("description")] == []
