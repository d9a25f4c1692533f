"""Streams: the messages of runs, to any number of clients, each from its own place in a run and at its own pace.

One thread reads what is new in the log, for all runs that someone watches, and folds and encodes each message once,
however many clients there are. A run's last messages are in a bounded buffer. A client that is behind the buffer,
because it reads slowly, reads the run from the log again, a page at a time, until it has caught up. So no client waits
for another, and none costs more memory than a page.

Nothing is asked of the process that records, and little is taken from it: while very much is recorded, the thread reads
a part of it at a time, and rests so long that the streams take a twentieth of a processor, but at most a second. It
reads the rest when less is recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.web.message_buffer import MOST_BYTES, Message, MessageBuffer, RunMessages
from veritas.web.threads import run_in_thread

_POLL = 0.1  # seconds from one look at the log to the next, at least
_LONGEST_REST = 1.0  # seconds from one look at the log to the next, at most
_SHARE = 0.05  # of a processor
_MUCH = 100  # events that the log has grown by from one look at it to the next
_MOST_AT_ONCE = 500  # messages of a run
_LIVENESS = 2.0  # seconds from one look at the recorders' processes to the next
_PAGE = 200  # events that are read from the log at once for a client that is behind


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
        self.behind = False  # the log has further events
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
        self._cuts = 0  # how often an error ended the streams
        self._error: StoreError | None = None  # the last one
        self._archive = archive
        self._report = report
        self._runs: dict[str, _Run] = {}
        self._watchers = 0  # of the log's head
        self._head = -1  # not read yet
        self._growth = 0  # events, at the last look
        self._head_changed: Signal | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._sending = 0.0  # seconds of processor time
        self._thread: threading.Thread | None = None

    async def messages(self, run_id: str, after: int = 0) -> AsyncGenerator[list[Message], None]:
        """Yield the messages of a run after the one with a number, in lists, until the run is over.

        Args:
            run_id: An existing run.
            after: The number of the last message that the client has; 0 for none.

        Raises:
            store.errors.StoreError: The log cannot be read.
        """
        cuts = self._cuts  # before the run can be cut off
        run = self._join(run_id)
        try:
            while not self.closed:
                event = run.changed.arm()
                self._raise_if_cut(cuts)
                over = run.over
                found = run.buffer.after(after)
                if found is None:
                    async for page in self._replay(run_id, after, run):
                        after = page[-1].number
                        yield page
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
        """Yield the last position of the log, and again whenever it has grown.

        Raises:
            store.errors.StoreError: The log cannot be read.
        """
        if self._head_changed is None:
            self._head_changed = Signal(asyncio.get_running_loop())
        seen, cuts = -1, self._cuts
        with self._lock:
            self._watchers += 1
        self._start()
        try:
            while not self.closed:
                event = self._head_changed.arm()
                self._raise_if_cut(cuts)
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

    def cut(self, error: StoreError) -> None:
        """End the streams there are with an error; the next ones begin with what is in the log then."""
        with self._lock:
            self._cuts += 1
            self._error, self._head = error, -1
            runs = [*self._runs.values()]
            self._runs.clear()
        self._notify(runs)

    def count_sending(self, seconds: float) -> None:
        """Count the processor time that it took to send messages."""
        self._sending += seconds

    def close(self) -> None:
        """End all streams and the reader."""
        self.closed = True
        self._wake.set()
        self._notify([*self._runs.values()])

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
            if not run.clients and self._runs.get(run_id) is run:
                del self._runs[run_id]

    def _notify(self, runs: Iterable[_Run]) -> None:
        for run in runs:
            run.changed.notify()
        if self._head_changed is not None:
            self._head_changed.notify()

    def _raise_if_cut(self, before: int) -> None:
        """Raise the error that has ended the streams, if one has since there were so many."""
        if self._error is not None and self._cuts > before:
            raise self._error

    async def _replay(self, run_id: str, after: int, run: _Run) -> AsyncIterator[list[Message]]:
        """Yield the messages after one from the log, a page at a time, until the buffer has the next one."""
        messages = RunMessages()
        while not self.closed:
            page = [each for each in await run_in_thread(self._next_page, run_id, messages) if each.number > after]
            if page:
                yield page
                if run.buffer.after(page[-1].number) is not None:
                    return

    def _next_page(self, run_id: str, messages: RunMessages) -> list[Message]:
        return [*messages.fold(self._archive.events(run_id, after=messages.position, limit=_PAGE))]

    def _start(self) -> None:
        """Start the reader, or wake it."""
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="streams", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        """Read what is new, until the streams are closed; wait while there is no client."""
        reported, used = "", self._spent()
        while not self.closed:
            self._wake.clear()
            with self._lock:
                runs = dict(self._runs)
                idle = not runs and not self._watchers
            if idle:
                self._wake.wait()
                used = self._spent()
                continue
            try:
                self._read_new(runs)
                reported = ""
            except Exception as error:  # without its reader, every stream would wait for ever
                if isinstance(error, StoreError):
                    self.cut(error)
                if reported != (reported := repr(error)):  # and not ten times a second
                    self._report(error)
            before, used = used, self._spent()
            if self._growth > _MUCH:
                self._wake.wait(min(max(_POLL, (used - before) / _SHARE), _LONGEST_REST))
            elif not any(run.behind for run in runs.values()):
                self._wake.wait(_POLL)

    def _spent(self) -> float:
        """Return the seconds of processor time that the reader, which calls this, and the sending of messages took."""
        return time.thread_time() + self._sending

    def _read_new(self, runs: dict[str, _Run]) -> None:
        self._archive.log.require_present()
        head = self._archive.log.head()
        self._growth = head - self._head if self._head >= 0 else 0
        grown, self._head = head > self._head, head
        if grown and self._head_changed is not None:
            self._head_changed.notify()
        for run_id, run in runs.items():
            if run.over or not (grown or run.behind or not run.messages.position or self._is_due(run)):
                continue
            before = run.messages.position
            self._append_new(run_id, run)
            if self._is_due(run) and not run.behind:
                run.looked = time.monotonic()
                if not run.messages.ended and is_orphaned(self._archive, run_id):
                    ending = run.messages.abandon(time.time())
                    run.buffer.extend([] if ending is None else [ending])
            run.over = run.messages.ended
            if run.messages.position > before or run.over:
                run.changed.notify()

    def _append_new(self, run_id: str, run: _Run) -> None:
        """Append a run's next messages to its buffer, so few that clients can follow."""
        messages = size = 0
        run.behind = False
        for recorded in self._archive.events(run_id, after=run.messages.position):
            new = [*run.messages.fold((recorded,))]
            run.buffer.extend(new)
            messages += len(new)
            size += sum(len(message.frame) for message in new)
            if self.closed or messages > _MOST_AT_ONCE or size > MOST_BYTES // 2:
                run.behind = True
                return

    @staticmethod
    def _is_due(run: _Run) -> bool:
        return time.monotonic() - run.looked > _LIVENESS
