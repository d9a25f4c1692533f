"""The JSON and Prometheus outputs contain the metrics, and leave out unknown values."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from veritas.events.json import encode_json, json_values
from veritas.rollout.metrics import Metrics, ModeMetrics, Period, Population, Tally
from veritas.rollout.outputs.metrics_json import metrics_json
from veritas.rollout.outputs.prometheus import prometheus_text

LABELS = ("stage", "origin", "mode", "status", "cause", "quantile")

QUEUE = ModeMetrics(
    "queue",
    statuses={"completed": 9, "failed": 1, "running": 2},
    effective={"queue": 9, "queue+stdout": 1},
    fallbacks={"broke": 1},
    events=Tally(600, 10, 10),
    lost=Tally(3, 1, 10),
    wall=np.array([4.0, 5.0, 6.0]),
    latency={50: np.array([0.001]), 95: np.array([0.002, 0.004]), 99: np.empty(0)},
    start_up=np.array([0.25]),
)


def metrics(name: str = "half", mode: ModeMetrics = QUEUE) -> Metrics:
    stage = Population(name, True, 0.5, 100.0, None, {mode.mode: mode})
    flag = Population("--queue", False, None, None, None, {"queue": ModeMetrics("queue", {"completed": 2})})
    return Metrics("queue-ipc", None, None, None, 1e9, (stage,), (flag,), (Period(0.0, 3600.0, 12, 0, 1, 0.5),))


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    by_labels = {}
    for family in text_string_to_metric_families(text.decode()):
        assert family.documentation
        assert all(sample.labels["rollout"] == "queue-ipc" for sample in family.samples)
        for sample in family.samples:
            key = (sample.name, *(sample.labels[name] for name in LABELS if sample.labels.get(name)))
            assert key not in by_labels
            by_labels[key] = sample.value
    return by_labels


def test_json_contains_the_metrics() -> None:
    output = json.loads(encode_json(json_values(metrics_json(metrics()))))
    (stage,), (flag,) = output["stages"], output["others"]
    assert (stage["name"], stage["share"], stage["real_share"]) == ("half", 0.5, 1.0)
    assert stage["sample_ratio_p"] == pytest.approx(2 * 0.5**12)
    assert stage["real_share_interval"] == {"low": pytest.approx(0.757, abs=1e-3), "high": 1.0}
    (queue,) = stage["modes"]
    assert (queue["runs"], queue["success"]["share"]) == (12, 0.9)
    assert queue["lost"] == {"total": 3, "runs": 1, "known": 10}
    assert queue["repeated"] == {"total": None, "runs": 0, "known": 0}
    assert queue["latency_seconds"] == {"p50": 0.001, "p95": 0.003, "p99": None}
    assert queue["wall_seconds"]["p50"] == 5.0
    assert (flag["decided"], flag["real_share"], flag["modes"][0]["wall_seconds"]) == (False, None, None)


def test_prometheus_can_parse_the_metrics() -> None:
    """With the client's own parser; unknown values are left out."""
    by_labels = samples(prometheus_text(metrics()))
    queue = ("half", "rollout", "queue")
    assert by_labels[("veritas_rollout_share_ratio", "half")] == 0.5
    assert by_labels[("veritas_rollout_stage_in_force", "half")] == 1
    assert by_labels[("veritas_rollout_sample_ratio_pvalue", "half")] == pytest.approx(2 * 0.5**12)
    assert by_labels[("veritas_rollout_audits_total", *queue, "completed")] == 9
    assert by_labels[("veritas_rollout_audits_in_progress", *queue, "running")] == 2
    assert ("veritas_rollout_audits_total", *queue, "running") not in by_labels
    assert by_labels[("veritas_rollout_fallbacks_total", *queue, "broke")] == 1
    assert by_labels[("veritas_rollout_events_total", *queue)] == 600
    assert by_labels[("veritas_rollout_events_lost_total", *queue)] == 3
    assert ("veritas_rollout_events_repeated_total", *queue) not in by_labels
    assert by_labels[("veritas_rollout_latency_seconds", *queue, "0.95")] == pytest.approx(0.003)
    assert ("veritas_rollout_latency_seconds", *queue, "0.99") not in by_labels
    assert by_labels[("veritas_rollout_audit_duration_seconds", *queue, "0.5")] == 5.0
    assert by_labels[("veritas_rollout_queue_start_seconds", *queue, "0.5")] == 0.25
    assert not any(name == "veritas_rollout_throughput_events_per_second" for name, *_ in by_labels)


def test_prometheus_counts_overrides_separately() -> None:
    """By what decided them; a validated run is one of them, and only it has mismatches."""
    compared = ModeMetrics("validate", {"completed": 1}, mismatched=Tally(7, 1, 1))
    flag = Population("--validate-ipc", False, None, None, None, {"validate": compared})
    by_labels = samples(prometheus_text(replace(metrics(), others=(flag,))))
    assert by_labels[("veritas_rollout_audits_total", "--validate-ipc", "validate", "completed")] == 1
    assert by_labels[("veritas_rollout_events_mismatched_total", "--validate-ipc", "validate")] == 7


def test_prometheus_has_a_repeated_stage_once() -> None:
    """With the runs of both times, so that a counter does not decrease; likewise for a variable with two shares."""
    output = metrics()
    (stage,), (other,) = output.stages, output.others
    twice = replace(output, stages=(replace(stage, ended_at=200.0), stage), others=(other, replace(other, share=0.1)))
    by_labels = samples(prometheus_text(twice))
    assert by_labels[("veritas_rollout_audits_total", "half", "rollout", "queue", "completed")] == 18
    assert by_labels[("veritas_rollout_audits_total", "--queue", "queue", "completed")] == 4
    assert by_labels[("veritas_rollout_latency_seconds", "half", "rollout", "queue", "0.95")] == pytest.approx(0.003)
    assert by_labels[("veritas_rollout_stage_in_force", "half")] == 1


def test_prometheus_metrics_have_the_tier() -> None:
    assert b'tier="deep_forensic"' in prometheus_text(replace(metrics(), tier="deep_forensic"))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1))
def test_hostile_names_are_escaped(name: str) -> None:
    """Whatever the name of a stage is."""
    assert samples(prometheus_text(metrics(name)))[("veritas_rollout_share_ratio", name)] == 0.5
