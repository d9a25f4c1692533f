"""Changes made without the guards are found, and reported with their position."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from store.log import Attachment, EventLog, Observation
from store.proofs.hash_chain import FIRST_PREVIOUS, body_hash, event_hash
from store.verify import chain
from store.verify.fault import ARTIFACT_DIFFERS, ARTIFACT_MISSING, CHANGED, INSERTED, MISSING, REORDERED, Fault
from tests.store.making import PNG, RUN, record, records, redaction, redaction_records
from tests.store.raw import Raw

OTHER = "vrts_00000000000000bb.1"
SALT = b"sixteen bytes it"
COLUMNS = (
    *("position", "run_id", "source", "seq", "type", "phase", "step", "emitted_at", "recorded_at", "schema_version"),
    *("artifact", "salt", "body", "body_hash", "hash"),
)


@pytest.fixture
def filled(log: EventLog, raw: Raw) -> EventLog:
    """Yield a log of two runs in turn, some events with attachments, without its guards.

    Positions 1, 3, 5 … are of the first run, 2, 4, 6 … of the second.
    """
    for seq in range(1, 11):
        log.append([record(seq, artifact=PNG if seq == 3 else None), record(seq, run_id=OTHER)])
    raw.remove_guards()
    return log


def fault_in(log: EventLog, run_id: str | None = None) -> Fault:
    result = log.verify(run_id)
    assert result.fault is not None
    return result.fault


def test_a_log_as_it_was_recorded_has_no_fault(filled: EventLog) -> None:
    """This is checked for the whole log and for each run; a run that does not exist has no fault either."""
    assert (filled.verify().events, filled.verify().fault) == (20, None)
    assert (filled.verify(RUN).events, filled.verify(RUN).fault) == (10, None)
    assert (filled.verify("none").events, filled.verify("none").fault) == (0, None)


def test_progress_is_reported(filled: EventLog) -> None:
    reports: list[tuple[int, int]] = []
    filled.verify(progress=lambda checked, total: reports.append((checked, total)))
    assert reports == [(20, 20)]


def changed(value: Any) -> Any:
    """Return *value* with one byte, or one bit of a number, changed."""
    if value is None:
        return 5
    if isinstance(value, int):
        return value ^ 64
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1)
    return value[:-1] + bytes([value[-1] ^ 1])


@pytest.mark.parametrize("position", [1, 5, 20])
def test_one_changed_byte_of_any_column_is_found(filled: EventLog, raw: Raw, position: int) -> None:
    """It is found in the first event, in one with an attachment, and in the last; changed back, it is no fault."""
    (row,) = filled.read(after=position - 1, limit=1)
    for column in COLUMNS:
        recorded = getattr(row, column)
        value = PNG.sha256 if column == "artifact" and position != 5 else changed(recorded)
        raw.execute(f"UPDATE event SET {column} = ? WHERE position = ?", value, position)
        fault = fault_in(filled)
        assert fault.position == position, column
        assert fault.what == (MISSING if column == "position" else CHANGED), column
        if column not in ("position", "run_id"):
            assert fault.run_id == (RUN if position % 2 else OTHER)
            assert filled.verify(fault.run_id).fault == fault
        raw.execute(
            f"UPDATE event SET {column} = ? WHERE position = ?", recorded, value if column == "position" else position
        )
        assert filled.verify().fault is None


@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "position"])
def test_a_value_of_another_type_is_found_on_sqlite(sqlite: str, column: str) -> None:
    """SQLite stores values of any type in any column, and none of them makes the verification fail."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 9))
        raw = Raw(sqlite)
        raw.remove_guards()
        for value in ("text", b"bytes", 1.5, 2**40, b"", "", f"{'x' * 100}"):
            raw.execute(f"UPDATE event SET {column} = ? WHERE position = 4", value)
            assert fault_in(log).position == 4
        raw.close()


def test_text_that_is_not_utf8_is_found_on_sqlite(sqlite: str) -> None:
    """The row cannot be read; the rows before it are still checked."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 9))
        raw = Raw(sqlite)
        raw.remove_guards()
        raw.execute("UPDATE event SET step = CAST(x'ff' AS TEXT) WHERE position = 6")
        raw.close()
        result = log.verify()
        assert result.events == 5
        assert result.fault is not None and (result.fault.position, result.fault.what) == (6, CHANGED)


@pytest.mark.parametrize("position", [1, 7, 8])
def test_a_deleted_row_is_found(filled: EventLog, raw: Raw, position: int) -> None:
    """It is named in the whole log, and in its run as well, since no other event has its position."""
    raw.execute("DELETE FROM event WHERE position = ?", position)
    fault = fault_in(filled)
    assert (fault.position, fault.run_id, fault.what) == (position, None, MISSING)
    run, other = (RUN, OTHER) if position % 2 else (OTHER, RUN)
    assert fault_in(filled, run) == fault
    assert filled.verify(other).fault is None


def test_a_removed_run_is_found_by_its_missing_positions(filled: EventLog, raw: Raw) -> None:
    raw.execute("DELETE FROM event WHERE run_id = ?", OTHER)
    assert (fault_in(filled).position, fault_in(filled).what) == (2, MISSING)


def test_a_cut_tail_is_not_found_without_a_checkpoint(filled: EventLog, raw: Raw) -> None:
    """The rest is a log as it once was."""
    raw.execute("DELETE FROM event WHERE position > 15")
    raw.lower_counter()
    assert (filled.verify().events, filled.verify().fault) == (15, None)


def test_a_deleted_row_whose_gap_was_closed_is_found(filled: EventLog, raw: Raw) -> None:
    """The next event of its run does not follow from the previous one."""
    raw.execute("DELETE FROM event WHERE position = 7")
    for position in range(8, 21):
        raw.execute("UPDATE event SET position = ? WHERE position = ?", position - 1, position)
    assert (fault_in(filled).position, fault_in(filled).run_id, fault_in(filled).what) == (8, RUN, CHANGED)


def test_two_swapped_rows_are_found(filled: EventLog, raw: Raw) -> None:
    """The first of them is named: its event belongs elsewhere."""
    for old, new in ((7, 100), (11, 7), (100, 11)):
        raw.execute("UPDATE event SET position = ? WHERE position = ?", new, old)
    fault = fault_in(filled)
    assert (fault.position, fault.run_id, fault.what) == (7, RUN, REORDERED)
    assert fault_in(filled, RUN) == fault


def test_the_first_event_moved_to_the_end_is_found(filled: EventLog, raw: Raw) -> None:
    for old, new in ((1, 100), (19, 1), (100, 19)):
        raw.execute("UPDATE event SET position = ? WHERE position = ?", new, old)
    assert (fault_in(filled, RUN).position, fault_in(filled, RUN).what) == (1, REORDERED)
    assert fault_in(filled).position == 1


def insert(raw: Raw, position: int, hash: bytes, seq: int = 77) -> None:
    """Insert a forged event of the first run, and move the rows after it."""
    last = raw.count()
    for moved in range(last, position - 1, -1):
        raw.execute("UPDATE event SET position = ? WHERE position = ?", moved + 1, moved)
    raw.execute(
        f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES (?, ?, 'queue', ?, '', '', '', NULL, 5, 1, NULL, ?, ?, ?, ?)",
        *(position, RUN, seq, SALT, b"forged", body_hash(SALT, b"forged"), hash),
    )


@pytest.mark.parametrize("position", [1, 7])
def test_an_inserted_row_is_found(filled: EventLog, raw: Raw, position: int) -> None:
    insert(raw, position, b"h" * 32)
    fault = fault_in(filled)
    assert (fault.position, fault.run_id, fault.what) == (position, RUN, INSERTED)


def test_an_inserted_row_with_a_valid_hash_is_found_by_the_next(filled: EventLog, raw: Raw) -> None:
    """The next event does not follow from it, unless all later hashes are rewritten as well."""
    before = [event for event in filled.read(run_id=RUN) if event.position < 7][-1]
    envelope = (RUN, "queue", 77, "", "", "", None, 5, 1, None)
    insert(raw, 7, event_hash(before.hash, *envelope, body_hash(SALT, b"forged")))
    fault = fault_in(filled)
    assert (fault.position, fault.run_id, fault.what) == (7, RUN, INSERTED)
    assert (filled.verify().events, filled.verify(RUN).events) == (6, 3)


def test_a_history_rewritten_with_its_hashes_is_not_found_without_a_checkpoint(log: EventLog, raw: Raw) -> None:
    log.append([record(1)])
    raw.remove_guards()
    event = next(log.read())
    digest = body_hash(SALT, b"forged")
    hash = event_hash(FIRST_PREVIOUS, *event[1:11], digest)
    raw.execute("UPDATE event SET salt = ?, body = ?, body_hash = ?, hash = ?", SALT, b"forged", digest, hash)
    assert log.verify().fault is None


def test_a_body_missing_without_a_redaction_is_found(filled: EventLog, raw: Raw) -> None:
    raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 9")
    assert (fault_in(filled).position, fault_in(filled).what) == (9, CHANGED)
    filled.append([redaction(1, of=("queue", 5))])
    assert filled.verify().fault is None


@pytest.mark.parametrize("columns", ["salt = NULL", "body = NULL"])
def test_a_partial_redaction_is_found(filled: EventLog, raw: Raw, columns: str) -> None:
    filled.append([redaction(1, of=("queue", 5))])
    raw.execute(f"UPDATE event SET {columns} WHERE position = 9")
    assert (fault_in(filled).position, fault_in(filled).what) == (9, CHANGED)


@pytest.mark.parametrize("moved", [1, 16])
def test_moving_a_byte_between_salt_and_body_is_found(filled: EventLog, raw: Raw, moved: int) -> None:
    """Their hash covers both together, so only the salt's length shows where it ends."""
    event = next(filled.read(after=8, limit=1))
    salt, body = event.salt or b"", event.body or b""
    for at in (len(salt) + moved, len(salt) - moved, len(salt + body)):
        whole = salt + body
        raw.execute("UPDATE event SET salt = ?, body = ? WHERE position = 9", whole[:at], whole[at:])
        assert (fault_in(filled).position, fault_in(filled).what) == (9, CHANGED)
        assert fault_in(filled, RUN) == fault_in(filled)


def test_a_redaction_that_was_erased_is_found(filled: EventLog, raw: Raw) -> None:
    """This holds even if another redaction names it: the record of who removed what, and why, must stay."""
    filled.append([redaction(1, of=("queue", 5)), redaction(2, of=("queue", 5)), redaction(3, of=("recorder", 1))])
    raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position IN (9, 21)")
    assert (fault_in(filled).position, fault_in(filled).what) == (21, CHANGED)
    assert "itself a redaction" in fault_in(filled).detail


@pytest.mark.parametrize("named", ['{"source": ["x"], "seq": 1}', '{"source": "queue", "seq": [1]}', "7", "null"])
def test_a_redaction_that_names_nothing_is_not_a_fault(filled: EventLog, raw: Raw, named: str) -> None:
    """It erases nothing, and the log can still be verified."""
    body = f'{{"observation": {named}}}'.encode()
    filled.append([record(1, body, source="recorder", type="observation_redacted")])
    filled.append([redaction(2, of=("queue", 5))])
    raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 9")
    assert filled.verify().fault is None


def test_a_redaction_during_verification_is_not_a_fault(filled: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made after the run's redactions were read, and before the event that it names is read."""
    monkeypatch.setattr(chain, "PAGE_ROWS", 5)
    filled.redact(RUN, [Observation("queue", 1)], redaction_records(RUN))

    def redact(checked: int, total: int) -> None:
        filled.redact(RUN, [Observation("queue", 9)], redaction_records(RUN))

    assert filled.verify(RUN, progress=redact).fault is None
    assert [event.seq for event in filled.read(run_id=RUN) if event.body is None] == [1, 9]


def test_equal_attachments_of_one_batch_keep_the_media_type_of_the_first(log: EventLog) -> None:
    """Their bytes are stored once, and `verify` compares them with the first event that has them."""
    log.append(
        [
            record(1, b'{"media_type":"image/gif"}', artifact=Attachment(b"same", "image/gif")),
            record(2, b'{"media_type":"text/plain"}', artifact=Attachment(b"same", "text/plain")),
        ]
    )
    assert log.verify(media_type=lambda body, data: json.loads(body)["media_type"]).fault is None


def test_an_altered_artifact_is_found_where_it_is_used(filled: EventLog, raw: Raw) -> None:
    """The fault is at the position of the first event that has it; its size is checked too."""
    for change in ("bytes = ?", "bytes = ?, size = 6"):
        raw.execute(f"UPDATE artifact SET {change}", b"forged")
        assert (fault_in(filled).position, fault_in(filled).what) == (5, ARTIFACT_DIFFERS)
    raw.execute("UPDATE artifact SET bytes = ?, size = 1", PNG.data)
    assert (fault_in(filled).position, fault_in(filled).what) == (5, ARTIFACT_DIFFERS)


def test_a_missing_artifact_is_found(filled: EventLog, raw: Raw) -> None:
    raw.execute("UPDATE artifact SET bytes = NULL")
    assert (fault_in(filled).position, fault_in(filled).what) == (5, ARTIFACT_MISSING)
    raw.execute("DELETE FROM artifact")
    assert (fault_in(filled).position, fault_in(filled).what) == (5, ARTIFACT_MISSING)


def test_an_artifact_removed_with_a_redacted_body_is_not_a_fault(filled: EventLog, raw: Raw) -> None:
    filled.append([redaction(1, of=("queue", 3))])
    raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 5")
    raw.execute("UPDATE artifact SET bytes = NULL")
    assert filled.verify().fault is None


def test_an_artifact_exchanged_in_event_and_table_is_found(filled: EventLog, raw: Raw) -> None:
    """The event's hash covers its artifact's hash."""
    digest = hashlib.sha256(b"forged").digest()
    raw.execute("UPDATE artifact SET sha256 = ?, bytes = ?, size = 6", digest, b"forged")
    raw.execute("UPDATE event SET artifact = ? WHERE position = 5", digest)
    assert (fault_in(filled).position, fault_in(filled).what) == (5, CHANGED)


def test_memory_is_bounded_and_the_result_is_the_same(filled: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more runs than are kept in memory, the last hash of a forgotten run is read again."""
    for number in range(20):
        filled.append(records(1, 2, run_id=f"run.{number}", artifact=PNG))
    filled.append([record(3, run_id=f"run.{number}") for number in range(20)])
    monkeypatch.setattr(chain, "_MOST_REMEMBERED", 4)
    assert (filled.verify().events, filled.verify().fault) == (80, None)
