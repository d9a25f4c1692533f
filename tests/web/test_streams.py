"""A stream can be joined at any time and resumed after a number, without a gap or a double, while it is recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from store.errors import DatabaseDamaged, StoreError
from tests.cli.logs import FAILED, RUNNING, TEE, write
from tests.databases import database, sqlite
from tests.projections.recordings import Recording, requested, selected
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished
from veritas.web import message_buffer
from veritas.web.api.stream import log_changes
from veritas.web.message_buffer import Message, MessageBuffer, RunMessages
from veritas.web.site import Site
from veritas.web.streams import Streams

__all__ = ["database", "sqlite"]

URL = "ws://127.0.0.1:8000/api/audit/stream/"


def read(client: TestClient, audit: str, after: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return the messages of an audit that has ended, and the code with which the connection was closed."""
    messages = []
    with client.websocket_connect(f"{URL}{audit}?after={after}") as stream:
        while True:
            try:
                messages.append(stream.receive_json())
            except WebSocketDisconnect as closed:
                return messages, closed.code


def test_a_stream_has_every_message_once(client: TestClient, site: Site) -> None:
    """Those that the events fold to, numbered from 1, to the end of the audit; a tee's second delivery adds none."""
    messages, code = read(client, TEE)
    assert code == 1000
    assert [each["number"] for each in messages] == [*range(1, len(messages) + 1)]
    folded = [json.loads(each.text) for each in RunMessages().fold(site.archive.events(f"{TEE}.1"))]
    assert messages == folded
    kinds = {each["type"] for each in messages}
    assert kinds >= {
        "phase_start",
        "phase_complete",
        "phase_error",
        "finding",
        "screenshot",
        "stats_update",
        "audit_complete",
    }


def test_a_stream_is_resumed_after_any_number(client: TestClient) -> None:
    """What comes after it, and nothing else; nothing after the last one."""
    messages, _ = read(client, TEE)
    for after in range(0, len(messages) + 1, 5):
        assert read(client, TEE, after)[0] == messages[after:]
    assert read(client, TEE, 10_000) == ([], 1000)


def test_a_failed_audit_ends_with_its_error(client: TestClient) -> None:
    """The last message says why."""
    (*_, last), _ = read(client, FAILED)
    assert (last["type"], last["status"]) == ("audit_error", "failed")


@pytest.mark.parametrize(("name", "status"), [("vrts_none", 404), ("btch_1", 404), (f"{TEE}?after=x", 400)])
def test_a_stream_that_does_not_exist_is_refused(client: TestClient, name: str, status: int) -> None:
    """Before the WebSocket is open, with the status and the sentence of any other request."""
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(f"{URL}{name}"):
        pass
    assert refused.value.status_code == status


def live_run(run_id: str, events: int) -> Recording:
    """Return a run that has not ended, with so many events of its child."""
    run = Recording(run_id)
    run.recorder(requested(audit_id=run_id.rpartition(".")[0]))
    run.recorder(selected("stdout"))
    for seq in range(1, events + 1):
        run.child("scout", "navigating", seq=seq, source="stdout", detail=f"page {seq}")
    return run


async def numbers(pages: AsyncIterator[list[Message]], count: int) -> list[int]:
    """Return the numbers of the next messages, at least so many."""
    found: list[int] = []
    async for page in pages:
        found += [message.number for message in page]
        if len(found) >= count:
            break
    return found


@pytest.mark.timeout(60)
async def test_clients_follow_what_is_recorded(database: str) -> None:
    """One from the beginning, one that joins late, one that stops reading: each gets every message in order."""
    with Archive.open(database) as archive:
        run = live_run(f"{RUNNING}.1", 5)
        write(archive, run)
        streams = Streams(archive)
        async with aclosing(streams.messages(run.run_id)) as early, aclosing(streams.messages(run.run_id, 4)) as slow:
            assert await numbers(early, 5) == [1, 2, 3, 4, 5]
            assert await numbers(slow, 1) == [5]
            done = len(run.entries)
            for seq in range(6, 31):
                run.child("scout", "navigating", seq=seq, source="stdout")
            run.recorder(RunFinished(status="completed", effective_mode="stdout"))
            await asyncio.to_thread(append, archive, run, done)
            assert await numbers(early, 26) == [*range(6, 32)]
            async with aclosing(streams.messages(run.run_id, 10)) as late:
                assert await numbers(late, 21) == [*range(11, 32)]
            assert [page async for page in early] == []
            assert await numbers(slow, 26) == [*range(6, 32)]
        streams.close()
        await asyncio.to_thread(streams.join)


def append(archive: Archive, run: Recording, done: int) -> None:
    """Record the rest of a run, as its recorder would."""
    rest = Recording(run.run_id)
    rest.entries = run.entries
    write(archive, rest)  # what the log has already is not recorded twice


@pytest.mark.timeout(60)
async def test_a_client_behind_the_buffer_reads_the_log(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer is small, and still nothing is missing."""
    monkeypatch.setattr(message_buffer, "MOST_MESSAGES", 3)
    run_id = f"{TEE}.1"
    async with aclosing(site.streams.messages(run_id)) as pages:
        found = [message.number async for page in pages for message in page]
    assert found == [*range(1, len(found) + 1)] and len(found) > 10


@pytest.mark.timeout(60)
async def test_closing_ends_every_stream(site: Site) -> None:
    """Also one that waits for an audit that says nothing."""
    waiting = asyncio.create_task(numbers(site.streams.messages(f"{RUNNING}.1"), 1_000))
    heads = asyncio.create_task(anext(site.streams.heads()))
    assert await heads > 0
    site.streams.close()
    await waiting


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", [DatabaseDamaged("The log is damaged."), ValueError("a bug")])
async def test_the_reader_outlives_an_error(site: Site, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """It reports the error once and tries again. A log that cannot be read ends the streams, and later ones go on."""
    reported: list[BaseException] = []
    tries = iter(range(4))
    head = site.archive.log.head

    def failing_head() -> int:
        if next(tries, None) is not None:
            raise fault
        return head()

    monkeypatch.setattr(site.archive.log, "head", failing_head)
    streams = Streams(site.archive, report=reported.append)

    async def first_numbers() -> list[int]:
        return await numbers(streams.messages(f"{TEE}.1"), 1)

    if isinstance(fault, StoreError):
        for stream in (first_numbers(), anext(streams.heads())):
            with pytest.raises(StoreError, match="damaged"):
                await stream
        assert [*tries]
    assert await first_numbers()
    async with aclosing(streams.heads()) as heads:
        assert await anext(heads) == head()
    assert reported == [fault] and next(tries, None) is None
    streams.close()
    streams.join()


@pytest.mark.timeout(60)
async def test_the_last_position_is_sent_again_from_time_to_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run can be abandoned without a further event; the events end if the log cannot be read."""
    monkeypatch.setattr("veritas.web.api.stream.KEEP_ALIVE", 0.01)
    monkeypatch.setattr("veritas.web.api.stream._PERIOD", 0.0)
    async with aclosing(log_changes(site.streams)) as changes:
        head = await anext(changes)
        assert await anext(changes) == head == b"data: %d\n\n" % site.archive.log.head()
        site.streams.cut(DatabaseDamaged())
        assert [change async for change in changes if change != head] == []


def test_the_buffer_is_bounded() -> None:
    """It keeps the last messages, by number and by size, and says when it lacks one that is asked for."""
    buffer = MessageBuffer()
    buffer.extend(Message.of(number, {}) for number in range(1, 15_001))
    assert buffer.after(10) is None
    assert buffer.after(15_000) == []
    last = buffer.after(14_998)
    assert last is not None and [message.number for message in last] == [14_999, 15_000]
    buffer.extend([Message.of(15_001, {"detail": " " * 2 * message_buffer.MOST_BYTES})])
    assert buffer.after(14_999) is None
