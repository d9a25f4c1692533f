"""What two transports delivered is compared to the byte; whichever of them is faulty, the fault is found and named."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Iterator

import pytest

from tests.projections.recordings import FINDING, Recording, whole_run
from veritas.archive.archive import Archive
from veritas.core.rollout import Decision
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
    said = [event.from_recorder for event in archive.events(outcome.run_id)]
    (made,) = (event for event in said if isinstance(event, ComparisonMade))
    assert made == outcome.comparison
    assert outcome.ok == made.equal
    return made, [event for event in said if isinstance(event, DifferenceFound)]


def of_kind(found: list[DifferenceFound], kind: str) -> list[DifferenceFound]:
    return [difference for difference in found if difference.kind == kind]


def test_two_transports_without_a_fault_are_equal(archive: Archive) -> None:
    """And it is told which was first, by how much, and how long either took."""
    made, found = recorded(archive, "queue", "none")
    assert found == []
    assert (made.equal, made.differences, made.kinds, made.redacted, made.error) == (True, 0, {}, 0, None)
    assert made.counts == {"queue": COUNT, "stdout": COUNT}
    assert made.latency is not None
    assert sum(made.latency["first"].values()) == COUNT
    for times in (made.latency["lead_ms"], *made.latency["delay_ms"].values()):
        assert 0 <= times["p50"] <= times["p95"] <= times["p99"]


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_one_that_drops_every_97th_event(archive: Archive, side: str) -> None:
    made, found = recorded(archive, side, "drop")
    missing = of_kind(found, "missing")
    assert [(each.at_source, each.first, each.last) for each in missing] == [(side, n, n) for n in DROPPED]
    assert {(each.category, each.phase, each.step) for each in missing} == {("transport", "scout", "page")}
    assert made.counts == {side: COUNT - len(DROPPED), OTHER[side]: COUNT}
    assert made.kinds["missing"] == len(DROPPED)
    assert set(made.kinds) <= {"missing", "state"}


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_one_that_swaps_neighbours(archive: Archive, side: str) -> None:
    made, found = recorded(archive, side, "swap")
    assert [(each.kind, each.at_source, each.first) for each in found] == [
        ("reordered", side, number) for number in range(1, COUNT, 2)
    ]
    assert made.kinds == {"reordered": COUNT // 2}


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_one_that_mangles_what_is_not_ascii(archive: Archive, side: str) -> None:
    """Each field that was altered is named, with what either side says."""
    _, found = recorded(archive, side, "mangle")
    altered = of_kind(found, "altered")
    details = [each for each in altered if each.path == "detail"]
    assert [each.first for each in details] == MANGLED
    right, wrong = "Größe 5", "Gr??e 5"
    assert (details[0].before, details[0].after) == ((right, wrong) if side == "queue" else (wrong, right))
    words = [each for each in altered if each.path == "summary.words[0]"]
    assert [each.first for each in words] == ROUNDED
    assert len(altered) == len(details) + len(words)


@pytest.mark.parametrize("side", ["queue", "stdout"])
def test_one_that_rounds_floats(archive: Archive, side: str) -> None:
    """A price, and the time of nearly every event."""
    _, found = recorded(archive, side, "round")
    altered = of_kind(found, "altered")
    prices = [each for each in altered if each.path == "summary.price"]
    assert [each.first for each in prices] == ROUNDED
    assert {each.path for each in altered} == {"summary.price", "timestamp"}
    right, wrong = 10.125, 10.1
    assert (prices[0].before, prices[0].after) == ((right, wrong) if side == "queue" else (wrong, right))


def test_one_that_writes_the_same_otherwise(archive: Archive) -> None:
    """The values are equal and the bytes are not, and that is said."""
    made, found = recorded(archive, "queue", "rewrite")
    assert made.kinds == {"altered": COUNT}
    assert {each.path for each in found} == {""}
    assert found[0].before.replace('{"type"', '{ "type"') == found[0].after


def test_one_that_spoils_an_attachment(archive: Archive) -> None:
    """The event is the same but for its artifact, and what either half shows is another picture."""
    _, found = recorded(archive, "stdout", "attachment")
    (altered,) = of_kind(found, "altered")
    assert (altered.first, altered.path, altered.phase, altered.step) == (
        COUNT // 2,
        "artifact",
        "vision",
        "screenshot",
    )
    assert len(altered.before) == len(altered.after) == 64
    assert [each.path for each in of_kind(found, "state")] == [f"screenshots.{COUNT // 2}.sha256"]


def differences(run: Recording) -> list[DifferenceFound]:
    return list(TransportComparison(lambda: run.events).differences())


def test_a_transport_that_ends_midway_lacks_one_run_of_numbers() -> None:
    """What the audit comes to is then another one, which is told as well."""
    run = Recording()
    for event in whole_run("queue", "stdout").events:
        if event.source != "queue" or event.seq < 9:
            run.events.append(event)
    missing, *states = differences(run)
    assert (missing.kind, missing.at_source, missing.first, missing.last) == ("missing", "queue", 9, 15)
    assert {each.kind for each in states} == {"state"}
    told = {each.path: (each.before, each.after) for each in states}
    assert told["pct"] == (100, 30)
    assert "findings.9" in told and "verdict.trust_score" in told
    assert {each.category for each in states if each.path.startswith("verdict")} == {"verdict"}


def test_an_event_that_came_twice_is_found_where_it_did() -> None:
    run = Recording()
    for number, source in ((1, "queue"), (1, "stdout"), (1, "stdout"), (2, "stdout"), (2, "queue")):
        run.child("scout", "x", seq=number, source=source, at=1.0)
    assert [(each.kind, each.at_source, each.first) for each in differences(run)] == [("duplicated", "stdout", 1)]


def test_an_order_that_both_have_is_the_emitters() -> None:
    run = Recording()
    for number in (2, 1, 3):
        for source in ("queue", "stdout"):
            run.child("scout", "x", seq=number, source=source, at=1.0)
    assert differences(run) == []


def test_events_that_do_not_say_when_they_were_emitted_are_equal_whenever_they_came() -> None:
    """Their time is that of their arrival, and no delay is made of it."""
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
    told = comparison.latency.as_dict()
    assert told["delay_ms"] == {"queue": None, "stdout": None}
    assert told["first"] == {"queue": 1, "stdout": 0}
    assert told["lead_ms"] == {"p50": 1000.0, "p95": 1000.0, "p99": 1000.0}


def test_one_that_was_recorded_in_the_very_moment_of_its_emission_says_when_that_was() -> None:
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


def test_a_long_value_is_quoted_by_its_size_and_hash() -> None:
    run = Recording()
    run.child("scout", "x", seq=1, source="stdout", at=1.0, detail="a" * 20_000)
    run.child("scout", "x", seq=1, source="queue", at=1.0, detail="b", extra={"finding": FINDING})
    first, second, *_ = differences(run)
    assert (first.path, first.after) == ("detail", "b")
    assert first.before["size"] == 20_002 and len(first.before["sha256"]) == 64
    assert (second.path, second.before, second.after) == ("finding", {"absent": True}, FINDING)
