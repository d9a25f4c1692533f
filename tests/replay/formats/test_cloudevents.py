"""The `cloudevents` format is CloudEvents 1.0, according to the specification and to its own library."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.cli.logs import failed_run
from tests.projections.recordings import RUN, Recording, requested, whole_run
from tests.replay.formats.writing import written
from veritas.archive.event_json import event_fields
from veritas.replay.formats.cloudevents import as_cloudevents

RUNS = {"whole": whole_run("queue", "stdout"), "failed": failed_run()}
_NAME = re.compile("[a-z0-9]+")
_NOT_ALLOWED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")


def lines(run: Recording) -> list[bytes]:
    return written("cloudevents", run.events).splitlines()


def assert_valid(event: dict[str, Any]) -> None:
    """Check an event against the specification and its JSON schema, version 1.0.2."""
    assert event["specversion"] == "1.0"
    for required in ("id", "source", "type"):
        assert isinstance(event[required], str) and event[required]
    assert _URI_REFERENCE.fullmatch(event["source"])
    assert event.get("subject") != ""
    datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert _MEDIA_TYPE.fullmatch(event["datacontenttype"])
    for name, value in event.items():
        assert _NAME.fullmatch(name)
        assert name == "data" or not _NOT_ALLOWED.search(value)
    assert not {"data", "data_base64"} <= event.keys()


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_each_line_is_a_cloudevent(run: Recording) -> None:
    for line in lines(run):
        assert_valid(json.loads(line))
        read = JSONFormat().read(CloudEvent, line)
        assert read.get_specversion() == "1.0"
        assert read.get_data() == json.loads(line)["data"]


def test_the_data_is_the_event() -> None:
    run = whole_run()
    data = [json.loads(line)["data"] for line in lines(run)]
    assert [{**event, "offset": None} for event in data] == [
        {"offset": None, **event_fields(recorded)} for recorded in run.events
    ]


def test_source_and_id_identify_an_observation_in_every_replay() -> None:
    named = [(event["source"], event["id"]) for event in map(json.loads, lines(whole_run("queue", "stdout")))]
    assert len(set(named)) == len(named) == 19
    assert named[:4] == [(f"urn:veritas:{RUN}", name) for name in ("recorder-1", "recorder-2", "recorder-3", "queue-1")]
    assert lines(whole_run("queue", "stdout")) == lines(whole_run("queue", "stdout"))


def test_attributes_are_valid_for_any_event_type_and_phase() -> None:
    run = Recording("vrts_ä b.1")
    run.recorder(requested())
    for seq, text in enumerate(["", "\x1b[2J\n", "\ud800", "\ufdd0\uffff", "ünï\u202ecode"], 1):
        run.child(text, text, seq=seq, type=text, at=1e300)
    for line in as_cloudevents((0.0, recorded) for recorded in run.events):
        assert_valid(json.loads(line))
