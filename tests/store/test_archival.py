"""A run is archived as a whole: its bodies are erased, an event says so, and everything else is as it was."""

from __future__ import annotations

import pytest

from store.archival import Archival
from store.errors import ArtifactMissing, RedactionRefused, RunChanged
from store.log import EventLog, Observation
from store.records import Record
from store.verify.fault import CHANGED
from tests.store.making import PNG, RUN, record, records, redaction, redaction_records
from tests.store.raw import REFUSALS, Raw
from tests.store.reference_verifier import first_wrong
from veritas.projections.run_summary import RunSummary

LONG = b'{"detail":"%s"}' % (b"What a page says. " * 100)
ERASE = "UPDATE event SET salt = NULL, body = NULL, encoding = NULL WHERE position = ?"


def archived(number: int, run_id: str = RUN) -> Record:
    """Return the event that says that a run was archived."""
    return record(number, b"{}", run_id=run_id, source="recorder", type="run_archived", phase="", step="")


def archival(log: EventLog, run_id: str = RUN) -> Archival:
    """Return what archives a run as it is now."""
    last = log.last(run_id)
    assert last is not None
    return Archival(run_id, last.hash, lambda number: archived(number, run_id), RunSummary(run_id))


def test_bodies_are_erased_and_everything_still_verifies(log: EventLog) -> None:
    """The recorder's events stay, and so does every other run."""
    log.append([record(1, source="recorder"), record(1, LONG), record(2), *records(1, 3, run_id="another.1")])
    before = list(log.read())
    assert log.archive_runs([archival(log)]) == 2
    after = list(log.read())
    assert after[:6] == [
        event._replace(salt=None, body=None) if event.position in (2, 3) else event for event in before
    ]
    assert [(event.source, event.seq, event.type) for event in after[6:]] == [("recorder", 2, "run_archived")]
    assert log.verify().fault is log.verify(RUN).fault is log.verify("another.1").fault is None
    assert first_wrong(tuple(event) for event in log.read()) is None


def test_many_runs_are_archived_in_one_transaction(log: EventLog) -> None:
    """If one of them has changed, none is."""
    log.append([*records(1, 2), *records(1, 2, run_id="another.1")])
    both = [archival(log), archival(log, "another.1")]
    log.append([record(3, run_id="another.1")])
    with pytest.raises(RunChanged, match=r"'another\.1' changed"):
        log.archive_runs(both)
    assert all(event.body is not None for event in log.read()) and log.head() == 5
    assert log.archive_runs([archival(log), archival(log, "another.1")]) == 5
    with pytest.raises(RunChanged):
        log.archive_runs([archival(log)])
    assert log.verify().fault is None


def test_attachments_that_another_run_has_stay(log: EventLog) -> None:
    """They are erased with the last event that has them."""
    log.append([record(1, artifact=PNG), record(1, run_id="another.1", artifact=PNG)])
    log.archive_runs([archival(log)])
    assert log.artifact(PNG.sha256).data == PNG.data
    log.archive_runs([archival(log, "another.1")])
    with pytest.raises(ArtifactMissing):
        log.artifact(PNG.sha256)
    assert log.verify().fault is None


def test_a_redacted_event_stays_redacted(log: EventLog) -> None:
    """Redaction before archiving is kept, and the statement of the archiving cannot be redacted."""
    log.append(records(1, 3))
    log.redact(RUN, [Observation("queue", 2)], redaction_records(RUN))
    assert log.archive_runs([archival(log)]) == 2
    assert [event.body is None for event in log.read()] == [True, True, True, False, False]
    assert log.redact(RUN, [Observation("queue", 1)], redaction_records(RUN)).erased == []
    with pytest.raises(RedactionRefused):
        log.redact(RUN, [Observation("recorder", 2)], redaction_records(RUN))
    assert log.verify().fault is None


def test_the_database_erases_nothing_that_was_not_archived(log: EventLog, raw: Raw) -> None:
    """The statement must be in the same run, of the recorder, and later; the recorder's own events stay."""
    log.append([record(1), archived(1, "another.1"), record(2, type="run_archived")])
    for position in (1, 2, 3):
        with pytest.raises(REFUSALS):
            raw.execute(ERASE, position)
    log.append([record(5, source="recorder"), archived(6), record(3)])
    for position in (4, 5, 6):
        with pytest.raises(REFUSALS):
            raw.execute(ERASE, position)
    raw.execute(ERASE, 1)
    assert log.verify().fault is None


@pytest.mark.parametrize("position", [4, 6])
def test_an_erased_body_that_no_archiving_covers_is_found(log: EventLog, raw: Raw, position: int) -> None:
    """The recorder's event before the archiving, and a later event."""
    log.append([*records(1, 2), redaction(3, of=("queue", 77)), record(4, source="recorder")])
    log.archive_runs([archival(log)])
    log.append([record(9)])
    raw.remove_guards()
    raw.execute(ERASE, position)
    fault = log.verify().fault
    assert fault is not None and (fault.what, fault.position) == (CHANGED, position)
    fault = log.verify(RUN).fault
    assert fault is not None and fault.what == CHANGED


def test_the_space_of_an_archived_run_is_free(log: EventLog, raw: Raw) -> None:
    """SQLite's file gets smaller; PostgreSQL fills the space with new rows."""
    log.append([record(seq, artifact=None) for seq in range(1, 100)])
    log.append([record(seq, b'{"text":"%d %s"}' % (seq, bytes(range(65, 91)) * 20)) for seq in range(100, 1000)])
    log.archive_runs([archival(log)])
    if raw.is_postgresql:
        assert log.free_space() == []
        return
    before = raw.execute("PRAGMA page_count").fetchone()[0]
    assert log.free_space() == []
    assert raw.execute("PRAGMA page_count").fetchone()[0] < before
    assert log.verify().fault is None
