"""The `queue` format puts a run's events into the queue that the environment names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.logs import write
from tests.projections.recordings import RUN, whole_run
from tests.replay.formats.writing import written
from veritas.archive.archive import Archive
from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_codec import EVENT
from veritas.core.ipc import create_queue, serialize_queue
from veritas.errors import QueueUnavailable, UsageError
from veritas.events.recorded import TimedEvent
from veritas.replay.formats import Context
from veritas.replay.formats.queue import put_into_queue
from veritas.replay.timeline import timeline


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as opened:
        write(opened, whole_run("queue", "stdout"))
        yield opened


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueProxy]:
    created = create_queue()
    address, key = serialize_queue(created)
    monkeypatch.setenv("AUDIT_QUEUE_ADDRESS", address)
    monkeypatch.setenv("AUDIT_QUEUE_KEY", key)
    yield created
    created.close()


def test_each_event_is_put_into_the_queue_once_with_its_bytes(archive: Archive, queue: QueueProxy) -> None:
    assert written("queue", archive.events(RUN), archive=archive) == b""
    _, packed = queue.get_packed(1000, 1 << 30)
    sent = [what for source, what, _ in whole_run("queue").entries if source == "queue"]
    assert packed == [EVENT + body for body in sent if isinstance(body, bytes)]


def test_an_event_is_in_the_queue_before_the_next_one_is_read(archive: Archive, queue: QueueProxy) -> None:
    """So a replay keeps the recorded pace."""
    waiting = []

    def watched() -> Iterator[TimedEvent]:
        for offset, recorded in timeline(archive.events(RUN)):
            waiting.append(queue.qsize())
            yield offset, recorded

    list(put_into_queue(watched(), Context(archive.wire, pytest.fail)))
    assert waiting == [0, 0, 0, *range(16)]


def test_a_reader_gets_the_events_unchanged(archive: Archive, queue: QueueProxy) -> None:
    written("queue", archive.events(RUN), archive=archive)
    taken = queue.get_many()
    assert [event.seq for event in taken] == [*range(1, 16)]
    assert taken[3].data == b"PNG"


def test_without_a_queue_the_error_names_the_variables(archive: Archive) -> None:
    with pytest.raises(UsageError, match="AUDIT_QUEUE_ADDRESS and AUDIT_QUEUE_KEY are not set"):
        written("queue", archive.events(RUN), archive=archive)


def test_a_queue_that_breaks_ends_the_replay(archive: Archive, queue: QueueProxy) -> None:
    def broken() -> Iterator[TimedEvent]:
        for number, timed_event in enumerate(timeline(archive.events(RUN))):
            if number == 6:
                queue.close()
            yield timed_event

    with pytest.raises(QueueUnavailable, match="The event queue broke"):
        list(put_into_queue(broken(), Context(archive.wire, pytest.fail)))
