"""A third transport, over a named pipe. This file and its row in the table are all that adding one takes."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.messages import ControlReceived, EventReceived, Message
from veritas.channels.stdout import StdoutSender
from veritas.core.queue_host import QueueHost
from veritas.core.transports import TRANSPORTS, Take, Transport
from veritas.errors import TransportUnavailable
from veritas.events.fallback import BROKE, NOT_CREATED, NOT_GIVEN
from veritas.events.json import decode_json, encode_json
from veritas.scratch import remove_directory

FIFO = "fifo"

_VARIABLE = "TOY_FIFO"
_EVENT, _CONTROL, _END = b"E", b"C", b"."
BREAKS_AFTER = "TOY_FIFO_BREAKS_AFTER"  # in the child's environment: how many events the pipe carries


def register() -> None:
    """Add the transport's row to the table."""
    TRANSPORTS[FIFO] = Transport(FifoSender.connect, FifoReceiver.create)


class FifoSender:
    """The child's end: it writes each event as a line; the pipe has it when the write returns."""

    def __init__(self, file: int, stdout: StdoutSender, breaks_after: int | None) -> None:
        self._file = file
        self._stdout = stdout
        self._breaks_after = breaks_after
        self._sent = 0

    @classmethod
    def connect(cls, stdout: StdoutSender, *, resend: bool, take: Take) -> Self:
        path, breaks_after = take(_VARIABLE), take(BREAKS_AFTER)
        if path is None:
            raise TransportUnavailable("The child was given no pipe.", kind=NOT_GIVEN)
        return cls(os.open(path, os.O_WRONLY), stdout, None if breaks_after is None else int(breaks_after))

    def send(self, body: bytes, *, wait: bool = False) -> None:
        if self._sent == self._breaks_after:
            self._stdout.report_fallback(FIFO, BROKE, "the pipe broke", last_confirmed=self._sent)
        if self._breaks_after is not None and self._sent >= self._breaks_after:
            self._stdout.send(body, wait=wait)
        else:
            self._write(_EVENT + body)
        self._sent += 1

    def close(self, emitted: int) -> None:
        self._write(_CONTROL + encode_json({"emitted": emitted}))

    def _write(self, line: bytes) -> None:
        with os.fdopen(self._file, "wb", closefd=False) as pipe:
            pipe.write(line + b"\n")


class FifoReceiver:
    """The parent's end: a thread that reads lines, up to one that the parent itself writes after the child's end."""

    _thread: threading.Thread

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._path = Path(directory) / "events"
        os.mkfifo(self._path)
        self._file = self._path.open(
            "r+b", buffering=0
        )  # for reading and writing, so that opening does not wait for the child

    @classmethod
    def create(cls, host: QueueHost | None) -> Self:
        directory = tempfile.mkdtemp(prefix="vrts-")
        try:
            return cls(directory)
        except OSError as error:
            remove_directory(directory)
            raise TransportUnavailable(f"The pipe cannot be created: {error}.", kind=NOT_CREATED) from error

    @property
    def environment(self) -> Mapping[str, str]:
        return {_VARIABLE: str(self._path)}

    def start(self, buffer: ReceiveBuffer) -> None:
        self._thread = threading.Thread(target=self._run, args=(buffer,), daemon=True)
        self._thread.start()

    def confirm(self, number: int) -> None:
        """Do nothing: the sender does not wait for confirmations."""

    def finish(self, timeout: float) -> bool:
        self._file.write(_END + b"\n")
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self) -> None:
        self._file.close()
        remove_directory(self._directory)

    def _run(self, buffer: ReceiveBuffer) -> None:
        with os.fdopen(os.dup(self._file.fileno()), "rb") as pipe:
            while (line := pipe.readline().rstrip(b"\n")) != _END:
                buffer.put([_message_of(line[:1], line[1:])])


def _message_of(kind: bytes, body: bytes) -> Message:
    return EventReceived(FIFO, body) if kind == _EVENT else ControlReceived(FIFO, decode_json(body), body)
