"""The JSON Schemas of every event type and of the command line's JSON, by name.

A schema of an event describes what an audit of VERITAS emits, with the attachment as base64. A field that an older
version did not write may be missing, and a body of an older version is described as `veritas.events.upcasting` reads
it. Other programs may emit other events and summaries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from veritas.archive.key_summary import KeySummary
from veritas.audit.limits import LimitReached
from veritas.audit.page import PageFacts
from veritas.audit.phase import FindingFields, ScreenshotFields
from veritas.audit.summaries import (
    CheckStep,
    ExaminingFields,
    FailedPage,
    FailedScreenshot,
    GraphSummary,
    RepeatedPage,
    ScoutSummary,
    SecuritySummary,
    VisionSummary,
)
from veritas.audit.verdict import Verdict
from veritas.batch.summary import BatchJson
from veritas.ci.check_json import ChecksJson
from veritas.core.audit_events import AuditOutcome, AuditStart, BrowserStart, FailureFields
from veritas.core.egress_events import RefusalFields
from veritas.events.json_schema import components, document, json_schema
from veritas.events.progress import PHASES, ProgressEvent
from veritas.events.recorder_events import RECORDER_TYPES, RecorderEvent
from veritas.metrics.json import AuditMetricsJson
from veritas.projections.state_json import StateJson
from veritas.replay.state_at import ShownChanges, ShownState
from veritas.rollout.outputs.gate_json import GateJson
from veritas.rollout.outputs.metrics_json import MetricsJson

# The summary of each step that has one, by phase and step.
SUMMARIES: Mapping[tuple[str, str], type[msgspec.Struct]] = {
    ("init", "starting"): AuditStart,
    ("init", "done"): BrowserStart,
    ("scout", "page_loaded"): PageFacts,
    ("scout", "limit_reached"): LimitReached,
    ("security", "limit_reached"): LimitReached,
    ("vision", "limit_reached"): LimitReached,
    ("graph", "limit_reached"): LimitReached,
    ("scout", "page_failed"): FailedPage,
    ("scout", "page_repeated"): RepeatedPage,
    ("scout", "screenshot_failed"): FailedScreenshot,
    ("scout", "done"): ScoutSummary,
    ("security", "check"): CheckStep,
    ("security", "done"): SecuritySummary,
    ("vision", "done"): VisionSummary,
    ("graph", "done"): GraphSummary,
    ("judge", "done"): Verdict,
    ("complete", "done"): AuditOutcome,
    ("complete", "error"): AuditOutcome,
}

# The fields that an event has beyond those of every event, by type, phase and step; None for all.
FIELDS: Mapping[tuple[str, str | None, str | None], type[msgspec.Struct]] = {
    ("progress", "vision", "examining"): ExaminingFields,
    **{("progress", phase, "error"): FailureFields for phase in PHASES if phase != "complete"},
    **{("progress", phase, "egress_refused"): RefusalFields for phase in PHASES if phase != "complete"},
    ("finding", None, None): FindingFields,
    ("screenshot", None, None): ScreenshotFields,
}

_EMITTED = ("progress", "finding", "screenshot")
_OUTPUTS: Mapping[str, tuple[type[msgspec.Struct], str]] = {
    "audit": (StateJson, "veritas audit --json"),
    "batch": (BatchJson, "veritas audit --from --json"),
    "key-show": (KeySummary, "veritas key show --format json"),
    "show": (ShownState, "veritas show --json"),
    "show-changes": (ShownChanges, "veritas show --diff-from --json"),
    "check": (ChecksJson, "veritas check --format json"),
    "metrics": (AuditMetricsJson, "veritas metrics --format json"),
    "rollout-metrics": (MetricsJson, "veritas rollout metrics --format json"),
    "rollout-gate": (GateJson, "veritas rollout gate --format json"),
}


class Schema(NamedTuple):
    """A schema that can be generated.

    Attributes:
        about: What it describes, in a few words.
        generate: Returns the schema.
    """

    about: str
    generate: Callable[[], dict[str, Any]]


def all_schemas() -> dict[str, Schema]:
    """Return every schema by name: the events in the order in which a run has them, then the output of commands."""
    schemas = {name: Schema(f"the audit's event `{name}`", partial(_emitted, name)) for name in _EMITTED}
    for name, kind in RECORDER_TYPES.items():
        schemas[name] = Schema(f"the recorder's event `{name}`", partial(_recorded, kind))
    for name, (struct, title) in _OUTPUTS.items():
        schemas[name] = Schema(f"the output of `{title}`", partial(json_schema, struct, name, title))
    return schemas


def _emitted(name: str) -> dict[str, Any]:
    """Return the schema of an event that an audit emits."""
    schema, definitions = _envelope(name)
    cases = []
    if name == "progress":
        for (phase, step), summary in SUMMARIES.items():
            reference, parts = components(summary)
            definitions |= parts
            then = {"properties": {"summary": reference}, "required": ["summary"]}
            cases.append(_case(phase, step, then))
    for (kind, own_phase, own_step), fields in FIELDS.items():
        if kind == name:
            reference, parts = components(fields)
            own = parts.pop(reference["$ref"].rpartition("/")[2])
            definitions |= parts
            then = {key: own[key] for key in ("properties", "required")}
            if own_phase is None or own_step is None:
                schema["properties"] |= then["properties"]
                schema["required"] += then["required"]
            else:
                cases.append(_case(own_phase, own_step, then))
    return document(name, f"The event `{name}`", schema | ({"allOf": cases} if cases else {}), definitions)


def _recorded(kind: type[RecorderEvent]) -> dict[str, Any]:
    """Return the schema of an event of the recorder's."""
    envelope, _ = _envelope(kind.type, "timestamp", "seq", "data")
    envelope["required"] += ["timestamp", "seq"]
    reference, definitions = components(kind)
    own = definitions.pop(reference["$ref"].rpartition("/")[2])
    schema = {
        "description": own["description"],
        "type": "object",
        "properties": envelope["properties"] | own["properties"],
        "required": envelope["required"] + own["required"],
    }
    return document(kind.type, f"The event `{kind.type}`", schema, definitions)


def _envelope(name: str, *only: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of what every event of type *name* has, or *only* some fields of it, and its definitions."""
    reference, definitions = components(ProgressEvent)
    fields = definitions.pop(reference["$ref"].rpartition("/")[2])["properties"]
    wanted = only or [field for field in fields if field not in ("type", "extra")]
    note = "a line without one is of this type" if name == "progress" else "always this"
    schema = {
        "description": f"An event of type `{name}`, as an audit of VERITAS emits it.",
        "type": "object",
        "properties": {
            "type": {"const": name, "description": f"The type of the event; {note}."},
            **{field: fields[field] for field in wanted},
        },
        "required": [] if name == "progress" else ["type"],
    }
    return schema, definitions


def _case(phase: str, step: str, then: dict[str, Any]) -> dict[str, Any]:
    """Return the schema *then* for the events of one step."""
    given = {"phase": {"const": phase}, "step": {"const": step}}
    return {"if": {"properties": given, "required": [*given]}, "then": then}
