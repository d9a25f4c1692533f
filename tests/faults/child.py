"""The audit's own child program, with phases that only emit a burst of events and inject a fault into it.

`python -m tests.faults.child FAULT JOURNAL MANAGER -- ARGUMENTS OF THE CHILD`; everything except the phases and the
browser is the same as in an audit.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec

from tests.faults.fault import Fault, Journal
from veritas.channels.sender import Sender
from veritas.events.progress import decode_event
from veritas.recording import child

PHASES = ("scout", "security", "vision", "graph", "judge")


class JournaledSender:
    """A sender that journals the events sent and the events confirmed."""

    def __init__(self, sender: Sender, journal: Journal) -> None:
        self._sender = sender
        self._journal = journal

    def send(self, body: bytes, *, wait: bool = False) -> None:
        self._sender.send(body, wait=wait)
        seq = decode_event(body).seq
        self._journal.note("sent", seq)
        if wait:
            self._journal.note("confirmed", seq)

    def close(self, emitted: int) -> None:
        self._sender.close(emitted)
        self._journal.note("closed", emitted)


class Emitted(msgspec.Struct):
    """A phase's summary; that of the scout has what the orchestrator reads of one.

    Attributes:
        emitted: How many events the phase emitted.
    """

    emitted: int
    url: str = "http://a.test/"
    status: int = 200
    pages: tuple[()] = ()


def main(fault: Fault, journal: Journal, manager: int, arguments: list[str]) -> int:
    """Run the child; return its exit status."""
    open_sender = child.open_sender

    def open_journaled(mode: str, *arguments: Any) -> Sender:
        return JournaledSender(open_sender(mode, *arguments), journal)

    async def run(context: Any) -> Emitted:
        total = fault.burst if context.phase == "vision" else 10
        for index in range(total):
            if context.phase == fault.phase and index == fault.at:
                commit(fault, journal, manager)
            waited_for = fault.wait_every and index % fault.wait_every == 0
            context.emit("done" if waited_for else "working", 40, f"{index} " + "d" * 100)
            if index % 100 == 0:
                await asyncio.sleep(0)  # where a signal is handled
        if context.phase == fault.phase and fault.at >= total:
            commit(fault, journal, manager)
            await asyncio.sleep(0)
        return Emitted(total)

    orchestrator = import_without_playwright()
    start = partial(no_browser, fault, journal)
    sys.modules["veritas.audit.browser"].WarmBrowser = partial(NoWarmBrowser, start)  # type: ignore[attr-defined]
    orchestrator.VeritasOrchestrator = partial(
        orchestrator.VeritasOrchestrator, load_phases=lambda: dict.fromkeys(PHASES, run), start_browser=start
    )
    child.open_sender = open_journaled
    return child.main(arguments)


def import_without_playwright() -> Any:
    """Return the orchestrator's module without Playwright, which is not needed here and takes a third of a second."""
    module: Any = ModuleType("browser")
    module.Browser = module.open_browser = None
    sys.modules["veritas.audit.browser"] = module
    return importlib.import_module("veritas.core.orchestrator")


class NoWarmBrowser:
    """What a worker process keeps in place of a browser."""

    def __init__(self, start: Any) -> None:
        self.open = start

    async def __aenter__(self) -> NoWarmBrowser:
        return self

    async def __aexit__(self, *error: object) -> None:
        return


@asynccontextmanager
async def no_browser(fault: Fault, journal: Journal, executable: str | None, **options: Any) -> AsyncIterator[Any]:
    if fault.phase == "init":
        commit(fault, journal, 0)
    yield SimpleNamespace(version="none", sandbox="on", audits_before=0)


def commit(fault: Fault, journal: Journal, manager: int) -> None:
    """Inject the fault."""
    if fault.kind != "none":
        journal.note("fault", fault.at)
    match fault.kind:
        case "raise":
            raise RuntimeError("a fault of the phase")
        case "exit":
            sys.exit(7)
        case "os_exit":
            os._exit(7)
        case "kill":
            os.kill({"child": os.getpid(), "manager": manager, "recorder": os.getppid()}[fault.target], fault.signal)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "reset":
            for link in Path("/proc/self/fd").iterdir():
                with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(link.name))) as connection:
                    if str(connection.getpeername()).endswith("/q"):
                        connection.shutdown(socket.SHUT_RDWR)
        case "remove_socket":
            for path in Path(os.environ["FAULT_SOCKETS"]).glob("veritas-*/q"):
                path.unlink()


if __name__ == "__main__":
    fault_text, journal_path, manager_pid, _, *rest = sys.argv[1:]
    sys.exit(main(Fault.decode(fault_text), Journal(journal_path), int(manager_pid), rest))
