"""The egress guard: a SOCKS5 proxy on loopback that every connection of an audit goes through.

It resolves the name, checks every address that the name has, and connects to an address that it checked, so that no
second answer of a name server can lead elsewhere. Then it copies bytes. It does not read what it carries, so the
browser gets what the server sent, and the check is the same for a page, a redirect, a frame, a worker or a WebSocket.

It speaks SOCKS and not HTTP. An HTTP proxy has to parse every http: message and write it again, and a browser believes
its proxy: a site could ask for a login in the proxy's name. No SOCKS server in Python is maintained, and the protocol
takes one small file.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from veritas.audit.browser_records import ServerAddress
from veritas.audit.egress import socks
from veritas.audit.egress.addresses import (
    UNSPECIFIED,
    Address,
    authority,
    is_loopback_name,
    literal_address,
    normal_host,
    special_range,
)
from veritas.audit.egress.failure import REFUSED, NetworkFailure, failure_of
from veritas.audit.egress.forwarding import open_through_proxy
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy
from veritas.audit.egress.refusal import Refusal
from veritas.audit.egress.relay import relay
from veritas.audit.egress.resolver import Resolve, Resolver, ask_system
from veritas.audit.egress.upstream import connect
from veritas.audit.network import DIRECT, Network
from veritas.default_ports import port_of

MAX_HOSTS = 1_000  # that are remembered by name; what comes after them is counted
MAX_REFUSALS = 100  # that are reported; each host and port once

_CONNECT_TIMEOUT = 30.0  # seconds
_HANDSHAKE_TIMEOUT = 10.0
_LOOK_INTERVAL = 0.25  # seconds between two looks at whether the client is still there
_LOCAL_ANSWER = 2.0  # seconds for this machine's resolver where a proxy resolves the name again
_OWN_RANGES = ("loopback", UNSPECIFIED)  # their addresses all lead to this machine's loopback interface

# Chromium's names for a proxy that makes no connection, or closes it.
_DECLINED = re.compile("ERR_(SOCKS_|ADDRESS_UNREACHABLE|EMPTY_RESPONSE|CONNECTION_)")

OnRefusal = Callable[[Refusal], None]

_T = TypeVar("_T")


@dataclass
class _Seen:
    """What the guard knows of one host and port: the address it connected to last, or why it did not."""

    address: str | None = None
    failure: NetworkFailure | None = None


class Guard:
    """The one door to the network; made by `open_guard`.

    Attributes:
        policy: The hosts that are opened although they are not public.
        network: The user's own proxies.
        url: Its URL, as a SOCKS5 proxy.
        received: The bytes that servers have sent.
        refused: How many connections it has refused.
        refusals: The first refusal of each host and port, at most `MAX_REFUSALS`.
        hosts_left_out: How many connections were asked for to hosts beyond the first `MAX_HOSTS`.
    """

    def __init__(
        self,
        policy: EgressPolicy = PUBLIC_ONLY,
        *,
        network: Network = DIRECT,
        resolve: Resolve = ask_system,
        on_refusal: OnRefusal = lambda refusal: None,
    ) -> None:
        self.policy = policy
        self.network = network
        self.port = 0
        self.received = 0
        self.refused = 0
        self.refusals: list[Refusal] = []
        self.hosts_left_out = 0
        self._resolver = Resolver(resolve)
        self._on_refusal = on_refusal
        self._seen: dict[tuple[str, int], _Seen] = {}
        self._stopped = ""
        self._connections: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """The guard's URL as a proxy."""
        return f"socks5://127.0.0.1:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """Every host and port that was asked for so far, sorted."""
        return sorted(authority(*key) for key in self._seen.copy())

    def failure(self, url: str) -> NetworkFailure | None:
        """Return why the last connection to the host of *url* could not be made, or None if it could."""
        seen = self._seen.get(_key(url))
        return seen.failure if seen else None

    def explain(self, url: str, failure: str) -> str:
        """Return why a request of *url* failed: what the browser says, unless that is only that the guard declined."""
        if not _DECLINED.search(failure):
            return failure
        known = self.failure(url)
        return f"net::{known}" if known else failure

    def server_address(self, url: str) -> ServerAddress | None:
        """Return the address that the guard last connected to for the host of *url*; None if it is not known."""
        host, port = _key(url)
        seen = self._seen.get((host, port))
        address = seen.address if seen else None
        return {"ipAddress": authority(address, None), "port": port} if address else None

    def stop(self, reason: str) -> None:
        """Close every connection and refuse all that come; *reason* is a phrase, such as `the audit's limit of …`."""
        self._stopped = reason
        if self._loop is not None:
            with suppress(RuntimeError):  # the guard has been closed already
                self._loop.call_soon_threadsafe(self._abort)

    async def serve(self, started: Callable[[], object], stopping: asyncio.Event) -> None:
        """Listen on a free port of the loopback interface until *stopping* is set."""
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        started()
        await stopping.wait()
        server.close()
        connections = list(self._connections)
        self._abort()
        self._resolver.close()
        await asyncio.gather(*connections, return_exceptions=True)

    def _abort(self) -> None:
        for connection in self._connections:
            connection.cancel()

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # the stream server runs this as a task
        self._connections.add(task)
        try:
            async with asyncio.timeout(_HANDSHAKE_TIMEOUT):
                host, port = await socks.read_request(reader, writer)
            await self._serve(reader, writer, normal_host(host), port)
        except (OSError, EOFError, socks.NotSocks):
            pass  # the client is gone, or is not one of ours
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        seen = self._remember(host, port)
        accepted = False
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                addresses = await _unless_gone(reader, self._checked(host, port))
                if isinstance(addresses, OSError) or self._may_need_proxy(host, port):
                    socks.accept(writer)  # which proxy it takes shows in what the client sends
                    accepted = True
                    opening = open_through_proxy(self.network, reader, writer, host, port, addresses)
                    server = await _unless_gone(reader, opening)
                else:
                    server = await _unless_gone(reader, connect(addresses, port))
                    socks.accept(writer)
        except (OSError, NetworkFailure) as error:
            failure = error if isinstance(error, NetworkFailure) else failure_of(error)
            seen.failure, seen.address = failure, None
            if not accepted:
                socks.decline(writer)
            return
        seen.failure = None
        seen.address = str(server[1].get_extra_info("peername", ("",))[0]) or None
        await relay((reader, writer), server, self._count)

    def _may_need_proxy(self, host: str, port: int) -> bool:
        target = authority(host, port)
        return any(self.network.proxy_for(f"{scheme}://{target}/") for scheme in ("http", "https"))

    async def _checked(self, host: str, port: int) -> tuple[Address, ...] | OSError:
        """Return the addresses of *host*, all of them allowed; or, where a proxy knows the name, why they are unknown.

        Raises:
            NetworkFailure: One of them is not allowed, or nothing is any more.
            OSError: The name has no address.
        """
        if self._stopped:
            raise NetworkFailure(REFUSED, reason=self._stopped)
        by_proxy = self._may_need_proxy(host, port)
        try:
            async with asyncio.timeout(_LOCAL_ANSWER if by_proxy else _CONNECT_TIMEOUT):
                addresses = tuple(await self._resolver.addresses(host))
        except OSError as error:
            if by_proxy:
                return error
            raise
        if not self.policy.opens(host, port):
            for address in addresses:
                if (named := special_range(address)) is not None:
                    raise self._refuse(host, port, address, named)
        elif port == self.port and any(special_range(address) in _OWN_RANGES for address in addresses):
            raise self._refuse(host, port, addresses[0], "loopback")  # the guard itself
        return addresses

    def _refuse(self, host: str, port: int, address: Address, named: str) -> NetworkFailure:
        is_literal = literal_address(host) is not None or is_loopback_name(host)
        target = authority(host, port)
        leads = f"{target} is" if str(address) == host else f"{target} leads to {address},"
        reason = f"{leads} a {named} address"
        refusal = Refusal(host, port, str(address), named, is_literal, reason)
        self.refused += 1
        known = any((each.host, each.port) == (host, port) for each in self.refusals)
        if not known and len(self.refusals) < MAX_REFUSALS:
            self.refusals.append(refusal)
            self._on_refusal(refusal)
        return NetworkFailure(REFUSED, reason=f"{reason}; open it with --allow-private {target}")

    def _remember(self, host: str, port: int) -> _Seen:
        key = (host, port)
        if key not in self._seen and len(self._seen) >= MAX_HOSTS:
            self.hosts_left_out += 1
            return _Seen()
        return self._seen.setdefault(key, _Seen())

    def _count(self, size: int) -> None:
        self.received += size


async def _unless_gone(reader: asyncio.StreamReader, awaitable: Coroutine[Any, Any, _T]) -> _T:
    """Return the result of *awaitable*, or raise EOFError when the client goes away before.

    A page can ask for connections and give them up without end, and each would be kept until its time is over.
    """
    task = asyncio.ensure_future(awaitable)
    try:
        while not (await asyncio.wait({task}, timeout=_LOOK_INTERVAL))[0]:
            if reader.at_eof() or reader.exception():
                raise EOFError
        return task.result()
    finally:
        task.cancel()


def _key(url: str) -> tuple[str, int]:
    """Return the host and the port of *url* as the guard knows them."""
    try:
        split = urlsplit(url)
        return normal_host(split.hostname or ""), port_of(split)
    except ValueError:
        return "", 0
