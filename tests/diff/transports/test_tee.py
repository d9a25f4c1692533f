"""The deliveries of two transports are compared byte for byte, and any fault of either is found and named."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Iterator

import pytest

from tests.projections.recordings import FINDING, Recording, whole_run
from veritas.archive.archive import Archive
from veritas.core.mode_decision import Decision
from veritas.diff.transports.latency import Lead
from veritas.diff.transports.tee import TransportComparison
from veritas.events.recorder_events import ComparisonMade, DifferenceFound
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import new_audit_id

COUNT = 300
DROPPED = [97, 194, 291]
MANGLED = [number for number in range(5, COUNT + 1, 5) if number != COUNT // 2]
ROUNDED = [number for number in range(10, COUNT + 1, 10) if number != COUNT // 2]
OTHER = {"queue": "stdout", "stdout": "queue"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("tees") / "log.db") as archive:
        yield archive


def recorded(archive: Archive, side: str, fault: str) -> tuple[ComparisonMade, list[DifferenceFound]]:
    """Record a tee with a faulty transport; return what its record says of the comparison."""
    command = [sys.executable, "-m", "tests.diff.faulty_tee", side, fault, str(COUNT)]
    decision = Decision("validate", "STATIC", "test")
    runner = AuditRunner(new_audit_id(), None, None, archive=archive, decision=decision, command=command)
    outcome = asyncio.run(runner.run(lambda message: None))
    assert outcome.status == "completed", outcome
    facts = [event.from_recorder for event in archive.events(outcome.run_id)]
    (comparison,) = (event for event in facts if isinstance(event, ComparisonMade))
    assert comparison == outcome.comparison
    assert outcome.ok == comparison.equal
    return comparison, [event for event in facts if isinstance(event, DifferenceFound)]


def of_kind(differences: list[DifferenceFound], kind: str) -> list[DifferenceFound]:
    return [difference for difference in differences if difference.kind == kind]


def test_two_transports_without_a_fault_are_equal(archive: Archive) -> None:
    """The result includes which one was first, by how much, and the latency of each."""
    comparison, differences = recorded(archive, "queue", "none")
    assert differences == []
    assert (comparison.equal, comparison.differences, comparison.kinds, comparison.redacted, comparison.error) == (
        True,
        0,
        {},
        0,
        None,
    )
    assert comparison.counts == {"queue": COUNT, "stdout": COUNT}
    assert comparison.latency is not None
    assert sum(comparison.latency["first"].values()) == COUNT
    for times in (comparison.latency["lead_ms"], *comparison.latency["delay_ms"].values()):
        assert 0 <= times["p50"] <= times["p95"] <= times["p99"]


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_a_transport_that_drops_every_97th_event(archive: Archive, side: str) -> None:
    comparison, differences = recorded(archive, side, "drop")
    missing = of_kind(differences, "missing")
    assert [(each.at_source, each.first, each.last) for each in missing] == [(side, n, n) for n in DROPPED]
    assert {(each.category, each.phase, each.step) for each in missing} == {("transport", "scout", "page")}
    assert comparison.counts == {side: COUNT - len(DROPPED), OTHER[side]: COUNT}
    assert comparison.kinds["missing"] == len(DROPPED)
    assert set(comparison.kinds) <= {"missing", "state"}


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_a_transport_that_swaps_neighbours(archive: Archive, side: str) -> None:
    comparison, differences = recorded(archive, side, "swap")
    assert [(each.kind, each.at_source, each.first) for each in differences] == [
        ("reordered", side, number) for number in range(1, COUNT, 2)
    ]
    assert comparison.kinds == {"reordered": COUNT // 2}


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_a_transport_that_mangles_non_ascii_text(archive: Archive, side: str) -> None:
    """Each altered field is named, with the values of both sides."""
    _, differences = recorded(archive, side, "mangle")
    altered = of_kind(differences, "altered")
    details = [each for each in altered if each.path == "detail"]
    assert [each.first for each in details] == MANGLED
    right, wrong = "Größe 5", "Gr??e 5"
    assert (details[0].before, details[0].after) == ((right, wrong) if side == "queue" else (wrong, right))
    words = [each for each in altered if each.path == "summary.words[0]"]
    assert [each.first for each in words] == ROUNDED
    assert len(altered) == len(details) + len(words)


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_a_transport_that_rounds_floats(archive: Archive, side: str) -> None:
    """It alters a price, and the time of nearly every event."""
    _, differences = recorded(archive, side, "round")
    altered = of_kind(differences, "altered")
    prices = [each for each in altered if each.path == "summary.price"]
    assert [each.first for each in prices] == ROUNDED
    assert {each.path for each in altered} == {"summary.price", "timestamp"}
    right, wrong = 10.125, 10.1
    assert (prices[0].before, prices[0].after) == ((right, wrong) if side == "queue" else (wrong, right))


def test_a_transport_that_encodes_the_same_values_differently(archive: Archive) -> None:
    """The values are equal and the bytes are not, which is a difference of the whole event."""
    comparison, differences = recorded(archive, "queue", "rewrite")
    assert comparison.kinds == {"altered": COUNT}
    assert {each.path for each in differences} == {""}
    assert differences[0].before.replace('{"type"', '{ "type"') == differences[0].after


def test_a_transport_that_spoils_an_attachment(archive: Archive) -> None:
    """The event is the same except for its artifact, and the two audit states have different pictures."""
    _, differences = recorded(archive, "stdout", "attachment")
    (altered,) = of_kind(differences, "altered")
    assert (altered.first, altered.path, altered.phase, altered.step) == (
        COUNT // 2,
        "artifact",
        "vision",
        "screenshot",
    )
    assert len(altered.before) == len(altered.after) == 64
    assert [each.path for each in of_kind(differences, "state")] == [f"screenshots.{COUNT // 2}.sha256"]


def differences(run: Recording) -> list[DifferenceFound]:
    return list(TransportComparison(lambda: run.events).differences())


def test_a_transport_that_ends_midway_lacks_one_range_of_numbers() -> None:
    """The audit states differ as well."""
    run = Recording()
    for event in whole_run("queue", "stdout").events:
        if event.source != "queue" or event.seq < 9:
            run.events.append(event)
    missing, *states = differences(run)
    assert (missing.kind, missing.at_source, missing.first, missing.last) == ("missing", "queue", 9, 15)
    assert {each.kind for each in states} == {"state"}
    values = {each.path: (each.before, each.after) for each in states}
    assert values["pct"] == (100, 30)
    assert "findings.9" in values and "verdict.trust_score" in values
    assert {each.category for each in states if each.path.startswith("verdict")} == {"verdict"}


def test_a_duplicate_event_is_attributed_to_its_transport() -> None:
    run = Recording()
    for number, source in ((1, "queue"), (1, "stdout"), (1, "stdout"), (2, "stdout"), (2, "queue")):
        run.child("scout", "x", seq=number, source=source, at=1.0)
    assert [(each.kind, each.at_source, each.first) for each in differences(run)] == [("duplicated", "stdout", 1)]


def test_an_order_that_both_transports_have_is_not_a_difference() -> None:
    run = Recording()
    for number in (2, 1, 3):
        for source in ("queue", "stdout"):
            run.child("scout", "x", seq=number, source=source, at=1.0)
    assert differences(run) == []


def test_events_without_a_timestamp_are_equal_whenever_they_arrived() -> None:
    """Their time is that of their arrival, and they have no delay."""
    run = Recording()
    for source in ("queue", "stdout"):
        run.child("scout", "x", seq=1, source=source, at=1.0)
    run.events[:] = [
        event.__class__(
            event.position,
            event.run_id,
            event.source,
            event.seq,
            100.0 + event.position,
            event.event.__class__(phase="scout", step="x", seq=1, timestamp=100.0 + event.position),
            None,
            b'{"phase":"scout","step":"x","seq":1}',
        )
        for event in run.events
    ]
    comparison = TransportComparison(lambda: run.events)
    assert list(comparison.differences()) == []
    values = comparison.latency.as_dict()
    assert values["delay_ms"] == {"queue": None, "stdout": None}
    assert values["first"] == {"queue": 1, "stdout": 0}
    assert values["lead_ms"] == {"p50": 1000.0, "p95": 1000.0, "p99": 1000.0}
    assert list(comparison.latency.each()) == [Lead(number=1, source="queue", seconds=1.0)]


def test_an_event_recorded_at_the_time_of_its_emission_has_a_timestamp() -> None:
    run = Recording()
    for source, at in (("queue", 1_763_800_000.001), ("stdout", 1_763_800_000.001)):
        run.child("scout", "x", seq=1, source=source, at=at)
    assert run.events[0].recorded_at == run.events[0].event.timestamp
    assert differences(run) == []


def test_an_attachment_that_one_transport_lost_is_absent_there() -> None:
    run = Recording()
    run.child("vision", "shot", seq=1, source="stdout", at=1.0, data=b"PNG")
    run.child("vision", "shot", seq=1, source="queue", at=1.0)
    artifact = [each for each in differences(run) if each.path == "artifact"]
    assert [(each.kind, each.before, each.after) for each in artifact] == [
        ("altered", hashlib.sha256(b"PNG").hexdigest(), {"absent": True})
    ]


def test_a_long_value_is_recorded_as_its_size_and_hash() -> None:
    run = Recording()
    run.child("scout", "x", seq=1, source="stdout", at=1.0, detail="a" * 20_000)
    run.child("scout", "x", seq=1, source="queue", at=1.0, detail="b", extra={"finding": FINDING})
    first, second, *_ = differences(run)
    assert (first.path, first.after) == ("detail", "b")
    assert first.before["size"] == 20_002 and len(first.before["sha256"]) == 64
    assert (second.path, second.before, second.after) == ("finding", {"absent": True}, FINDING)
