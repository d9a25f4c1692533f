"""Events from another log are imported exactly as it recorded them, once, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from store.errors import BundleConflict
from store.import_events import ImportResult
from store.log import Attachment, EventLog, Observation, StoredEvent
from tests.store.bundling import GIF, KEY, OTHER, SECOND, exported, fill, redact, verification_of
from tests.store.making import PNG, RUN, record, records
from tests.store.raw import REFUSALS, Raw

ATTACHMENTS = {attachment.sha256: attachment for attachment in (PNG, GIF)}


@pytest.fixture
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventLog]:
    """Yield the log that the events come from."""
    with EventLog.open(tmp_path_factory.mktemp("origin") / "log.db") as opened:
        fill(opened)
        yield opened


def events_of(log: EventLog, *runs: str) -> list[StoredEvent]:
    return sorted(event for run in runs for event in log.read(run_id=run))


def import_into(
    log: EventLog, events: Iterable[StoredEvent], attachments: dict[bytes, Attachment] = ATTACHMENTS
) -> ImportResult:
    """Import events, with the attachments that exist."""
    return log.import_events(
        events,
        attachment=lambda event: attachments.get(event.artifact or b""),
        make_record=lambda number: record(number, run_id="log", source="recorder", type="bundle_imported"),
        stream=("log", "recorder"),
    )


def test_events_are_imported_exactly(log: EventLog, origin: EventLog) -> None:
    """Everything except the positions stays, including bodies that are not UTF-8, redacted events, and times."""
    log.append(records(1, 3, run_id="other"))
    theirs = events_of(origin, RUN, SECOND)
    result = import_into(log, theirs)
    assert (result.added, result.known, result.erased) == (12, 0, 0)
    assert [event[1:] for event in events_of(log, RUN, SECOND)] == [event[1:] for event in theirs]
    assert log.artifact(PNG.sha256).media_type == "image/png"
    assert log.verify().fault is None
    assert next(log.read(after=15)).type == "bundle_imported"


def test_an_export_of_imported_events_proves_the_same_hashes(log: EventLog, origin: EventLog) -> None:
    import_into(log, events_of(origin, RUN, SECOND))
    assert verification_of(exported(log)).fault is None
    hashes = [event.hash for event in events_of(log, RUN, SECOND)]
    assert hashes == [event.hash for event in events_of(origin, RUN, SECOND)]


def test_an_empty_log_does_not_take_the_others_name(log: EventLog, origin: EventLog) -> None:
    """A log is named after its first event: two with one name would look like forgeries of each other."""
    theirs = events_of(origin, OTHER)
    assert theirs[0].position == 1
    import_into(log, theirs)
    assert log.origin() != origin.origin()
    assert next(log.read()).type == "bundle_imported"


def test_a_second_import_changes_nothing(log: EventLog, origin: EventLog) -> None:
    theirs = events_of(origin, RUN)
    import_into(log, theirs)
    head = log.head()
    result = import_into(log, theirs)
    assert (result.added, result.known, log.head()) == (0, 11, head)


def test_a_run_continues_where_it_ends_in_this_log(log: EventLog, origin: EventLog) -> None:
    theirs = events_of(origin, RUN)
    import_into(log, theirs[:4])
    result = import_into(log, theirs)
    assert (result.added, result.known) == (7, 4)
    import_into(log, theirs[:6])
    assert log.verify().fault is None
    assert [event.seq for event in log.read(run_id="log")] == [1, 2]


@pytest.mark.parametrize("events", [slice(1, 4), slice(4, 3), slice(0, 1)])
def test_events_that_contradict_the_log_are_refused_and_nothing_is_written(
    log: EventLog, origin: EventLog, events: slice
) -> None:
    """They are a different event of the same name, and one that does not follow from the last."""
    theirs = events_of(origin, RUN)
    log.append([record(1, b"{}"), *records(2, 3, run_id="other")])
    before = list(log.read())
    with pytest.raises(BundleConflict, match="nothing was written"):
        import_into(log, [*events_of(origin, SECOND), *theirs[events], *theirs[5:]])
    assert list(log.read()) == before


def test_an_import_with_a_missing_event_is_refused(log: EventLog, origin: EventLog) -> None:
    theirs = events_of(origin, RUN)
    with pytest.raises(BundleConflict, match="does not follow"):
        import_into(log, theirs[:3] + theirs[4:])
    assert log.head() == 0


def test_an_event_redacted_in_the_other_log_is_erased(log: EventLog, origin: EventLog) -> None:
    """Its attachment is erased if no other event has it."""
    import_into(log, events_of(origin, RUN))
    redact(origin, Observation("queue", 3), Observation("queue", 5))
    result = import_into(log, events_of(origin, RUN))
    assert (result.added, result.erased) == (2, 2)
    assert [event.seq for event in events_of(log, RUN) if event.body is None] == [3, 4, 5]
    assert log.verify().fault is None
    again = import_into(log, events_of(origin, RUN))
    assert (again.added, again.erased) == (0, 0)


def test_an_event_redacted_in_this_log_stays_redacted(log: EventLog, origin: EventLog) -> None:
    theirs = events_of(origin, SECOND)
    import_into(log, theirs)
    redact(log, Observation("queue", 1), run_id=SECOND)
    assert import_into(log, theirs).known == 1
    assert next(log.read(run_id=SECOND)).body is None
    assert log.verify().fault is None


def test_the_bytes_of_an_attachment_may_arrive_later(log: EventLog, origin: EventLog, raw: Raw) -> None:
    """They arrive with another event that has it; its size and type are known then, and cannot be forged before."""
    redact(origin, Observation("queue", 3))
    import_into(log, events_of(origin, RUN), {GIF.sha256: GIF})
    assert log.verify().fault is None
    row = raw.execute("SELECT media_type, size, bytes FROM artifact WHERE sha256 = ?", PNG.sha256).fetchone()
    assert row == ("application/octet-stream", 0, None)
    for change in ("size = 5", "media_type = 'text/html'", "size = 5, bytes = ?"):
        with pytest.raises(REFUSALS):
            raw.execute(f"UPDATE artifact SET {change} WHERE sha256 = ?", *[b"12"] * change.count("?"), PNG.sha256)
    log.append([record(1, run_id="new", artifact=PNG)])
    assert log.artifact(PNG.sha256) == PNG
    assert log.verify().fault is None


def test_a_checkpoint_covers_imported_events(log: EventLog, origin: EventLog) -> None:
    import_into(log, events_of(origin, RUN))
    log.checkpoint(KEY)
    assert log.verify().fault is None


def test_many_events_are_imported_batch_by_batch(log: EventLog, origin: EventLog) -> None:
    origin.append(records(1, 1600, run_id="long"))
    assert import_into(log, events_of(origin, "long")).added == 1600
    assert import_into(log, events_of(origin, "long")).known == 1600
    assert log.verify().fault is None
