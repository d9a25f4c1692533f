"""Real proxies on loopback, which know the names of hosts that no name server knows."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit


class ForwardProxy:
    """An HTTP proxy that forwards absolute URLs and makes tunnels.

    Attributes:
        requests: The request lines so far, such as `GET http://shop.test/` and `CONNECT shop.test:443`.
        url: The proxy's URL.
    """

    scheme = "http"

    def __init__(self, hosts: Mapping[str, int] | None = None, login: str | None = None) -> None:
        """Create a proxy.

        Args:
            hosts: The port on 127.0.0.1 that each of these names leads to, whatever port is asked for.
            login: The `user:password` that it requires; None for no login.
        """
        self.requests: list[str] = []
        self.url = ""
        self._hosts = hosts or {}
        self._token = f"basic {b64encode(login.encode()).decode()}" if login else None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client, which is closed after one request."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, *headers = head.decode("latin-1").splitlines()
            method, target, _ = line.split(" ")
            named = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
            self.requests.append(f"{method} {target}")
            if self._token and named.get("proxy-authorization", "").replace("Basic", "basic") != self._token:
                writer.write(
                    b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 2\r\n'
                    b"Connection: close\r\n\r\nNo"
                )
                return
            parts = urlsplit(target if method != "CONNECT" else f"//{target}")
            port = self._hosts.get(parts.hostname or "")
            address = ("127.0.0.1", port) if port else (parts.hostname, parts.port or 80)
            try:
                upstream = await asyncio.open_connection(*address)
            except OSError:
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                path = parts._replace(scheme="", netloc="").geturl() or "/"
                kept = [
                    header for header in headers if header and not header.lower().startswith(("proxy-", "connection:"))
                ]
                lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close"]
                upstream[1].write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass  # the client closed the connection
        finally:
            writer.close()


class SocksProxy(ForwardProxy):
    """A SOCKS5 proxy (RFC 1928) without a login, which is asked for names and not for addresses."""

    scheme = "socks5"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client."""
        try:
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(b"\x05\x00")
            *_, kind, length = await reader.readexactly(5)
            name = (await reader.readexactly(length)).decode()
            port = int.from_bytes(await reader.readexactly(2))
            self.requests.append(f"CONNECT {name}:{port}")
            if kind != 3 or name not in self._hosts:
                writer.write(b"\x05\x04\x00\x01" + bytes(6))  # host unreachable
                return
            upstream = await asyncio.open_connection("127.0.0.1", self._hosts[name])
            writer.write(b"\x05\x00\x00\x01" + bytes(6))
            await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client closed the connection
        finally:
            writer.close()


@contextmanager
def forward_proxy(hosts: Mapping[str, int] | None = None, login: str | None = None) -> Iterator[ForwardProxy]:
    """Run a proxy; see `ForwardProxy`."""
    with _running(ForwardProxy(hosts, login)) as proxy:
        yield proxy


@contextmanager
def socks_proxy(hosts: Mapping[str, int]) -> Iterator[ForwardProxy]:
    """Run a SOCKS proxy; see `SocksProxy`."""
    with _running(SocksProxy(hosts)) as proxy:
        yield proxy


@contextmanager
def _running(proxy: ForwardProxy) -> Iterator[ForwardProxy]:
    """Run *proxy* in a thread of its own."""
    started, stopping = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.url = f"{proxy.scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        await stopping.wait()
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    started.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
