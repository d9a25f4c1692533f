"""The MessageSender: it reads a run's events from the log as they are committed, and sends their client messages."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.errors import RunSpooled
from veritas.events.recorded import RecordedEvent
from veritas.projections.client_messages import ClientMessages
from veritas.recording.log_retry import LogRetry

_PAGE, _PAGE_BYTES = 500, 1_000_000  # events that are read from the log at once; the last may pass the bytes
_READ_TIMEOUT = 10.0  # seconds for which reading is tried again once the run has ended

Send = Callable[[dict[str, Any]], Awaitable[None] | None]


class MessageSender:
    """Sends the messages of one run."""

    def __init__(self, archive: Archive, run_id: str, send: Send) -> None:
        self._archive = archive
        self._run_id = run_id
        self._send = send
        self._messages = ClientMessages()
        self._position = 0  # of the last event whose messages were sent

    async def run(self, committed: asyncio.Event, recording: asyncio.Task[Any]) -> None:
        """Send messages until *recording* has ended; *committed* is set after each commit, and at the end."""
        while True:
            ended = recording.done()
            committed.clear()
            if ended and isinstance(recording.exception(), RunSpooled):
                return  # the log is not available
            while await self._send_page(ended=ended):
                pass
            if ended:
                return
            await committed.wait()

    async def _send_page(self, *, ended: bool) -> bool:
        """Send the messages of the next events; return whether there were any."""
        events = await asyncio.to_thread(self._next_events, ended=ended)
        for recorded in events:
            self._position = recorded.position
            for message in self._messages.fold(recorded):
                result = self._send(message)
                if inspect.isawaitable(result):
                    await result
        return bool(events)

    def _next_events(self, *, ended: bool) -> list[RecordedEvent]:
        """Return the next events in the log; while it is not available, none until the run has ended."""
        try:
            return LogRetry(_READ_TIMEOUT if ended else 0, report=lambda sentence: None).call(self._read_page)
        except StoreError as error:
            if ended or not error.is_temporary:
                raise
            return []

    def _read_page(self) -> list[RecordedEvent]:
        page: list[RecordedEvent] = []
        size = 0
        for recorded in islice(self._archive.events(self._run_id, after=self._position), _PAGE):
            page.append(recorded)
            size += len(recorded.body or b"")
            if size >= _PAGE_BYTES:
                break
        return page
