"""Streams: the messages of runs, to any number of clients, each from its own place in a run and at its own pace.

One thread reads what is new in the log, for all runs that someone watches, and folds it to messages once, however many
clients there are. A run's last messages are in a bounded buffer. A client that is behind the buffer, because it joined
late or reads slowly, reads the run from the log again, a page at a time, until it has caught up. So no client waits for
another, and none costs more memory than a page. Nothing is asked of the process that records.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from itertools import islice

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.web.message_buffer import Message, MessageBuffer, RunMessages
from veritas.web.threads import run_in_thread

_POLL = 0.1  # seconds
_LIVENESS = 5.0  # seconds from one look at the recorders' processes to the next
_PAGE = 200  # messages that are read from the log at once for a client that is behind


class Signal:
    """Wakes every waiting task of the event loop; any thread may call `notify`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()

    def arm(self) -> asyncio.Event:
        """Return an event that the next notification sets; take it before looking at what may change."""
        return self._event

    def notify(self) -> None:
        """Wake all tasks that wait."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it every task
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._event.set()
        self._event = asyncio.Event()


class _Run:
    """A run that some clients watch."""

    def __init__(self, signal: Signal) -> None:
        self.clients = 0
        self.messages = RunMessages()
        self.buffer = MessageBuffer()
        self.changed = signal
        self.over = False  # the message of its end is in the buffer
        self.looked = 0.0


class Streams:
    """The streams of one log. Its methods are called in one event loop.

    Attributes:
        closed: Whether the streams were closed.
    """

    def __init__(self, archive: Archive, *, report: Callable[[BaseException], object] = lambda error: None) -> None:
        """Follow *archive* as long as someone watches.

        Args:
            archive: The log.
            report: Called with an error of the reader, once until it passes or another follows; the reader tries again.
        """
        self.closed = False
        self._archive = archive
        self._report = report
        self._runs: dict[str, _Run] = {}
        self._watchers = 0  # of the log's head
        self._head = -1  # not read yet
        self._head_changed: Signal | None = None
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    async def messages(self, run_id: str, after: int = 0) -> AsyncGenerator[list[Message], None]:
        """Yield the messages of a run after the one with a number, in lists, until the run is over.

        Args:
            run_id: An existing run.
            after: The number of the last message that the client has; 0 for none.

        Raises:
            store.errors.StoreError: The log cannot be read.
        """
        run = self._join(run_id)
        try:
            while not self.closed:
                event = run.changed.arm()
                over = run.over
                found = run.buffer.after(after) if run.messages.position else None
                if found is None:
                    async for page in self._replay(run_id, after, run):
                        after = page[-1].number
                        yield page
                    if not run.messages.position:  # the reader has not read the run yet
                        await event.wait()
                elif found:
                    after = found[-1].number
                    yield found
                elif over:
                    return
                else:
                    await event.wait()
        finally:
            self._leave(run_id, run)

    async def heads(self) -> AsyncGenerator[int, None]:
        """Yield the last position of the log, and again whenever it has grown."""
        if self._head_changed is None:
            self._head_changed = Signal(asyncio.get_running_loop())
        seen = -1
        with self._lock:
            self._watchers += 1
        self._start()
        try:
            while not self.closed:
                event = self._head_changed.arm()
                if self._head > seen:
                    seen = self._head
                    yield seen
                else:
                    await event.wait()
        finally:
            with self._lock:
                self._watchers -= 1

    def has_room(self, most: int) -> bool:
        """Return whether there are fewer streams than a number."""
        with self._lock:
            return self._watchers + sum(run.clients for run in self._runs.values()) < most

    def close(self) -> None:
        """End all streams and the reader."""
        self.closed = True
        self._wanted.set()
        for run in [*self._runs.values()]:
            run.changed.notify()
        if self._head_changed is not None:
            self._head_changed.notify()

    def join(self) -> None:
        """Wait until the reader has ended, so that the log can be closed."""
        if self._thread is not None:
            self._thread.join()

    def _join(self, run_id: str) -> _Run:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None:
                run = self._runs[run_id] = _Run(Signal(asyncio.get_running_loop()))
            run.clients += 1
        self._start()
        return run

    def _leave(self, run_id: str, run: _Run) -> None:
        with self._lock:
            run.clients -= 1
            if not run.clients:
                del self._runs[run_id]

    async def _replay(self, run_id: str, after: int, run: _Run) -> AsyncIterator[list[Message]]:
        """Yield the messages after one from the log, a page at a time, until the buffer has the next one."""
        messages = RunMessages()
        unseen = (each for each in messages.fold(self._archive.events(run_id)) if each.number > after)
        while not self.closed:
            page = await run_in_thread(_take, unseen)
            if not page:
                return
            yield page
            if run.messages.position and run.buffer.after(page[-1].number) is not None:
                return

    def _start(self) -> None:
        """Start the reader, or wake it."""
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="streams", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        """Read what is new, until the streams are closed; wait while there is no client."""
        reported = ""
        while not self.closed:
            with self._lock:
                runs = dict(self._runs)
                if not runs and not self._watchers:
                    self._wanted.clear()
            if not self._wanted.is_set():
                self._wanted.wait()
                continue
            try:
                self._read_new(runs)
                reported = ""
            except Exception as error:  # without its reader, every stream would wait for ever
                if reported != (reported := repr(error)):  # and not ten times a second
                    self._report(error)
            time.sleep(_POLL)

    def _read_new(self, runs: dict[str, _Run]) -> None:
        head = self._archive.log.head()
        grown, self._head = head > self._head, head
        if grown and self._head_changed is not None:
            self._head_changed.notify()
        for run_id, run in runs.items():
            if run.over or (not grown and run.messages.position and not self._is_due(run)):
                continue
            before = run.messages.position
            for recorded in self._archive.events(run_id, after=before):
                run.buffer.extend(run.messages.fold((recorded,)))
                if self.closed:
                    return
            if self._is_due(run):
                run.looked = time.monotonic()
                if not run.messages.ended and is_orphaned(self._archive, run_id):
                    ending = run.messages.abandon(time.time())
                    run.buffer.extend([] if ending is None else [ending])
            run.over = run.messages.ended
            if run.messages.position > before or run.over:
                run.changed.notify()

    @staticmethod
    def _is_due(run: _Run) -> bool:
        return time.monotonic() - run.looked > _LIVENESS


def _take(messages: Iterator[Message]) -> list[Message]:
    return list(islice(messages, _PAGE))
