"""The queue channel: events through a queue in a manager process, with stdout to fall back on.

The sender keeps every event until the parent has confirmed it, which is when it is committed to the log. When the
queue breaks or stalls, the sender says so on stdout and goes on there, from the first event that was not confirmed.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import threading
import time
from collections import deque
from collections.abc import Mapping
from itertools import islice

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.messages import QUEUE, ChannelBroke, ControlReceived, EventReceived, Message, Rejected
from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_codec import CONTROL, EVENT, unpack
from veritas.channels.stdout import StdoutSender
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY
from veritas.errors import UndecodableEvent
from veritas.events.json import decode_json, encode_json
from veritas.events.recorder_events import BROKE, STALLED

# What the sender holds at most: a burst of small events, and four screenshots of 5 MB.
WINDOW_ITEMS = 10000
WINDOW_BYTES = 32 * 1024 * 1024
STALL = 40.0  # seconds in which the other side neither takes nor confirms anything; it waits up to 30 for a locked log

_BATCH = 1000  # of 300 bytes; 2000 at once got a fifth fewer events across a second (nine bursts each, two cores)
_BATCH_BYTES = 4 * 1024 * 1024
_CONFIRM_POLL = 0.05  # how long news of a confirmation may keep a new event waiting, in seconds
_PUT_POLL = 1.0  # how long a put may wait in the manager for room, so that one that hangs is told from one that is full


class QueueSender:
    """The child's end: a bounded window of unconfirmed events, shipped by a thread in whatever batches they come.

    With *resend*, what is unconfirmed when the queue breaks goes out over stdout, and so does all that follows;
    without it (a tee, where stdout has them anyway) it is let go.
    """

    def __init__(self, queue: QueueProxy, stdout: StdoutSender, *, resend: bool = True, stall: float = STALL) -> None:
        self._queue = queue
        self._stdout = stdout
        self._resend = resend
        self._stall = stall
        self._pending: deque[bytes] = deque()  # packed, and still to be shipped
        self._shipped: deque[bytes] = deque()  # in the queue, and not confirmed
        self._window_bytes = 0  # of both
        self._last_number = 0  # the queue's number of the last one shipped
        self._sent = 0  # how many were ever taken into the window
        self._confirmed = 0  # how many of those left it confirmed
        self._waiting = 0  # how many threads wait for a confirmation
        self._idle = False  # whether the shipping thread waits for something to do
        self._broken = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        threading.Thread(target=self._run, name="queue sender", daemon=True).start()
        atexit.register(self._flush)

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """See `Sender.send`."""
        with self._lock:
            if not self._broken:
                self._take_in(EVENT + body, wait)
            elif self._resend:
                self._stdout.send(body)

    def close(self, emitted: int) -> None:
        """See `Sender.close`."""
        with self._lock:
            if not self._broken:
                self._take_in(CONTROL + encode_json({"emitted": emitted}), wait=True)
            if self._broken and self._resend:
                self._stdout.close(emitted)
        atexit.unregister(self._flush)

    def _flush(self) -> None:
        """Wait until nothing is pending: the interpreter ends, and nobody has closed the sender."""
        with self._lock:
            while (self._pending or self._shipped) and not self._broken:
                self._wait()

    def _take_in(self, packed: bytes, wait: bool) -> None:
        while self._is_full(len(packed)) and not self._broken:
            self._wait()
        if self._broken:
            if self._resend and packed.startswith(EVENT):
                self._stdout.send(packed[1:])
            return
        self._pending.append(packed)
        self._window_bytes += len(packed)
        self._sent += 1
        if self._idle:
            self._changed.notify_all()
        if wait:
            mine = self._sent
            while self._confirmed < mine and not self._broken:
                self._wait()

    def _wait(self) -> None:
        self._waiting += 1
        self._changed.notify_all()
        self._changed.wait()
        self._waiting -= 1

    def _is_full(self, size: int) -> bool:
        held = self._sent - self._confirmed
        return bool(held) and (held >= WINDOW_ITEMS or self._window_bytes + size > WINDOW_BYTES)

    def _run(self) -> None:
        """Ship and learn of confirmations until the queue breaks."""
        try:
            kind, cause = STALLED, self._ship()
        except Exception as error:  # a manager's failures come as whatever its server raised
            kind, cause = BROKE, f"the queue broke: {error!r}"
        self._break(kind, cause)

    def _ship(self) -> str:
        """Ship until the queue stalls, and return how that showed."""
        moved = time.monotonic()
        while time.monotonic() - moved <= self._stall:
            with self._lock:
                while not self._has_work():
                    self._idle = True
                    self._changed.wait()
                    self._idle = False
                    moved = time.monotonic()
                batch = self._next_batch()
            if batch:
                accepted, self._last_number, confirmed = self._queue.put_packed(batch, min(self._stall, _PUT_POLL))
            else:
                accepted, confirmed = 0, self._queue.await_confirmed(self._last_number, _CONFIRM_POLL)
            if self._trim(accepted, confirmed):
                moved = time.monotonic()
        return f"the queue took and confirmed nothing for {self._stall:g} s"

    def _has_work(self) -> bool:
        """Whether there is something to ship, or somebody waits for a confirmation of what was."""
        return bool(self._pending or (self._waiting and self._shipped))

    def _next_batch(self) -> list[bytes]:
        batch: list[bytes] = []
        size = 0
        for packed in islice(self._pending, _BATCH):
            size += len(packed)
            if batch and size > _BATCH_BYTES:
                break
            batch.append(packed)
        return batch

    def _trim(self, accepted: int, confirmed: int) -> bool:
        """Note what was shipped, let go of what is confirmed; return whether anything moved."""
        with self._lock:
            for _ in range(accepted):
                self._shipped.append(self._pending.popleft())
            # Where others put as well, their items count as ours until all is confirmed: late, but never too early.
            unconfirmed = max(0, self._last_number - confirmed)
            gone = max(0, len(self._shipped) - unconfirmed)
            for _ in range(gone):
                self._window_bytes -= len(self._shipped.popleft())
            self._confirmed += gone
            if gone:
                self._changed.notify_all()
            return bool(accepted or gone)

    def _break(self, kind: str, cause: str) -> None:
        """Go over to stdout, beginning with what was not confirmed."""
        with self._lock:
            self._broken = True
            window = (*self._shipped, *self._pending)
            again = [packed[1:] for packed in window if packed.startswith(EVENT)] if self._resend else []
            self._stdout.report_fallback(QUEUE, kind, cause, last_confirmed=self._confirmed, sent_again=len(again))
            for body in again:
                self._stdout.send(body)
            self._shipped.clear()
            self._pending.clear()
            self._changed.notify_all()


class QueueReceiver:
    """The parent's end: a thread that takes whatever has come. A `get` under way is never cancelled."""

    _thread: threading.Thread

    def __init__(self, queue: QueueProxy) -> None:
        """Make the end of *queue*, which it closes."""
        self._queue = queue
        self._waiting_since: float | None = None
        self._to_confirm = 0
        self._ending = False
        self._news = threading.Condition()

    @property
    def environment(self) -> Mapping[str, str]:
        """See `Receiver`."""
        return {QUEUE_ADDRESS: self._queue.address, QUEUE_KEY: self._queue.key.hex()}

    def start(self, buffer: ReceiveBuffer) -> None:
        """See `Receiver.start`."""
        self._thread = threading.Thread(target=self._run, args=(buffer,), name="queue receiver", daemon=True)
        self._thread.start()
        threading.Thread(target=self._tell, name="queue confirmer", daemon=True).start()

    def confirm(self, number: int) -> None:
        """See `Receiver.confirm`; another thread does it, so that a queue that hangs delays nothing here."""
        with self._news:
            self._to_confirm = number
            self._news.notify()

    def finish(self, timeout: float) -> bool:
        """See `Receiver.finish`. While the log is slow there is always more to come."""
        with self._news:
            self._ending = True
            self._news.notify()
        while self._thread.is_alive():
            self._thread.join(0.02)
            waiting_since = self._waiting_since
            if waiting_since is not None and time.monotonic() - waiting_since > timeout:
                return False
        return True

    def close(self) -> None:
        """End the manager process."""
        self._queue.close()

    def _run(self, buffer: ReceiveBuffer) -> None:
        ended = False
        while not ended:
            self._waiting_since = time.monotonic()
            try:
                last, packed = self._queue.get_packed(_BATCH, _BATCH_BYTES)
            except Exception as error:  # a manager's failures come as whatever its server raised
                self._waiting_since = None
                self._queue.close()  # so that the child notices it at once, and sends again what was on its way
                buffer.put([ChannelBroke(QUEUE, f"the queue broke: {error!r}")])
                return
            self._waiting_since = None
            ended = _END in packed
            first = last - len(packed) + 1
            buffer.put([_received(item, number) for number, item in enumerate(packed, first) if item != _END])

    def _tell(self) -> None:
        """Tell the queue what is in the log, and at last that nothing more is to be taken."""
        confirmed = 0
        with contextlib.suppress(Exception):  # the receiving thread meets the same broken queue, and reports it
            while True:
                with self._news:
                    while self._to_confirm == confirmed and not self._ending:
                        self._news.wait()
                    number, ending = self._to_confirm, self._ending
                if number != confirmed:
                    self._queue.confirm(number)
                    confirmed = number
                if ending and self._queue.put_packed([_END], _CONFIRM_POLL)[0]:
                    return


_END = CONTROL + b"end"  # put by the parent itself behind everything else


def _received(packed: bytes, number: int) -> Message:
    kind, body = packed[:1], packed[1:]
    if kind == EVENT:
        return EventReceived(QUEUE, body, number)
    if kind == CONTROL:
        try:
            return ControlReceived(QUEUE, decode_json(body), body, number)
        except UndecodableEvent:
            return _rejected(body, "it is no message of the channel", number)
    try:
        value = unpack(packed)
    except Exception as error:  # bytes of a stranger's making raise anything
        return _rejected(body, f"it cannot be unpacked: {error!r}", number)
    if isinstance(value, dict):  # a program that puts plain dicts means events
        return EventReceived(QUEUE, encode_json(value), number)
    return _rejected(body, f"it is of type {type(value).__name__}, no event", number)


def _rejected(body: bytes, reason: str, number: int) -> Rejected:
    return Rejected(QUEUE, reason, body, len(body), hashlib.sha256(body).hexdigest(), None, number)
