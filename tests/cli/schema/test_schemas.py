"""The JSON Schemas: they describe what a real audit and the release before record, and what commands print."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from store.upgrade import upgrade
from tests.audit.facts import as_json
from tests.cli.invoking import invoke_in
from tests.real_audit import audited_log
from veritas.archive.archive import Archive
from veritas.audit.finding import Finding
from veritas.cli.schema.schemas import FIELDS, SUMMARIES, all_schemas
from veritas.events.json import decode_json
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RECORDER_TYPES
from veritas.events.upcasting import upcast

RELEASE = Path(__file__).parents[2] / "releases" / "0001.db.gz"


@dataclass(frozen=True)
class Log:
    """A log with runs of audits.

    Attributes:
        database: The log's file.
        runs: The bodies of each run's events, in the current form.
    """

    database: Path
    runs: Mapping[str, list[dict[str, Any]]]

    def bodies(self) -> Iterator[dict[str, Any]]:
        """Yield every body."""
        for bodies in self.runs.values():
            yield from bodies

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the bodies of one type."""
        return [body for body in self.bodies() if body.get("type") == kind]


def read(database: Path) -> Log:
    """Return the audits of a log that have ended."""
    with Archive.open(database, create=False) as archive:
        runs: dict[str, list[RecordedEvent]] = {}
        for recorded in archive.events():
            runs.setdefault(recorded.run_id, []).append(recorded)
    bodies = {
        run_id: [
            upcast(decode_json(event.body), 1, event.source)  # a body that is current already stays as it is
            for event in events
            if event.body is not None
        ]
        for run_id, events in runs.items()
    }
    ended = {run_id: run for run_id, run in bodies.items() if any(body.get("type") == "run_finished" for body in run)}
    return Log(database, {run_id: run for run_id, run in ended.items() if run[0].get("origin") == "audit"})


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A real audit of the demo's manipulative shop, over both transports."""
    return read(audited_log(tmp_path_factory))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The log of the first release, upgraded: two shops, and an audit that failed."""
    database = tmp_path_factory.mktemp("released") / "veritas.db"
    database.write_bytes(gzip.decompress(RELEASE.read_bytes()))
    upgrade(database, lambda _: None)
    return read(database)


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(all_schemas()[name].generate())


def faults(body: dict[str, Any]) -> list[str]:
    """Return what a schema objects to in an event's body."""
    return [f"{body['type']}: {error.message}"[:300] for error in validator(body["type"]).iter_errors(body)]


@pytest.mark.parametrize("name", all_schemas())
def test_every_schema_is_valid_and_describes_every_field(name: str) -> None:
    """JSON Schema 2020-12 with an id of its own, a title, and a sentence for each field."""
    schema = json.loads(json.dumps(all_schemas()[name].generate()))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:veritas:schema:{name}"
    assert schema["title"] and schema["description"]
    Draft202012Validator.check_schema(schema)
    objects = {"": schema, **schema.get("$defs", {})}
    nameless = [
        f"{kind}.{field}"
        for kind, described in objects.items()
        for field, part in described["properties"].items()
        if not part.get("description")
    ]
    assert nameless == []


def test_every_recorder_event_has_a_schema() -> None:
    """A new type has one without further ado."""
    assert set(RECORDER_TYPES) < set(all_schemas())


def test_every_event_of_a_real_audit_fits_its_schema(audited: Log) -> None:
    """Each type has a schema, and nothing that it says is outside of it."""
    assert {body["type"] for body in audited.bodies()} <= set(all_schemas())
    assert [fault for body in audited.bodies() for fault in faults(body)] == []
    assert {"progress", "finding", "screenshot", "transport_measured"} <= {body["type"] for body in audited.bodies()}


def test_every_event_of_the_release_before_fits_its_schema(released: Log) -> None:
    """Fields that later versions added may be missing."""
    assert [fault for body in released.bodies() for fault in faults(body)] == []


def test_every_summary_and_field_that_an_audit_emits_is_typed(audited: Log) -> None:
    """A step with a summary, or with fields of its own, has a struct for it with all of its names."""
    envelope = {"type", "phase", "step", "pct", "detail", "summary", "timestamp", "seq", "data"}
    for body in audited.bodies():
        if body["type"] in RECORDER_TYPES:
            continue
        where = (body["phase"], body["step"])
        if body["summary"]:
            assert set(body["summary"]) <= set(SUMMARIES[where].__struct_encode_fields__), where
        own = FIELDS.get((body["type"], *where)) or FIELDS.get((body["type"], None, None))
        assert set(body) - envelope <= set(own.__struct_fields__ if own else ()), where


def test_the_summaries_keep_the_keys_of_the_release_before(released: Log) -> None:
    """Read into its struct and written again, a recorded summary is the same, key by key and in the same order."""
    seen = set()
    for body in released.of("progress"):
        kind = SUMMARIES.get((body["phase"], body["step"]))
        if kind is not None and body["summary"]:
            seen.add(kind)
            again = as_json(msgspec.convert(body["summary"], kind))
            assert (again, [*again]) == (body["summary"], [*body["summary"]])
    assert len(seen) >= 9
    for body in released.of("finding"):
        again = as_json(msgspec.convert(body["finding"], Finding))
        assert (again, [*again]) == (body["finding"], [*body["finding"]])


def broken(body: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """Return *body* with a list in the place that *path* leads to, or without it where a list may be there."""
    changed = copy.deepcopy(body)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = {"not": "this"} if isinstance(place[path[-1]], list) else ["not this"]
    return changed


@pytest.mark.parametrize(
    ("phase", "step", "path"),
    [
        ("scout", "page_loaded", ("summary", "forms", 0, "fields")),
        ("scout", "done", ("summary", "pages", 0, "url")),
        ("security", "done", ("summary", "checks", 0, "passed")),
        ("vision", "done", ("summary", "elements")),
        ("graph", "done", ("summary", "host", "name")),
        ("judge", "done", ("summary", "signals", "visual", "weight")),
        ("complete", "done", ("summary", "verdict", "coverage")),
        ("scout", "done", ("pct",)),
    ],
)
def test_a_summary_with_a_wrong_value_is_rejected(
    audited: Log, phase: str, step: str, path: tuple[str | int, ...]
) -> None:
    """At any depth."""
    body = next(body for body in audited.of("progress") if (body["phase"], body["step"]) == (phase, step))
    assert faults(broken(body, *path))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("finding", ("finding", "severity")),
        ("finding", ("finding", "evidence")),
        ("screenshot", ("sha256",)),
        ("audit_requested", ("audit_id",)),
        ("process_exited", ("received",)),
        ("transport_measured", ("delays",)),
        ("run_finished", ("status",)),
    ],
)
def test_an_event_with_a_wrong_or_missing_value_is_rejected(audited: Log, kind: str, path: tuple[str, ...]) -> None:
    """Both a value of the wrong type and none at all."""
    body = audited.of(kind)[0]
    assert faults(broken(body, *path))
    if len(path) == 1:
        assert faults({name: value for name, value in body.items() if name != path[0]})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("show", ("--json",)),
        ("show", ("--json", "--at", "scout/done")),
        ("show", ("--json", "--at", "r1")),
        ("show-changes", ("--json", "--diff-from", "scout/done")),
    ],
)
def test_what_show_prints_fits_its_schema(audited: Log, released: Log, name: str, arguments: tuple[str, ...]) -> None:
    """Every run of both logs, a failed one among them; a field that is missing or unknown is a fault."""
    for log in (audited, released):
        for run_id in log.runs:
            shown = invoke_in(log.database)("show", run_id, *arguments)
            if "has no" in shown.stderr:  # the failed audit does not have that point in time
                continue
            output = json.loads(shown.stdout)
            assert [error.message for error in validator(name).iter_errors(output)] == []
            assert not validator(name).is_valid(output | {"later": 1})
            assert not validator(name).is_valid({key: value for key, value in output.items() if key != "run_id"})
