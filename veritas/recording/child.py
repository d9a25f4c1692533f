"""The program of an audit's child process: `python -m veritas.recording.child …`, started by the audit runner.

Its standard input is a pipe that carries one line, the `ChildInput`. The pipe ends when the parent closes it or dies,
however it dies, and then the child stops.
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

from veritas.channels.sender import Sender
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.channels.tee import TeeSender
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.core.transports import TRANSPORTS, transport_of
from veritas.errors import TransportUnavailable
from veritas.recording.child_input import ChildInput
from veritas.scratch import HeldDirectory, remove_scratch

EXIT_COMPLETED, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130

_STOP_TIMEOUT = 8.0  # seconds in which the audit may end in an orderly way


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the audit that standard input describes; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m veritas.recording.child")
    parser.add_argument("--ipc", required=True, choices=[*TRANSPORTS, IPC_MODE_VALIDATE])
    parser.add_argument("--scratch", help="a directory to remove at the end, in case the parent cannot")
    options = parser.parse_args(arguments)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the console's encoding is
    if options.scratch is not None:
        HeldDirectory.hold(options.scratch)  # as long as this process lives, whatever happens to the parent
    try:
        child_input = ChildInput.read(0)
        return asyncio.run(_audit(open_sender(options.ipc), child_input, options.scratch))
    except (EOFError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    finally:
        remove_scratch(options.scratch)


def open_sender(mode: str) -> Sender:
    """Return the child's end of the transport of *mode*, or of stdout if that cannot be opened."""
    stdout = StdoutSender(LineTrackingStdout.take_over_stdout())
    transport, tee = transport_of(mode), mode == IPC_MODE_VALIDATE
    try:
        sender = TRANSPORTS[transport].make_sender(stdout, resend=not tee)
    except TransportUnavailable as error:
        stdout.report_fallback(transport, error.kind, str(error))
        return stdout
    return TeeSender(sender, stdout) if tee else sender


async def _audit(sender: Sender, child_input: ChildInput, scratch: str | None) -> int:
    from veritas.core.orchestrator import VeritasOrchestrator  # now that the queue's key is out of the environment

    options = child_input.options
    orchestrator = VeritasOrchestrator(
        sender=sender,
        browser=options.browser,
        network=child_input.network,
        policy=options.policy,
        timeout=options.timeout,
        visit_timeout=options.visit_timeout,
        visitor=options.visitor,
        login=options.login,
        known_secrets=child_input.secrets(),
        limits=options.limits,
        screenshots=options.screenshots,
    )
    task = asyncio.ensure_future(orchestrator.audit(child_input.url, child_input.tier))
    _stop_on_signals_and_with_parent(task, scratch)
    try:
        outcome = await task
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    finally:
        orchestrator.close()
    return EXIT_COMPLETED if outcome["status"] == "completed" else EXIT_FAILED


def _stop_on_signals_and_with_parent(task: asyncio.Future[Any], scratch: str | None) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(task.cancel)

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: stop())

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):  # not sys.stdin: the interpreter cannot end while a thread reads its buffer
                pass
        with contextlib.suppress(RuntimeError):  # the loop may have ended already
            stop()
        time.sleep(_STOP_TIMEOUT)
        remove_scratch(scratch)
        os._exit(EXIT_INTERRUPTED)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
