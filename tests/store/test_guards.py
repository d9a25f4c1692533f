"""The database itself keeps the log append-only, for every user and every statement."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from store.errors import StoreError
from store.log import EventLog, Record
from tests.store.making import PNG, RUN, record, records, redaction
from tests.store.raw import REFUSALS, Raw

ROW = (
    "(run_id, source, seq, type, phase, step, recorded_at, schema_version, body_hash, hash)"
    " VALUES ('r', 'queue', {seq}, '', '', '', 0, 1, 'h', 'h')"
)
AT = (
    "(position, run_id, source, seq, type, phase, step, recorded_at, schema_version, body_hash, hash)"
    " VALUES ({position}, 'r', 'queue', {seq}, '', '', '', 0, 1, 'h', 'h')"
)
KEYED = AT.replace("'r'", f"'{RUN}'")
ARTIFACT = "(sha256, media_type, size, bytes, recorded_at) VALUES ({sha256}, 'text/plain', 1, 'x', 0)"


@pytest.fixture
def filled(log: EventLog) -> EventLog:
    """Return a log of three events, the second with an attachment."""
    log.append([record(1), record(2, artifact=PNG), record(3)])
    return log


def refused(raw: Raw, statement: str, *, table: str = "event") -> None:
    with pytest.raises(REFUSALS, match=f"{table} is append-only"):
        raw.execute(statement)


def test_no_column_of_an_event_can_be_updated(filled: EventLog, raw: Raw) -> None:
    """Not even an update to the same value is accepted."""
    before = list(filled.read())
    for column in (
        *("position", "run_id", "source", "seq", "type", "phase", "step", "emitted_at", "recorded_at"),
        *("schema_version", "artifact", "salt", "body", "body_hash", "hash"),
    ):
        refused(raw, f"UPDATE event SET {column} = {column}")
        refused(raw, f"UPDATE event SET {column} = {column} WHERE position = 2")
    assert list(filled.read()) == before


@pytest.mark.parametrize("where", ["", " WHERE position = 3", f" WHERE run_id = '{RUN}'"])
def test_no_event_can_be_deleted(filled: EventLog, raw: Raw, where: str) -> None:
    refused(raw, f"DELETE FROM event{where}")
    assert raw.count() == 3


def test_no_attachment_can_be_changed_or_deleted(filled: EventLog, raw: Raw) -> None:
    for column in ("sha256", "media_type", "size", "bytes", "recorded_at"):
        refused(raw, f"UPDATE artifact SET {column} = {column}", table="artifact")
    refused(raw, "DELETE FROM artifact", table="artifact")
    assert filled.artifact(PNG.sha256) == PNG


@pytest.mark.parametrize("position", [-1, 0, 1, 2, 3, 5, 2**63 - 1])
def test_an_event_can_be_inserted_only_after_the_last(filled: EventLog, raw: Raw, position: int) -> None:
    """A used position, one before the first, and one after a gap are refused."""
    errors = (*REFUSALS, psycopg.errors.UniqueViolation, psycopg.errors.CheckViolation)
    with pytest.raises(errors):
        raw.execute(f"INSERT INTO event {AT.format(position=position, seq=9)}")
    assert raw.count() == 3
    raw.execute(f"INSERT INTO event {AT.format(position=4, seq=9)}")
    assert filled.append([record(4)]) == [5]


def test_a_recorded_observation_cannot_be_inserted_again(filled: EventLog, raw: Raw) -> None:
    with pytest.raises((*REFUSALS, psycopg.errors.UniqueViolation)):
        raw.execute(f"INSERT INTO event {KEYED.format(position=4, seq=2)}")
    assert raw.count() == 3


def test_replace_is_refused_on_sqlite(sqlite: str) -> None:
    """REPLACE deletes without firing a DELETE trigger, so the insert is refused."""
    with EventLog.open(sqlite) as log:
        log.append([record(1), record(2, artifact=PNG), record(3)])
        before = list(log.read())
        raw = Raw(sqlite)
        for verb in ("REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"):
            for position in ("1", "3", "'3'", "3.0"):
                refused(raw, f"{verb} INTO event {AT.format(position=position, seq=9)}")
            refused(raw, f"{verb} INTO event {KEYED.format(position='NULL', seq=3)}")
            refused(raw, f"{verb} INTO event {KEYED.format(position=4, seq='2.0')}")
            refused(
                raw, f"{verb} INTO artifact {ARTIFACT.format(sha256='(SELECT sha256 FROM artifact)')}", table="artifact"
            )
            rowid = ARTIFACT.format(sha256="'new'").replace("(sha256", "(rowid, sha256").replace("('new'", "(1, 'new'")
            refused(raw, f"{verb} INTO artifact {rowid}", table="artifact")
        refused(raw, "UPDATE OR REPLACE event SET position = 1 WHERE position = 3")
        refused(raw, f"INSERT INTO event {KEYED.format(position=4, seq=2)} ON CONFLICT DO UPDATE SET body = NULL")
        raw.close()
        assert list(log.read()) == before
        assert log.artifact(PNG.sha256) == PNG


def test_positions_are_not_used_again_on_sqlite(sqlite: str) -> None:
    """If the tail is removed without the guards, the next append leaves a gap."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 3))
        raw = Raw(sqlite)
        raw.execute("DROP TRIGGER event_delete")
        raw.execute("DELETE FROM event WHERE position = 3")
        raw.close()
        assert log.append([record(4)]) == [4]
        fault = log.verify().fault
        assert fault is not None and fault.position == 3


def test_truncate_and_upsert_are_refused_on_postgresql(postgresql: str) -> None:
    with EventLog.open(postgresql) as log:
        log.append([record(1), record(2, artifact=PNG), record(3)])
        raw = Raw(postgresql)
        refused(raw, "TRUNCATE event")
        refused(raw, "TRUNCATE artifact CASCADE", table="(artifact|event)")
        upsert = "ON CONFLICT (run_id, source, seq) DO UPDATE SET body = NULL"
        refused(raw, f"INSERT INTO event {KEYED.format(position=4, seq=2)} {upsert}")
        refused(raw, "WITH gone AS (DELETE FROM event RETURNING *) SELECT * FROM gone")
        refused(raw, "MERGE INTO event USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE")
        with pytest.raises(psycopg.errors.NotNullViolation):
            raw.execute(f"INSERT INTO event {ROW.format(seq=9)}")
        raw.close()
        assert log.verify().events == 3


def test_a_temporary_table_cannot_replace_the_log_on_postgresql(postgresql: str) -> None:
    """PostgreSQL searches pg_temp first, unless the search path puts it elsewhere, as the guards do."""
    with EventLog.open(postgresql) as log:
        log.append([record(1)])
        raw = Raw(postgresql)
        schema = raw.execute("SELECT current_schema()").fetchone()[0]
        raw.execute(f"CREATE TEMPORARY TABLE event (LIKE {schema}.event)")
        forged = redaction(1, of=("queue", 1))
        raw.execute(
            "INSERT INTO pg_temp.event (position, run_id, source, seq, type, phase, step, recorded_at, schema_version,"
            " body, body_hash, hash) VALUES (1, ?, 'recorder', 1, 'observation_redacted', '', '', 0, 1, ?, 'h', 'h')",
            RUN,
            forged.body,
        )
        refused(raw, f"UPDATE {schema}.event SET salt = NULL, body = NULL")
        refused(raw, f"INSERT INTO {schema}.event {AT.format(position=5, seq=9)}")
        raw.close()


def test_several_rows_in_one_statement_are_one_append(filled: EventLog, raw: Raw) -> None:
    """They must continue the log without a gap, as a single row must."""
    values = [AT.format(position=position, seq=position) for position in (4, 5, 7)]
    columns, first = values[0].split(" VALUES ")
    second, third = (value.split(" VALUES ")[1] for value in values[1:])
    refused(raw, f"INSERT INTO event {columns} VALUES {first}, {third}")
    assert raw.count() == 3
    raw.execute(f"INSERT INTO event {columns} VALUES {first}, {second}")
    assert raw.count() == 5


class TestRedaction:
    """The one exception: salt and body become NULL if a redaction names the observation."""

    ERASE = "UPDATE event SET salt = NULL, body = NULL WHERE position = ?"

    def erase(self, raw: Raw, position: int) -> None:
        raw.execute(self.ERASE, position)

    def erasure_is_refused(self, raw: Raw, position: int) -> None:
        with pytest.raises(REFUSALS, match="event is append-only"):
            self.erase(raw, position)

    def test_an_observation_that_a_redaction_names_can_be_erased(self, log: EventLog, raw: Raw) -> None:
        """Nothing else can, and the chain still holds."""
        log.append([record(1), record(2), record(2, source="stdout"), redaction(1, of=("queue", 2))])
        self.erase(raw, 2)
        assert [event.body is None for event in log.read()] == [False, True, False, False]
        assert log.verify().fault is None and log.verify(RUN).fault is None
        for position in (1, 3):
            self.erasure_is_refused(raw, position)

    def test_nothing_is_erased_without_a_redaction(self, log: EventLog, raw: Raw) -> None:
        log.append(records(1, 2))
        self.erasure_is_refused(raw, 1)

    @pytest.mark.parametrize(
        "other",
        [
            redaction(9, of=("queue", 1), run_id="another run"),
            redaction(9, of=("queue", 1), source="queue"),
            redaction(9, of=("queue", 1), type="observation_noted"),
            redaction(9, of=("stdout", 1)),
            redaction(9, of=("queue", 2)),
            record(9, b"not JSON", source="recorder", type="observation_redacted"),
            record(9, b"\xff\xfe", source="recorder", type="observation_redacted"),
            record(9, b'["observation"]', source="recorder", type="observation_redacted"),
            record(9, b'{"source": "queue", "seq": 1}', source="recorder", type="observation_redacted"),
            record(9, b'{"observation": null}', source="recorder", type="observation_redacted"),
        ],
        ids=range(10),
    )
    def test_a_redaction_of_another_observation_does_not_count(self, log: EventLog, raw: Raw, other: Record) -> None:
        """It may be of another run or source, or only resemble a redaction."""
        log.append([record(1), other])
        self.erasure_is_refused(raw, 1)
        log.append([redaction(10, of=("queue", 1))])
        self.erase(raw, 1)

    @pytest.mark.parametrize(
        "change",
        [
            *("salt = NULL", "body = NULL", "salt = NULL, body = 'x'", "salt = NULL, body = NULL, seq = 7"),
            *("salt = NULL, body = NULL, step = 'x'", "salt = NULL, body = NULL, artifact = NULL"),
            *("salt = NULL, body = NULL, hash = body_hash", "salt = NULL, body = NULL, emitted_at = NULL"),
            *("salt = NULL, body = NULL, position = 9", "salt = NULL, body = NULL, run_id = 'x'"),
        ],
    )
    def test_salt_and_body_are_erased_together_and_nothing_else(self, log: EventLog, raw: Raw, change: str) -> None:
        log.append([record(1, artifact=PNG), redaction(1, of=("queue", 1))])
        refused(raw, f"UPDATE event SET {change} WHERE position = 1")

    def test_a_redaction_event_cannot_be_erased(self, log: EventLog, raw: Raw) -> None:
        """The record of who redacted what, when and why must stay."""
        log.append([redaction(1, of=("recorder", 1)), redaction(2, of=("recorder", 1))])
        self.erasure_is_refused(raw, 1)

    def test_an_erased_body_cannot_be_restored(self, log: EventLog, raw: Raw) -> None:
        log.append([record(1), redaction(1, of=("queue", 1))])
        self.erase(raw, 1)
        refused(raw, "UPDATE event SET salt = 'x', body = 'y' WHERE position = 1")


def test_an_added_trigger_that_fires_while_appending_causes_a_store_error(sqlite: str) -> None:
    """It is reported like an error of the database itself."""
    with EventLog.open(sqlite) as log:
        with sqlite3.connect(sqlite) as connection:
            connection.execute("CREATE TRIGGER no BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'not today'); END")
        connection.close()
        with pytest.raises(StoreError, match="not today"):
            log.append([record(1)])
