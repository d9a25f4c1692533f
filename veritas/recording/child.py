"""The program of an audit's child process: `python -m veritas.recording.child URL …`, started by the audit runner.

Its standard input is a pipe that nobody writes to. It ends when the parent closes it or dies, however it dies, and
that is the sign to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from veritas.channels.messages import QUEUE
from veritas.channels.queue import QueueSender
from veritas.channels.sender import Sender
from veritas.channels.stdout import LineStart, StdoutSender
from veritas.channels.tee import TeeSender
from veritas.core.ipc import IPC_MODE_QUEUE, IPC_MODE_STDOUT, IPC_MODE_VALIDATE, deserialize_queue_from_env
from veritas.errors import QueueUnavailable
from veritas.events.recorder_events import NOT_GIVEN
from veritas.files import remove_directory

EXIT_COMPLETED, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130

_GRACE = 8.0  # seconds that stopping in good order may take


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit, emit, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m veritas.recording.child")
    parser.add_argument("url")
    parser.add_argument("--tier", required=True)
    parser.add_argument("--ipc", required=True, choices=[IPC_MODE_QUEUE, IPC_MODE_STDOUT, IPC_MODE_VALIDATE])
    parser.add_argument("--browser")
    parser.add_argument("--scratch", help="a directory to remove at the end, should the parent not live to do it")
    options = parser.parse_args(arguments)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the console's encoding is
    sender = open_sender(options.ipc)
    try:
        return asyncio.run(_audit(sender, options.url, options.tier, options.browser))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    finally:
        remove_directory(options.scratch)


def open_sender(mode: str) -> Sender:
    """Return the child's end of the channel that *mode* asks for; of stdout where the queue cannot be reached."""
    stdout = StdoutSender(LineStart.take_over_stdout())
    if mode == IPC_MODE_STDOUT:
        return stdout
    try:
        queue = deserialize_queue_from_env()
        if queue is None:
            raise QueueUnavailable("The child was given no queue.", kind=NOT_GIVEN)
    except QueueUnavailable as error:
        stdout.report_fallback(QUEUE, error.kind, str(error))
        return stdout
    if mode == IPC_MODE_VALIDATE:
        return TeeSender(QueueSender(queue, stdout, resend=False), stdout)
    return QueueSender(queue, stdout)


async def _audit(sender: Sender, url: str, tier: str, browser: str | None) -> int:
    from veritas.core.orchestrator import VeritasOrchestrator  # the queue's key is out of the environment by now

    orchestrator = VeritasOrchestrator(sender=sender, browser=browser)
    task = asyncio.ensure_future(orchestrator.audit(url, tier))
    _stop_on_signals_and_with_parent(task)
    try:
        outcome = await task
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    finally:
        orchestrator.close()
    return EXIT_COMPLETED if outcome["status"] == "completed" else EXIT_FAILED


def _stop_on_signals_and_with_parent(task: asyncio.Future[Any]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(task.cancel)

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: stop())

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):  # not sys.stdin: the interpreter cannot end while a thread is inside its buffer
                pass
        with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
            stop()
        time.sleep(_GRACE)
        os._exit(EXIT_INTERRUPTED)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
