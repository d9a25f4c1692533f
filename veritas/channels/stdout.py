"""The stdout channel: events as marked lines among a process's other output."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import CONTROL_MARKER, EVENT_MARKER, MarkerParser
from veritas.channels.section import Section
from veritas.events.json import encode_json

_CHUNK = 1 << 18


class StdoutSender:
    """The child's end: writes each event as one line, in one locked write."""

    def __init__(self, stream: LineTrackingStdout | None = None) -> None:
        """Create a sender.

        Args:
            stream: The stream to write to; None for `sys.stdout` as it is whenever an event is sent.
        """
        self._stream = stream
        self._detached = False

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """Write an event; on return the pipe has it, so *wait* changes nothing."""
        self._write(b"%b%b\n" % (EVENT_MARKER, body))

    def send_control(self, **message: object) -> None:
        """Write a message of the channel itself."""
        self._write(b"%b%b\n" % (CONTROL_MARKER, encode_json(message)))

    def report_fallback(
        self, source: str, kind: str, cause: str, *, last_confirmed: int = 0, sent_again: int = 0
    ) -> None:
        """Report that the events continue over stdout.

        Args:
            source: The transport that carried them before, or should have.
            kind: The kind of the cause: see `veritas.events.fallback.FALLBACK_KINDS`.
            cause: The cause, in words.
            last_confirmed: How many events the parent has confirmed.
            sent_again: How many events that it has not confirmed follow.
        """
        self.send_control(
            fell_back={
                "from_mode": source,
                "kind": kind,
                "cause": cause,
                "last_confirmed": last_confirmed,
                "sent_again": sent_again,
            }
        )

    def close(self, emitted: int) -> None:
        """Report how many events were sent in all."""
        self.send_control(emitted=emitted)

    def detach(self) -> None:
        """Write nothing more, because the stream is another run's from now on."""
        self._detached = True

    def _write(self, line: bytes) -> None:
        if self._detached:
            return
        try:
            if self._stream is not None:
                self._stream.write_line(line)
            else:
                _write_to_stdout(line)
        except (OSError, ValueError):
            return  # the pipe has no reader; the child's watch on its parent ends the audit


def _write_to_stdout(line: bytes) -> None:
    """Write *line* to the present `sys.stdout`, which another program may have replaced by a stream of text only."""
    stream = sys.stdout
    if stream is None:
        return
    binary = getattr(stream, "buffer", None)
    if binary is None:
        stream.write(line.decode("utf-8"))
    else:
        stream.flush()
        binary.write(line)
    stream.flush()


class LineTrackingStdout(io.BufferedIOBase, BinaryIO):
    """A process's standard output that tracks whether it is at the start of a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._at_start = True

    @classmethod
    def take_over_stdout(cls) -> LineTrackingStdout:
        """Replace `sys.stdout` by a text stream over a new one, in UTF-8 on any console, and return the new one.

        A process that was started without a standard output writes to the null device.
        """
        null = Path(os.devnull)
        tracked = cls(sys.stdout.buffer if sys.stdout is not None else null.open("wb"))
        sys.stdout = io.TextIOWrapper(tracked, "utf-8", errors="backslashreplace", newline="\n", write_through=True)
        return tracked

    def write(self, data: bytes) -> int:  # type: ignore[override]  # typeshed wants every buffer
        """Write all of *data*."""
        with self._lock:
            if data:
                self._stream.write(data)
                self._at_start = bytes(data[-1:]) == b"\n"
            return len(data)

    def write_line(self, line: bytes) -> None:
        """Write *line*, which ends with a newline, at the start of a line, and flush."""
        with self._lock:
            self._stream.write(line if self._at_start else b"\n" + line)
            self._at_start = True
            self._stream.flush()

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        return self._stream.fileno()


class PipeReceiver:
    """The parent's end: a thread that reads a pipe to its end, so that the child never waits for a reader.

    With a *section*, it reads to the end of that section, and everything outside of it is left out.
    """

    def __init__(
        self,
        pipe: IO[bytes],
        parser: MarkerParser,
        buffer: ReceiveBuffer,
        *,
        section: Section | None = None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin to read.

        Args:
            pipe: The pipe.
            parser: Parses what is read.
            buffer: Takes the messages.
            section: The part of the pipe's content to read; None for all of it.
            ended: Called by the thread when it has read everything.
        """
        self._pipe = pipe
        self._parser = parser
        self._buffer = buffer
        self._section = section
        self._ended = ended
        self._has_ended = False
        self._waiting_since: float | None = None
        self._parsing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="pipe receiver", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether everything has been read."""
        return self._has_ended

    def finish(self, timeout: float) -> bool:
        """Wait until the pipe has been read to its end; return whether it was.

        A grandchild may hold the pipe open for ever. So give up after nothing was received for *timeout* seconds, and
        accept an unfinished last line. While the log or the machine is slow, the pipe has more to read.
        """
        began = time.monotonic()
        while self._thread.is_alive():
            self._thread.join(0.02)
            waiting_since = self._waiting_since
            if waiting_since is None or time.monotonic() - max(waiting_since, began) <= timeout:
                continue
            if self._is_empty():
                with self._parsing:
                    self._buffer.put(self._parser.close())
                return False
        return True

    def _run(self) -> None:
        section = self._section
        while (section is None or not section.has_ended) and (chunk := self._read()):
            with self._parsing:
                self._buffer.put(self._parser.feed(chunk if section is None else section.feed(chunk)))
        with self._parsing:
            if section is not None:
                self._buffer.put(self._parser.feed(section.close()))
            self._buffer.put(self._parser.close())
        self._has_ended = True
        self._ended()

    def _is_empty(self) -> bool:
        """Return whether there is nothing to read, not even its end; assume so where that cannot be known."""
        if os.name == "nt":
            return True
        try:
            poll = select.poll()
            poll.register(self._pipe, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return True  # closed by another thread

    def _read(self) -> bytes:
        self._waiting_since = time.monotonic()
        try:
            return os.read(self._pipe.fileno(), _CHUNK)
        except (OSError, ValueError):
            return b""  # closed by another thread, after the child's end
        finally:
            self._waiting_since = None
