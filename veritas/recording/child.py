"""The program of an audit's child process: `python -m veritas.recording.child …`, started by the audit runner.

Its standard input is a pipe that carries one line, the `ChildInput`, or to a worker one line for each audit. The pipe
ends when the parent closes it or dies, however it dies, and then the child stops.
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
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from veritas.channels.sender import Sender
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.channels.tee import TeeSender
from veritas.config import take_variable
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.core.transports import TRANSPORTS, Take, transport_of
from veritas.errors import TransportUnavailable
from veritas.recording.child_input import ChildInput
from veritas.scratch import HeldDirectory, remove_scratch

if TYPE_CHECKING:
    from veritas.core.orchestrator import VeritasOrchestrator

EXIT_COMPLETED, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130

_STOP_TIMEOUT = 8.0  # seconds in which the audit may end in an orderly way


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the audit, or as a worker the audits, that standard input describes; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m veritas.recording.child")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ipc", choices=[*TRANSPORTS, IPC_MODE_VALIDATE], help="do one audit in this mode")
    what.add_argument("--worker", action="store_true", help="do one audit after another")
    parser.add_argument("--scratch", help="a directory to remove at the end, in case the parent cannot")
    options = parser.parse_args(arguments)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the console's encoding is
    if options.scratch is not None:
        HeldDirectory.hold(options.scratch)  # as long as this process lives, whatever happens to the parent
    try:
        if options.worker:
            from veritas.recording.worker import Worker

            return asyncio.run(Worker(options.scratch).run())
        child_input = ChildInput.read(0)
        return asyncio.run(_audit(open_sender(options.ipc), child_input, options.scratch))
    except (EOFError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    finally:
        remove_scratch(options.scratch)


def open_sender(mode: str, stdout: StdoutSender | None = None, take: Take = take_variable) -> Sender:
    """Return the child's end of the transport of *mode*, or of stdout if that cannot be opened.

    Args:
        mode: The mode.
        stdout: The sender to stdout; None to take over this process's standard output.
        take: Returns, once, the value of a variable with which the parent's end says how to connect to it.
    """
    if stdout is None:
        stdout = StdoutSender(LineTrackingStdout.take_over_stdout())
    transport, tee = transport_of(mode), mode == IPC_MODE_VALIDATE
    try:
        sender = TRANSPORTS[transport].make_sender(stdout, resend=not tee, take=take)
    except TransportUnavailable as error:
        stdout.report_fallback(transport, error.kind, str(error))
        return stdout
    return TeeSender(sender, stdout) if tee else sender


async def _audit(sender: Sender, child_input: ChildInput, scratch: str | None) -> int:
    from veritas.core.orchestrator import VeritasOrchestrator  # now that the queue's key is out of the environment

    task = asyncio.ensure_future(audit(partial(VeritasOrchestrator, sender=sender), child_input))
    stop_on_signals(task.cancel)
    watch_parent(task.cancel, scratch)
    return await task


async def audit(make: Callable[..., VeritasOrchestrator], child_input: ChildInput) -> int:
    """Do an audit; return its exit status.

    Args:
        make: Makes the orchestrator from the options of the audit.
        child_input: The audit.
    """
    options = child_input.options
    orchestrator = make(
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
        obey_robots=options.obey_robots,
    )
    try:
        outcome = await orchestrator.audit(child_input.url, child_input.tier)
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    finally:
        orchestrator.close()
    return EXIT_COMPLETED if outcome["status"] == "completed" else EXIT_FAILED


def stop_on_signals(stop: Callable[[], object]) -> None:
    """Call *stop* in the running event loop when this process is interrupted or terminated."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: loop.call_soon_threadsafe(stop))


def watch_parent(
    stop: Callable[[], object], scratch: str | None, *, received: Callable[[bytes], object] = lambda data: None
) -> None:
    """Call *stop* in the running event loop when standard input ends, and end this process if it goes on after that.

    Args:
        stop: Ends the audit.
        scratch: The directory to remove if this process is ended.
        received: Called in the loop with what is read until then.
    """
    loop = asyncio.get_running_loop()

    def watch() -> None:
        with contextlib.suppress(OSError, RuntimeError):  # the loop may have ended already
            while data := os.read(0, 65_536):  # not sys.stdin: the interpreter cannot end while a thread reads it
                loop.call_soon_threadsafe(received, data)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)
        time.sleep(_STOP_TIMEOUT)
        remove_scratch(scratch)
        os._exit(EXIT_INTERRUPTED)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
