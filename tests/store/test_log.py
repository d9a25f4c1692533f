"""The behaviour of the event log, on both backends."""

from __future__ import annotations

import hashlib
import threading

import pytest

from store.backends.base import PAGE_BYTES, PAGE_ROWS
from store.errors import ArtifactAltered, ArtifactMissing, InvalidRecord, ObservationConflict
from store.log import Attachment, EventLog
from tests.store.making import PNG, RUN, record, records, redaction
from tests.store.raw import Raw

OTHER = "vrts_00000000000000bb.1"


def test_appended_records_are_read_back(database: str) -> None:
    """Every field is as it was given; the log adds the time of recording and the hashes."""
    with EventLog.open(database, clock=lambda: 1_700_000_000_123_456) as log:
        given = record(7, b"\x00\xff raw bytes", emitted_at=None, artifact=PNG, schema_version=3)
        assert log.append([given]) == [1]
        (event,) = log.read()
    assert event[:11] == (
        *(1, RUN, "queue", 7, "progress", "scout", "navigating", None, 1_700_000_000_123_456, 3),
        hashlib.sha256(PNG.data).digest(),
    )
    assert event.body == given.body
    assert [len(event.salt or b""), len(event.body_hash), len(event.hash)] == [16, 32, 32]


def test_positions_count_from_one_without_gaps(log: EventLog) -> None:
    assert log.append(records(1, 3)) == [1, 2, 3]
    assert log.append([]) == []
    assert log.append([*records(1, 2, run_id=OTHER), record(4)]) == [4, 5, 6]
    assert log.head() == 6


def test_a_batch_is_written_whole_or_not_at_all(log: EventLog) -> None:
    """A record that cannot be stored prevents the whole batch, and no positions are used."""
    log.append([record(1, b"one")])
    with pytest.raises(ObservationConflict):
        log.append([record(2), record(3, artifact=PNG), record(1, b"another")])
    with pytest.raises(InvalidRecord):
        log.append([record(2), record(2**63)])
    assert [event.seq for event in log.read()] == [1]
    with pytest.raises(ArtifactMissing):
        log.artifact(PNG.sha256)
    assert log.append([record(2)]) == [2]


def test_appending_again_keeps_the_position(log: EventLog) -> None:
    """This holds in any order, mixed with new records, and twice in one batch."""
    log.append(records(1, 5, artifact=PNG))
    assert log.append(records(1, 5, artifact=PNG)[::-1]) == [5, 4, 3, 2, 1]
    new = record(6, artifact=PNG)
    same = record(6, artifact=Attachment(PNG.data, "another name for it"))
    assert log.append([new, record(2, artifact=PNG), same, record(7)]) == [6, 2, 6, 7]
    assert [event.seq for event in log.read()] == [1, 2, 3, 4, 5, 6, 7]
    assert log.verify().fault is None


def test_sources_and_runs_are_numbered_separately(log: EventLog) -> None:
    """The same number from another source, or in another run, is a different observation."""
    same = [record(1), record(1, source="stdout"), record(1, run_id=OTHER)]
    assert log.append(same) == [1, 2, 3]
    assert log.append(same) == [1, 2, 3]


@pytest.mark.parametrize("again", [record(1, b"another"), record(1), record(1, artifact=Attachment(b"x", "image/png"))])
def test_a_different_body_or_attachment_for_a_known_observation_is_refused(log: EventLog, again: object) -> None:
    """The message names the observation."""
    log.append([record(1, artifact=PNG)])
    with pytest.raises(ObservationConflict, match=rf"Event 1 of run '{RUN}' over 'queue'"):
        log.append([again])
    with pytest.raises(ObservationConflict):
        log.append([record(2), record(2, b"another")])
    assert log.head() == 1


def test_numbers_may_arrive_in_any_order(log: EventLog) -> None:
    """A late one is appended after those that arrived before it."""
    log.append(records(10, 12))
    assert log.append([record(3), record(-1), record(0), record(11), record(99)]) == [4, 5, 6, 2, 7]
    assert [event.seq for event in log.read()] == [10, 11, 12, 3, -1, 0, 99]
    assert log.verify().fault is None


def test_many_repetitions_at_once_are_recognised(log: EventLog) -> None:
    many = records(1, 1_234)
    log.append(many)
    assert log.append([*many, *records(1_235, 1_240)]) == list(range(1, 1_241))


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\ud800", "\udfff\ud800", "é\x00\ud83d\ude00", "\x00" * 1000], ids=ascii
)
def test_text_that_a_database_cannot_hold_is_replaced(log: EventLog, text: str) -> None:
    """Each NUL and each lone surrogate becomes U+FFFD on both backends; the body keeps the original."""
    given = record(1, b"\x00\xed\xa0\x80", run_id=text, source=text, type=text, phase=text, step=text)
    assert log.append([given]) == log.append([given]) == [1]
    expected = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    (event,) = log.read(run_id=text)
    assert (event.run_id, event.source, event.type, event.phase, event.step) == (expected,) * 5
    assert event.body == given.body
    assert log.last(text) == event
    assert log.runs(text) == [expected]
    assert log.verify().fault is None


@pytest.mark.parametrize(
    "wrong",
    [
        record(2**63),
        record(-(2**63) - 1),
        record(1, emitted_at=2**63),
        record(1, schema_version=2**31),
        record("one"),
        record(1, "text"),
        record(1, step=None),
        record(1, run_id=b"bytes"),
        record(1, emitted_at=1.5),
        record(True),
    ],
    ids=lambda wrong: f"{wrong.seq!r:.9} {wrong.body!r:.9} {wrong.emitted_at!r:.9}",
)
def test_a_record_that_cannot_be_stored_is_refused(log: EventLog, wrong: object) -> None:
    """The message names it, and nothing is written."""
    with pytest.raises(InvalidRecord, match="cannot be stored"):
        log.append([record(5), wrong])
    assert log.head() == 0


def test_the_largest_numbers_are_stored(log: EventLog) -> None:
    ends = [record(-(2**63), emitted_at=-(2**63)), record(2**63 - 1, emitted_at=2**63 - 1)]
    log.append(ends)
    assert [(event.seq, event.emitted_at) for event in log.read()] == [(r.seq, r.emitted_at) for r in ends]
    assert log.verify().fault is None


def test_events_are_read_from_any_start_of_any_run_and_up_to_any_number(log: EventLog) -> None:
    log.append([record(seq, run_id=RUN if seq % 2 else OTHER) for seq in range(1, 2 * PAGE_ROWS + 501)])
    assert [event.position for event in log.read()] == list(range(1, 2 * PAGE_ROWS + 501))
    assert [event.position for event in log.read(after=2 * PAGE_ROWS + 498)] == [
        2 * PAGE_ROWS + 499,
        2 * PAGE_ROWS + 500,
    ]
    assert [event.position for event in log.read(run_id=OTHER, after=3, limit=3)] == [4, 6, 8]
    assert len(list(log.read(run_id=OTHER))) == PAGE_ROWS + 250
    assert len(list(log.read(limit=PAGE_ROWS + 1))) == PAGE_ROWS + 1
    for nothing in (log.read(run_id="none"), log.read(after=10**30), log.read(limit=0), log.read(limit=-1)):
        assert list(nothing) == []


def test_large_bodies_are_read_in_pages_of_limited_size(log: EventLog) -> None:
    """A page ends at the body that fills it, and no event is lost between pages."""
    bodies = [bytes([seq]) * (PAGE_BYTES // 3) for seq in range(1, 12)]
    log.append([record(seq, body) for seq, body in enumerate(bodies, 1)])
    with log._database.reading() as cursor:
        page = log._database.page(cursor, "position > ?", (0,), PAGE_ROWS)
    assert len(page) in (3, 4)
    assert [event.body for event in log.read()] == bodies


def test_reading_keeps_no_transaction_open(log: EventLog) -> None:
    """An event that is appended during a read is yielded by the same reader."""
    log.append(records(1, PAGE_ROWS))
    reader = log.read()
    assert next(reader).position == 1
    log.append(records(PAGE_ROWS + 1, PAGE_ROWS + 5))
    assert sum(1 for _ in reader) == PAGE_ROWS + 4


def test_following_yields_existing_events_and_then_new_ones(log: EventLog) -> None:
    """Each event that is committed before the end is yielded once."""
    log.append(records(1, 3))
    seen: list[int] = []
    done = threading.Event()

    def follow() -> None:
        seen.extend(event.position for event in log.follow(after=1, stop=done.is_set))

    follower = threading.Thread(target=follow)
    follower.start()
    log.append(records(4, 10))
    log.append(records(11, 12, run_id=OTHER))
    done.set()
    follower.join(20)
    assert seen == list(range(2, 13))


def test_following_a_run_yields_only_its_events(log: EventLog) -> None:
    stops = iter([False, True])
    log.append(records(1, 2))

    def stop() -> bool:
        if last := next(stops):
            log.append([*records(1, 5, run_id=OTHER), record(3)])
        return last

    assert [event.seq for event in log.follow(run_id=RUN, stop=stop, poll=0)] == [1, 2, 3]


def test_runs_are_listed_newest_first(log: EventLog) -> None:
    """The newest run is the one that began last; a prefix restricts the list."""
    runs = ["vrts_b.1", "vrts_a.1", "vrts_ab.2", "other", "vrts_a.2", "VRTS_a.1", "vrts_a%.1", "vrts_é.1"]
    for run in runs:
        log.append([record(1, run_id=run)])
    log.append([record(2, run_id="vrts_b.1")])
    assert log.runs() == runs[::-1]
    assert log.runs("vrts_a") == ["vrts_a%.1", "vrts_a.2", "vrts_ab.2", "vrts_a.1"]
    assert log.runs("vrts_a.1") == ["vrts_a.1"]
    assert log.runs("vrts_%") == log.runs("vrts_a.1x") == []
    assert log.runs(limit=2) == ["vrts_é.1", "vrts_a%.1"]


def test_the_last_event_of_a_run_is_found(log: EventLog) -> None:
    log.append([*records(1, 3), *records(1, 2, run_id=OTHER)])
    last = log.last(RUN)
    assert last is not None and (last.position, last.seq) == (3, 3)
    assert log.last("none") is None


def test_the_recorders_events_are_found_by_type(log: EventLog) -> None:
    """Those of all runs are found, by position; events of that type from an emitter are not."""
    for number in range(3):
        run = f"run.{number}"
        log.append(
            [
                record(1, run_id=run, source="recorder", type="audit_requested"),
                record(1, run_id=run, type="audit_requested"),
                record(2, run_id=run, source="recorder", type="run_finished"),
            ]
        )
    assert [event.position for event in log.recorder_events("audit_requested")] == [1, 4, 7]
    both = log.recorder_events("run_finished", "audit_requested", "run_finished", after=1)
    assert [event.position for event in both] == [3, 4, 6, 7, 9]
    assert list(log.recorder_events()) == list(log.recorder_events("none")) == []
    assert [event.position for event in log.recorder_events("run_finished", run_id="run.1")] == [6]
    assert list(log.recorder_events("run_finished", run_id="run.1", after=6)) == []
    several = log.recorder_events_of("run_finished", ["run.2", "none", "run.0", "run.2"])
    assert sorted(event.position for event in several) == [3, 9]


def test_an_attachment_is_stored_once(log: EventLog, raw: Raw) -> None:
    """Many events can have it; its media type is that of the first."""
    log.append([record(1, artifact=PNG), record(2, artifact=PNG)])
    log.append([record(3, artifact=Attachment(PNG.data, "image/x\x00"))])
    assert log.artifact(PNG.sha256) == PNG
    assert {event.artifact for event in log.read()} == {PNG.sha256}
    assert raw.execute("SELECT count(*) FROM artifact").fetchone()[0] == 1
    assert log.verify().fault is None


def test_an_empty_attachment_and_an_odd_media_type_are_stored(log: EventLog) -> None:
    empty = Attachment(b"", "image/\x00\ud800")
    log.append([record(1, artifact=empty)])
    assert log.artifact(empty.sha256) == Attachment(b"", "image/\ufffd\ufffd")


def test_an_unknown_attachment_is_missing(log: EventLog) -> None:
    with pytest.raises(ArtifactMissing, match=PNG.sha256.hex()):
        log.artifact(PNG.sha256)


def test_an_altered_attachment_is_refused(log: EventLog, raw: Raw) -> None:
    """The returned bytes always match the hash."""
    log.append([record(1, artifact=PNG)])
    raw.remove_guards()
    raw.execute("UPDATE artifact SET bytes = ?", b"forged")
    with pytest.raises(ArtifactAltered):
        log.artifact(PNG.sha256)
    raw.execute("UPDATE artifact SET bytes = NULL")
    with pytest.raises(ArtifactMissing, match="removed"):
        log.artifact(PNG.sha256)


def test_a_redacted_observation_is_not_recorded_again(log: EventLog, raw: Raw) -> None:
    """Its number is used, and there is no body left to compare with."""
    log.append([record(1), redaction(1, of=("queue", 1))])
    raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 1")
    assert log.append([record(1)]) == [1]
    (event, _) = log.read()
    assert event.body is None
    assert log.verify().fault is None


def test_threads_share_one_log(log: EventLog) -> None:
    """Several threads append and read at the same time through one object."""

    def work(number: int) -> None:
        for seq in range(1, 21):
            log.append([record(seq, run_id=f"run.{number}")])
            assert sum(1 for _ in log.read(run_id=f"run.{number}")) == seq

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert log.head() == 80
    assert log.verify().events == 80
