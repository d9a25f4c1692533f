"""The queue channel: events through a queue in a manager process, with stdout to fall back on.

The sender keeps every event until the parent has confirmed it, which is when it is committed to the log. If the queue
breaks or stalls, the sender reports that on stdout and continues there, from the first event that was not confirmed.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Mapping

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.messages import QUEUE, ChannelBroke
from veritas.channels.queue_client import BATCH_BYTES, BATCH_ITEMS, QueueProxy, first_batch
from veritas.channels.queue_codec import CONTROL, EVENT
from veritas.channels.queue_connection import MAX_ITEM_BYTES
from veritas.channels.queue_messages import message_of
from veritas.channels.stdout import StdoutSender
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, queue_patience
from veritas.events.fallback import BROKE, STALLED
from veritas.events.json import encode_json

# The sender's window holds a burst of small events, or four screenshots of 5 MB.
WINDOW_ITEMS = 10000
WINDOW_BYTES = 32 * 1024 * 1024
STALL = 40.0  # seconds without an item accepted or confirmed, in addition to those that the parent waits for its log

_CONFIRM_POLL = 0.05  # seconds that a new event may wait for a call that awaits confirmations
_PUT_POLL = 1.0  # seconds that a put waits in the manager for room; without an answer after that, it hangs
_FINISH_POLL = 0.02
_HANG = 10.0  # seconds without an answer after which a manager is taken to hang, however busy the machine is

_LOST = "whatever it still held is not recorded"

_END = CONTROL + b"end"  # put by the parent itself, after everything else


class QueueSender:
    """The child's end: a bounded window of unconfirmed events, which a thread ships in the batches that accumulate.

    If the queue breaks and *resend* is true, the unconfirmed events and all later ones are sent over stdout. Without
    *resend* (in a tee, where stdout carries all events anyway) they are discarded.
    """

    def __init__(
        self, queue: QueueProxy, stdout: StdoutSender, *, resend: bool = True, stall: float | None = None
    ) -> None:
        self._queue = queue
        self._stdout = stdout
        self._resend = resend
        self._stall = STALL + queue_patience() if stall is None else stall
        self._pending: deque[bytes] = deque()  # packed, not shipped yet
        self._shipped: deque[bytes] = deque()  # in the queue, not confirmed yet
        self._window_bytes = 0  # of both
        self._last_number = 0  # the queue's number of the last one shipped
        self._sent = 0  # how many were ever added to the window
        self._confirmed = 0  # how many of those were confirmed, and removed from it
        self._waiting = 0  # how many threads wait for a confirmation or for room
        self._idle = False  # whether the shipping thread waits for something to do
        self._broken = False
        self._closed = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._thread = threading.Thread(target=self._run, name="queue sender", daemon=True)
        self._thread.start()
        atexit.register(self._flush)

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """See `Sender.send`."""
        with self._lock:
            if not self._broken and len(body) < MAX_ITEM_BYTES:
                self._enqueue(EVENT + body, wait)
            elif self._resend:  # in place of the queue, which does not carry a longer one
                self._stdout.send(body)

    def close(self, emitted: int) -> None:
        """See `Sender.close`."""
        with self._lock:
            if not self._broken:
                self._enqueue(CONTROL + encode_json({"emitted": emitted}), wait=True)
            if self._broken and self._resend:
                self._stdout.close(emitted)
            self._closed = True
            self._changed.notify_all()
        atexit.unregister(self._flush)
        self._thread.join(STALL)

    def _flush(self) -> None:
        """Wait until everything is confirmed; called when the interpreter ends and the sender was not closed."""
        with self._lock:
            while (self._pending or self._shipped) and not self._broken:
                self._wait()

    def _enqueue(self, packed: bytes, wait: bool) -> None:
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
            last = self._sent
            while self._confirmed < last and not self._broken:
                self._wait()

    def _wait(self) -> None:
        self._waiting += 1
        self._changed.notify_all()
        self._changed.wait()
        self._waiting -= 1

    def _is_full(self, size: int) -> bool:
        unconfirmed = self._sent - self._confirmed
        return bool(unconfirmed) and (unconfirmed >= WINDOW_ITEMS or self._window_bytes + size > WINDOW_BYTES)

    def _run(self) -> None:
        """Ship events and receive confirmations until the queue breaks or stalls, or the sender is closed."""
        try:
            kind, cause = STALLED, self._ship()
            if not cause:
                return
        except TimeoutError as error:
            kind, cause = STALLED, f"the queue stalled: {error}"
        except Exception as error:  # a manager raises whatever its server raised
            kind, cause = BROKE, f"the queue broke: {error!r}"
        self._break(kind, cause)

    def _ship(self) -> str:
        """Ship until the queue stalls; return how that was noticed, or "" if the sender was closed."""
        moved = time.monotonic()
        while time.monotonic() - moved <= self._stall:
            with self._lock:
                while not self._has_work():
                    if self._closed:
                        return ""
                    self._idle = True
                    self._changed.wait()
                    self._idle = False
                    moved = time.monotonic()
                batch = first_batch(self._pending)
            if batch:
                accepted, self._last_number, confirmed = self._queue.put_packed(batch, min(self._stall, _PUT_POLL))
            else:
                accepted, confirmed = 0, self._queue.await_confirmed(self._last_number, _CONFIRM_POLL)
            if self._trim(accepted, confirmed):
                moved = time.monotonic()
        return f"the queue took and confirmed nothing for {self._stall:g} s"

    def _has_work(self) -> bool:
        """Return whether there is an event to ship, or a thread waits for the confirmation of one that was shipped."""
        return bool(self._pending or (self._waiting and self._shipped))

    def _trim(self, accepted: int, confirmed: int) -> bool:
        """Move what was shipped, remove what is confirmed; return whether there was anything of either."""
        with self._lock:
            for _ in range(accepted):
                self._shipped.append(self._pending.popleft())
            # If other processes put items as well, ours may count as confirmed too late, but never too early.
            unconfirmed = max(0, self._last_number - confirmed)
            done = max(0, len(self._shipped) - unconfirmed)
            for _ in range(done):
                self._window_bytes -= len(self._shipped.popleft())
            self._confirmed += done
            if done:
                self._changed.notify_all()
            return bool(accepted or done)

    def _break(self, kind: str, cause: str) -> None:
        """Change to stdout, beginning with the events that were not confirmed."""
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
    """The parent's end: a thread that takes what has arrived. It never cancels a call that waits for items."""

    _thread: threading.Thread
    _buffer: ReceiveBuffer

    def __init__(self, queue: QueueProxy) -> None:
        """Receive from *queue*, and close it at the end."""
        self._queue = queue
        self._waiting_since: float | None = None
        self._to_confirm = 0
        self._ending = False
        self._changed = threading.Condition()

    @property
    def environment(self) -> Mapping[str, str]:
        """See `Receiver`."""
        return {QUEUE_ADDRESS: self._queue.address, QUEUE_KEY: self._queue.key.hex()}

    def start(self, buffer: ReceiveBuffer) -> None:
        """See `Receiver.start`."""
        self._buffer = buffer
        self._thread = threading.Thread(target=self._run, args=(buffer,), name="queue receiver", daemon=True)
        self._thread.start()
        threading.Thread(target=self._send_confirmations, name="queue confirmer", daemon=True).start()

    def confirm(self, number: int) -> None:
        """See `Receiver.confirm`; another thread sends it, so that a queue that hangs does not delay the caller."""
        with self._changed:
            self._to_confirm = number
            self._changed.notify()

    def finish(self, timeout: float) -> bool:
        """See `Receiver.finish`.

        The next items may take longer than *timeout* on a busy machine. So give up only if the manager hangs as well.
        """
        with self._changed:
            self._ending = True
            self._changed.notify()
        since = time.monotonic()
        while self._thread.is_alive():
            self._thread.join(_FINISH_POLL)
            waiting_since = self._waiting_since
            if waiting_since is None or time.monotonic() - max(waiting_since, since) <= timeout:
                continue
            if not self._is_served():
                self._buffer.put([ChannelBroke(QUEUE, f"the queue's manager did not answer for {_HANG:g} s; {_LOST}")])
                return False
            since = time.monotonic()
        return True

    def close(self) -> None:
        """End the manager process."""
        self._queue.close()

    def _is_served(self) -> bool:
        """Return whether the manager answers, or the receiving thread has ended."""
        deadline = time.monotonic() + _HANG
        while self._thread.is_alive():
            if self._queue.is_served():
                return True
            if time.monotonic() > deadline:
                return False
            self._thread.join(_FINISH_POLL)
        return True

    def _run(self, buffer: ReceiveBuffer) -> None:
        ended = False
        while not ended:
            self._waiting_since = time.monotonic()
            try:
                last, packed = self._queue.get_packed(BATCH_ITEMS, BATCH_BYTES)
            except Exception as error:  # a manager raises whatever its server raised
                self._waiting_since = None
                self._queue.close()  # so that the child notices at once, and sends the unconfirmed events again
                buffer.put([ChannelBroke(QUEUE, f"the queue broke: {error!r}; {_LOST}")])
                return
            self._waiting_since = None
            ended = _END in packed
            first = last - len(packed) + 1
            messages = [message_of(item, number) for number, item in enumerate(packed, first) if item != _END]
            del packed  # an item may be large, and its message has a copy
            buffer.put(messages)
            del messages

    def _send_confirmations(self) -> None:
        """Confirm to the queue what is in the log, and at the end put the item that ends the receiving thread."""
        confirmed = 0
        while True:
            with self._changed:
                while self._to_confirm == confirmed and not self._ending:
                    self._changed.wait()
                number, ending = self._to_confirm, self._ending
            try:
                if number != confirmed:
                    self._queue.confirm(number)
                    confirmed = number
                if ending and self._queue.put_packed([_END], _CONFIRM_POLL)[0]:
                    return
            except Exception:  # a manager raises whatever its server raised
                # A slow manager may answer later, and doing either twice does no harm. If it has ended, so does the
                # receiving thread, which reports that.
                self._thread.join(_CONFIRM_POLL)
                if not self._thread.is_alive():
                    return
