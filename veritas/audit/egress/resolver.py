"""Names and their addresses, as this machine's resolver knows them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address

from veritas.audit.egress.addresses import Address, is_loopback_name, literal_address

Resolve = Callable[[str], Awaitable[Sequence[Address]]]

_KEPT = 60.0  # seconds for which an answer is used again; browsers keep one as long
_MAX_KEPT = 1_000
_MAX_ASKED = 64  # names at once: each takes a thread, which a client that goes away does not end


async def ask_system(name: str) -> Sequence[Address]:
    """Return the addresses of *name*, in the order in which they should be tried.

    Raises:
        OSError: The name has no address, or no resolver answers.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            result: list[Address] | Exception = [ip_address(str(entry[4][0])) for entry in found]
        except (OSError, ValueError) as error:  # ValueError: the text cannot be a name
            result = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, str(error))
        with suppress(RuntimeError):  # the audit has ended in the meantime
            loop.call_soon_threadsafe(settle, result)

    def settle(result: list[Address] | Exception) -> None:
        if answer.done():
            return
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    # A daemon thread does not delay the end of the audit: a resolver that does not answer cannot be interrupted.
    threading.Thread(target=look_up, name=f"resolver of {name}", daemon=True).start()
    return await answer


class Resolver:
    """Resolves names, each once in a minute."""

    def __init__(self, resolve: Resolve = ask_system) -> None:
        self._resolve = resolve
        self._slots = asyncio.Semaphore(_MAX_ASKED)
        self._kept: dict[str, tuple[float, asyncio.Task[Sequence[Address]]]] = {}

    def close(self) -> None:
        """Wait for no answer any more."""
        for _, task in self._kept.values():
            task.cancel()

    async def addresses(self, host: str) -> Sequence[Address]:
        """Return the addresses of *host*, a name or an address; at least one.

        Raises:
            OSError: It has none, or no resolver answers.
        """
        literal = literal_address(host)
        if literal is not None:
            return (literal,)
        if is_loopback_name(host):
            return (ip_address("127.0.0.1"), ip_address("::1"))
        task = self._known(host)
        if task is None:
            await self._slots.acquire()
            task = self._known(host)  # another client may have asked in the meantime
            if task is None:
                task = self._ask(host)
            else:
                self._slots.release()
        addresses = await asyncio.shield(task)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return addresses

    def _known(self, host: str) -> asyncio.Task[Sequence[Address]] | None:
        """Return the lookup of *host* whose answer can be used, or None."""
        until, task = self._kept.get(host, (0.0, None))
        if task is None or until < asyncio.get_running_loop().time():
            return None
        return None if task.done() and (task.cancelled() or task.exception()) else task

    def _ask(self, host: str) -> asyncio.Task[Sequence[Address]]:
        """Look *host* up; the slot that the caller has taken is free when the answer comes."""

        def end(done: asyncio.Task[Sequence[Address]]) -> None:
            self._slots.release()
            if not done.cancelled():
                done.exception()  # so that asyncio does not log it

        task = asyncio.ensure_future(self._resolve(host))
        task.add_done_callback(end)
        self._kept.pop(host, None)
        self._kept[host] = asyncio.get_running_loop().time() + _KEPT, task
        while len(self._kept) > _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        return task
