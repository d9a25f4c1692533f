"""`veritas events` lists every observation in the order of the log."""

from __future__ import annotations

import json

from tests.cli.invoking import Invoke
from tests.cli.logs import FAILED, TEE


def test_every_observation_is_listed_in_order(invoke: Invoke) -> None:
    events = invoke("events", TEE, "--format", "json").json
    positions = [event["position"] for event in events]
    assert len(events) == 34
    assert positions == sorted(positions)
    assert (events[0]["type"], events[-1]["type"]) == ("audit_requested", "run_finished")
    assert events[0]["extra"]["url"] == "http://shop.test/"


def test_two_observations_of_one_event_have_the_same_bytes(invoke: Invoke) -> None:
    hashes = {
        source: [
            (event["seq"], event["body_sha256"])
            for event in invoke("events", TEE, "--source", source, "--format", "json").json
        ]
        for source in ("queue", "stdout")
    }
    assert len(hashes["queue"]) == 15
    assert hashes["queue"] == hashes["stdout"]


def test_events_can_be_chosen_by_source_type_and_phase(invoke: Invoke) -> None:
    def chosen(*arguments: str) -> list[tuple[str, str]]:
        events = invoke("events", TEE, *arguments, "--format", "json").json
        return [(event["phase"], event["type"]) for event in events]

    assert chosen("--type", "finding", "--source", "queue") == [("vision", "finding")]
    assert len(chosen("--phase", "scout", "--phase", "graph")) == 10
    assert chosen("--type", "no_such_type") == []


def test_the_formats_hold_the_same(invoke: Invoke) -> None:
    rows = invoke("events", FAILED).rows
    array = invoke("events", FAILED, "--format", "json").json
    assert [json.loads(line) for line in invoke("events", FAILED, "--format", "jsonl").stdout.splitlines()] == array
    assert [int(row["position"]) for row in rows] == [event["position"] for event in array]
    assert [row["type"] for row in rows] == [event["type"] for event in array]
    assert rows[3]["phase/step"] == "scout/navigating"
    assert rows[4]["detail"] == "from queue to stdout (1 event sent again): The socket is gone."


def test_a_screenshot_is_named_by_its_hash(invoke: Invoke) -> None:
    [event] = invoke("events", TEE, "--type", "screenshot", "--source", "queue", "--format", "json").json
    assert len(event["artifact"]) == 64
    assert "data" not in event and "data" not in event["extra"]


def test_a_choice_that_no_event_meets_is_told_and_is_no_error(invoke: Invoke) -> None:
    for choice in (("--type", "findnig"), ("--phase", "scuot"), ("--source", "stdout", "--type", "run_finished")):
        outcome = invoke("events", TEE, *choice, "--format", "jsonl")
        assert (outcome.status, outcome.stdout) == (0, "")
        assert f"`veritas events {TEE}.1` lists them all" in outcome.stderr
    assert invoke("events", TEE, "--source", "queue").stderr == ""
