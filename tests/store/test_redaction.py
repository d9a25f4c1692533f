"""A redaction erases one body, records that it did, and leaves everything else unchanged."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from store.backends import base
from store.backends.sqlite_connections import SqliteConnections
from store.errors import ArtifactMissing, DatabaseReadOnly, ObservationMissing, RedactionRefused, StoreLocked
from store.log import EventLog, Observation, StoredEvent
from tests.store.appender import appender
from tests.store.making import PNG, RUN, record, records, redaction, redaction_records
from tests.store.raw import Raw
from tests.store.redactor import redactor
from tests.store.reference_verifier import first_wrong

SECRET = b'{"detail":"4929 1234 5678 9012, Jane Doe"}'


def redact(log: EventLog, *observations: tuple[str, int], run_id: str = RUN) -> list[Observation]:
    return log.redact(run_id, [Observation(*named) for named in observations], redaction_records(run_id)).erased


def as_erased(event: StoredEvent) -> StoredEvent:
    return event._replace(salt=None, body=None)


def test_only_that_body_is_erased_and_everything_still_verifies(log: EventLog) -> None:
    """The envelope and the hashes stay, and so does every other event."""
    log.append([record(1), record(2, SECRET), record(3), *records(1, 3, run_id="another")])
    before = list(log.read())
    assert redact(log, ("queue", 2)) == [Observation("queue", 2)]
    after = list(log.read())
    assert after[:6] == [as_erased(event) if event.position == 2 else event for event in before]
    assert [(event.source, event.seq, event.type) for event in after[6:]] == [("recorder", 1, "observation_redacted")]
    assert log.verify().fault is log.verify(RUN).fault is log.verify("another").fault is None
    assert first_wrong(tuple(event) for event in log.read()) is None


def test_several_observations_are_redacted_in_one_transaction(log: EventLog) -> None:
    """Each has its own redaction event, numbered from the recorder's last event on."""
    log.append([record(2, SECRET), record(2, SECRET, source="stdout"), record(1, source="recorder")])
    assert redact(log, ("queue", 2), ("stdout", 2)) == [Observation("queue", 2), Observation("stdout", 2)]
    assert [event.body is None for event in log.read()] == [True, True, False, False, False]
    assert [event.seq for event in log.read() if event.type == "observation_redacted"] == [2, 3]
    assert len({event.recorded_at for event in log.read(after=3)}) == 1
    assert log.verify().fault is None


def test_redacting_again_changes_nothing(log: EventLog) -> None:
    log.append([record(1), record(2, SECRET)])
    redact(log, ("queue", 2))
    before = list(log.read())
    assert redact(log, ("queue", 2)) == []
    assert list(log.read()) == before
    assert redact(log, ("queue", 1), ("queue", 2)) == [Observation("queue", 1)]


def test_a_missing_observation_cannot_be_redacted(log: EventLog) -> None:
    """If the run, the source or the number is wrong, nothing is written, not even for the other observations."""
    log.append([record(1), record(2, run_id="another")])
    before = list(log.read())
    for named in (("queue", 2), ("stdout", 1), ("queue", -1)):
        with pytest.raises(ObservationMissing, match="has no event"):
            redact(log, ("queue", 1), named)
    with pytest.raises(ObservationMissing):
        redact(log, ("queue", 1), run_id="a third")
    assert list(log.read()) == before


def test_a_redaction_cannot_be_redacted(log: EventLog) -> None:
    """An event of the same type from a child is not a redaction, and can be."""
    log.append([record(1), record(2, type="observation_redacted")])
    redact(log, ("queue", 1))
    with pytest.raises(RedactionRefused, match="itself a redaction"):
        redact(log, ("recorder", 1))
    assert redact(log, ("queue", 2)) == [Observation("queue", 2)]


def test_nothing_is_written_if_the_guards_refuse(log: EventLog) -> None:
    """A redaction event that names something else rolls everything back."""
    log.append(records(1, 2))
    before = list(log.read())
    with pytest.raises(Exception, match="event is append-only"):
        log.redact(RUN, [Observation("queue", 1)], lambda named, seq: redaction(seq, of=("queue", 2)))
    assert list(log.read()) == before
    assert log.append([record(3)]) == [3]


class TestAttachments:
    """An attachment's bytes are erased with the last event that needs them."""

    def test_an_attachment_of_no_other_event_is_erased(self, log: EventLog, raw: Raw) -> None:
        log.append([record(1, artifact=PNG), record(2)])
        outcome = log.redact(RUN, [Observation("queue", 1)], redaction_records())
        assert outcome.attachments == 1
        with pytest.raises(ArtifactMissing, match="removed"):
            log.artifact(PNG.sha256)
        assert raw.execute("SELECT size, bytes FROM artifact").fetchall() == [(len(PNG.data), None)]
        assert log.verify().fault is None

    def test_an_attachment_of_another_event_stays(self, log: EventLog) -> None:
        """It stays until that event is redacted as well."""
        log.append([record(1, artifact=PNG), record(1, artifact=PNG, run_id="another")])
        assert log.redact(RUN, [Observation("queue", 1)], redaction_records()).attachments == 0
        assert log.artifact(PNG.sha256) == PNG
        assert log.verify().fault is None
        assert log.redact("another", [Observation("queue", 1)], redaction_records("another")).attachments == 1
        assert log.verify().fault is None

    def test_both_observations_of_a_tee_share_an_attachment(self, log: EventLog) -> None:
        log.append([record(1, artifact=PNG), record(1, artifact=PNG, source="stdout")])
        assert log.redact(RUN, [Observation("queue", 1)], redaction_records()).attachments == 0
        assert log.redact(RUN, [Observation("stdout", 1)], redaction_records()).attachments == 1

    def test_an_attachment_is_stored_again_with_a_later_event(self, log: EventLog) -> None:
        """The redacted event stays redacted, even if it is appended again."""
        log.append([record(1, artifact=PNG)])
        redact(log, ("queue", 1))
        assert log.append([record(1, artifact=PNG)]) == [1]
        with pytest.raises(ArtifactMissing):
            log.artifact(PNG.sha256)
        log.append([record(2, artifact=PNG)])
        assert log.artifact(PNG.sha256) == PNG
        assert next(log.read()).body is None
        assert log.verify().fault is None


def files_of(sqlite: str) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(Path(sqlite).parent.glob("log.db*")))


class TestDataRemanence:
    """The erased bytes are in none of the database's files."""

    def test_no_erased_bytes_remain_in_the_files(self, sqlite: str) -> None:
        """Bodies of one page and of many pages are gone, and attachments too, even while the log is open."""
        long, picture = SECRET * 5_000, record(7, artifact=type(PNG)(SECRET * 1_000, "image/png"))
        with EventLog.open(sqlite) as log:
            log.append([record(1, SECRET), *records(2, 5), record(6, long), picture, *records(8, 40)])
            assert SECRET in files_of(sqlite)
            salts = [event.salt for event in log.read() if event.seq in (1, 6, 7)]
            outcome = log.redact(RUN, [Observation("queue", seq) for seq in (1, 6, 7)], redaction_records())
            assert outcome.remains == []
            left = files_of(sqlite)
            assert SECRET[:20] not in left
            assert [salt for salt in salts if salt is None or salt in left] == []
            assert Path(f"{sqlite}-wal").stat().st_size == 0
            assert log.verify().fault is None

    def test_an_old_copy_in_an_unused_part_of_a_page_is_removed(
        self, sqlite: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A program without `secure_delete` leaves such copies."""
        connect = SqliteConnections.open

        def careless(self: SqliteConnections) -> sqlite3.Connection:
            connection = connect(self)
            connection.execute("PRAGMA secure_delete = OFF")
            return connection

        with monkeypatch.context() as patch:
            patch.setattr(SqliteConnections, "open", careless)
            with EventLog.open(sqlite) as log:
                log.append([record(1, SECRET)])
                for seq in range(2, 100):
                    log.append([record(seq)])
        with sqlite3.connect(sqlite) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        assert files_of(sqlite).count(SECRET) == 2
        with EventLog.open(sqlite) as log:
            redact(log, ("queue", 1))
            assert SECRET not in files_of(sqlite)
            assert log.verify().fault is None
            assert log.append([record(100)]) == [101]

    def test_a_reader_that_prevents_the_removal_is_reported(self, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base, "LOCK_SECONDS", 0.1)
        with EventLog.open(sqlite) as log:
            log.append([record(1, SECRET), record(2)])
            reader = sqlite3.connect(sqlite, isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM event").fetchone()
            remains = log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains
            assert len(remains) == 1 and "'log.db-wal' still holds it" in remains[0]
            reader.close()
        assert SECRET not in files_of(sqlite)

    def test_backups_next_to_the_log_are_named(self, sqlite: str) -> None:
        with EventLog.open(sqlite) as log:
            log.append([record(1, SECRET)])
            copy = log._database.backup("0002")
            remains = log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains
            assert remains == [f"The copy {str(copy)!r} still holds it."]

    @pytest.mark.parametrize("links", ["file", "directory", "chain"])
    def test_backups_made_by_a_link_are_named_and_used(self, sqlite: str, tmp_path: Path, links: str) -> None:
        """They are made next to the log itself, whichever name it is opened by; the newest is named last."""
        link = tmp_path / "elsewhere" / "link.db"
        link.parent.mkdir()
        if links == "directory":
            (tmp_path / "mount").symlink_to(Path(sqlite).parent)
            link = tmp_path / "mount" / Path(sqlite).name
        else:
            link.symlink_to(sqlite)
        if links == "chain":
            link = link.rename(link.with_name("inner.db"))
            (tmp_path / "outer.db").symlink_to(link)
            link = tmp_path / "outer.db"
        with EventLog.open(sqlite) as log, EventLog.open(link) as linked:
            log.append([record(1, SECRET)])
            copies = [linked._database.backup("z"), log._database.backup("a"), linked._database.copy(None)]
            expected = [f"The copy {str(copy)!r} still holds it." for copy in copies]
            assert {copy.parent for copy in copies} == {Path(sqlite).parent}
            assert log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains == expected
            linked.append([record(2, SECRET)])
            assert linked.redact(RUN, [Observation("queue", 2)], redaction_records()).remains == expected

    def test_a_backup_that_an_older_version_made_next_to_a_link_is_named(self, sqlite: str, tmp_path: Path) -> None:
        link = tmp_path / "elsewhere" / "link.db"
        link.parent.mkdir()
        link.symlink_to(sqlite)
        with EventLog.open(link) as log:
            log.append([record(1, SECRET)])
            old = log._database.copy(link.with_name("link.db.20250101T000000.000000Z.backup"))
            remains = log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains
        assert remains == [f"The copy {str(old)!r} still holds it."]

    def test_postgresql_frees_the_old_rows(self, postgresql: str) -> None:
        """The result names the places that it cannot reach."""
        with EventLog.open(postgresql) as log:
            log.append([record(1, SECRET), *records(2, 5)])
            remains = log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains
            assert len(remains) == 1 and "backups" in remains[0]
            raw = Raw(postgresql)
            query = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relid = 'event'::regclass"
            assert raw.execute(query).fetchone() == (1,)
            raw.close()

    def test_a_role_that_may_not_vacuum_is_reported(self, postgresql: str) -> None:
        raw = Raw(postgresql)
        schema = raw.execute("SELECT current_schema()").fetchone()[0]
        EventLog.open(postgresql).close()
        role = f"role_of_{schema}"
        raw.execute(f"CREATE ROLE {role} LOGIN")
        try:
            raw.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
            raw.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {role}")
            with EventLog.open(f"{postgresql}%20-crole%3D{role}") as log:
                log.append([record(1, SECRET)])
                remains = log.redact(RUN, [Observation("queue", 1)], redaction_records()).remains
            assert len(remains) == 3 and "until a role that may VACUUM them does so" in remains[0]
            assert "'pending_append' may hold it" in remains[1]
        finally:
            raw.execute(f"DROP OWNED BY {role}")
            raw.execute(f"DROP ROLE {role}")
            raw.close()


def test_a_log_that_is_read_only_or_locked_is_not_changed(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LOCK_SECONDS", 0.1)
    with EventLog.open(sqlite) as log:
        log.append([record(1, SECRET)])
        before = list(log.read())
        other = sqlite3.connect(sqlite, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            redact(log, ("queue", 1))
        other.close()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write to any file
    with EventLog.open(sqlite) as log:
        with pytest.raises(DatabaseReadOnly):
            redact(log, ("queue", 1))
        assert list(log.read()) == before


def test_redacting_while_others_append_leaves_one_order(database: str) -> None:
    """No event is lost, only the named ones are erased, and the chains hold."""
    with EventLog.open(database) as log:
        log.append(records(1, 30))  # before the other process reads where the run ends
    with EventLog.open(database) as log, appender(database, RUN, batches=40, size=3) as other:
        other.wait_until_ready()
        done = threading.Thread(target=lambda: [redact(log, ("queue", seq)) for seq in range(1, 31)])
        other.go()
        done.start()
        assert sum(len(batch) for batch in other.acknowledged()) == 120
        assert other.join() == 0
        done.join(60)
        events = list(log.read(run_id=RUN))
        assert [event.seq for event in events if event.body is None] == list(range(1, 31))
        assert [event.seq for event in events if event.source == "queue"] == list(range(1, 151))
        assert [event.seq for event in events if event.source == "recorder"] == list(range(1, 31))
        assert log.verify().fault is None and log.verify().events == 180


@pytest.mark.parametrize("spared", [1, 2, 5])
def test_a_killed_redaction_is_complete_or_not_begun(database: str, spared: int) -> None:
    """Acknowledged redactions are done; every erased event is named, and every named event is erased."""
    with EventLog.open(database) as log:
        log.append([record(seq, artifact=type(PNG)(b"%d" % seq, "image/png")) for seq in range(1, 201)])
        with redactor(database, RUN) as victim:
            victim.wait_until_ready()
            victim.go()
            acknowledged = []
            for (seq,) in victim.acknowledged():
                acknowledged.append(seq)
                if len(acknowledged) == spared:
                    victim.kill()
            assert victim.join() == -9
        log.append([record(201)])  # waits until the server has ended the transaction of the killed process
        events = list(log.read())
        erased = [event.seq for event in events if event.body is None]
        named = [event for event in events if event.type == "observation_redacted"]
        assert erased == list(range(1, len(named) + 1))
        assert erased[: len(acknowledged)] == acknowledged and len(erased) < 200
        for event in events[:200]:
            assert event.artifact is not None
            if event.seq in erased:
                with pytest.raises(ArtifactMissing):
                    log.artifact(event.artifact)
            else:
                assert log.artifact(event.artifact).data == b"%d" % event.seq
        assert log.verify().fault is None
