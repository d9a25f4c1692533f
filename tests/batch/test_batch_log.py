"""A batch is recorded in a stream of its own, from which alone it is read again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

import pytest

from veritas.archive.archive import Archive
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog, create_batch
from veritas.batch.ids import audit_id_of
from veritas.errors import UsageError
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import RECORDER, BatchCreated, BatchTargetsAdded
from veritas.projections.run_summary import runs_of
from veritas.recording.log_retry import LogRetry

REQUEST = BatchCreated("", "audit", "shops", ["eu", "q4"], "quick_scan", 0, options={"timeout": 60})

T = TypeVar("T")


def created(archive: Archive, urls: list[str]) -> BatchLog:
    return create_batch(archive, REQUEST, urls)


def shops(number: int) -> list[str]:
    return [f"https://shop{index}.example/" for index in range(1, number + 1)]


def test_a_batch_is_read_back_with_its_urls_in_their_order(archive: Archive) -> None:
    urls = shops(2_500)
    log = created(archive, urls)
    batch = Batch.read(archive, log.batch)
    assert [batch.urls[number] for number in range(1, 2_501)] == urls
    assert (batch.request.name, batch.request.tags, batch.request.count) == ("shops", ["eu", "q4"], 2_500)
    assert batch.request.options == {"timeout": 60}
    assert batch.recorder == ProcessIdentity.own() and batch.finished is None and batch.masked() == []
    chunks = [each.from_recorder for each in archive.events(log.batch) if each.event.type == BatchTargetsAdded.type]
    assert [len(chunk.urls) for chunk in chunks if isinstance(chunk, BatchTargetsAdded)] == [1000, 1000, 500]


def test_no_secret_of_a_url_is_recorded(archive: Archive) -> None:
    log = created(archive, ["https://a.example/?token=Sup3rSecretValue99", "https://b.example/"])
    assert not any(b"Sup3rSecretValue99" in (recorded.body or b"") for recorded in archive.events())
    assert Batch.read(archive, log.batch).masked() == [1]


def test_no_secret_of_a_url_is_recorded_with_the_reason_why_it_was_skipped(archive: Archive) -> None:
    """Nor with the error of a batch; the writer of a resumed batch masks them too."""
    url = "https://a.example/?token=Sup3rSecretValue99"
    log = created(archive, [url])
    log.skip(1, "robots_disallowed", f"'https://a.example/robots.txt' disallows {url!r}.")
    log.finish("failed", {"skipped": 1}, f"{url!r} is the cause.")
    resumed = BatchLog.resume(archive, Batch.read(archive, log.batch), remaining=1)
    resumed.skip(1, "robots_unknown", f"It is not known whether {url!r} may be visited.")
    assert not any(b"Sup3rSecretValue99" in (recorded.body or b"") for recorded in archive.events())
    assert "https://a.example/?token=" in Batch.read(archive, log.batch).skipped[1].reason


def test_the_audits_of_a_batch_write_to_its_stream_at_the_same_time(archive: Archive) -> None:
    """The numbers follow each other although one skips a URL while another's event is being appended."""
    other = Thread(target=lambda: log.skip(2, "robots_unknown", "B."))

    class Interrupted(LogRetry):
        def call(self, operation: Callable[[], T]) -> T:
            result = super().call(operation)
            if other.ident is None:
                other.start()
                other.join(0.5)  # it ends in this time, or waits for us
            return result

    log = created(archive, shops(3))
    log.retry = Interrupted(0)
    log.skip(1, "robots_unknown", "A.")
    other.join()
    log.skip(3, "robots_unknown", "C.")
    numbers = [recorded.seq for recorded in archive.events(log.batch) if recorded.source == RECORDER]
    assert numbers == [1, 2, 3, 4, 5]
    assert Batch.read(archive, log.batch).skipped.keys() == {1, 2, 3}


def test_a_batch_is_no_audit(archive: Archive) -> None:
    """Lists and metrics, which read the runs' rows, do not count it."""
    log = created(archive, shops(3))
    log.finish("interrupted", {"waiting": 3})
    assert runs_of(archive.log).rows() == []


def test_the_audit_of_a_url_has_the_same_id_whoever_does_it(archive: Archive) -> None:
    log = created(archive, shops(2))
    batch = Batch.read(archive, log.batch)
    assert batch.audit_id(1) == audit_id_of(log.batch, 1) != batch.audit_id(2)
    assert len(batch.audit_id(1)) == len("vrts_0123456789abcdef")


def test_the_end_counts_until_the_batch_is_resumed(archive: Archive) -> None:
    log = created(archive, shops(3))
    log.skip(2, "robots_disallowed", "robots.txt disallows it.")
    log.finish("interrupted", {"completed": 1, "skipped": 1, "waiting": 1})
    batch = Batch.read(archive, log.batch)
    assert batch.finished and batch.finished.status == "interrupted" and batch.skipped.keys() == {2}
    BatchLog.resume(archive, batch, remaining=1)
    assert Batch.read(archive, log.batch).finished is None


def test_of_two_processes_that_resume_a_batch_one_does(archive: Archive) -> None:
    """Both have read the same state; the log gives the next number once."""
    log = created(archive, shops(3))
    log.finish("interrupted", {})
    one, other = Batch.read(archive, log.batch), Batch.read(archive, log.batch)
    resumed = BatchLog.resume(archive, one, remaining=3)
    with pytest.raises(UsageError, match=f"Another process resumed the batch '{log.batch}' at the same time"):
        BatchLog.resume(archive, other, remaining=3)
    resumed.finish("completed", {"completed": 3})
    final = Batch.read(archive, log.batch).finished
    assert final is not None and final.status == "completed"


def test_an_event_of_another_process_in_the_stream_stops_no_batch(archive: Archive) -> None:
    """A redaction has the number that the next event of the batch would have had."""
    log = created(archive, shops(3))
    BatchLog(archive, log.batch, last_seq=Batch.read(archive, log.batch).last_seq).skip(1, "robots_unknown", "A.")
    log.skip(2, "robots_unknown", "B.")
    assert Batch.read(archive, log.batch).skipped.keys() == {1, 2}
