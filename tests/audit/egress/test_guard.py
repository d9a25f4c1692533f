"""The guard as a client meets it: what it carries, what it refuses, and why."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

import pytest

from tests.audit.conftest import Site
from tests.audit.hostile import reset
from tests.browsers import LOOPBACK
from tests.processes import until
from tests.proxies import forward_proxy, socks_proxy
from veritas.audit.browser.http_get import http_get
from veritas.audit.egress.addresses import Address
from veritas.audit.egress.client import open_connection
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.guard import MAX_REFUSALS, Guard
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy, PrivateHost
from veritas.audit.egress.refusal import Refusal
from veritas.audit.egress.resolver import ask_system
from veritas.audit.egress.thread import open_guard
from veritas.audit.egress.upstream import MAX_HEADERS, connect
from veritas.audit.network import Network
from veritas.config import Settings
from veritas.errors import PageError

PUBLIC = "198.41.0.4"


def answering(*answers: Sequence[str]) -> tuple[list[str], object]:
    """Return the names that are asked for, and a resolver that gives *answers*, the last one again and again."""
    asked: list[str] = []

    async def resolve(name: str) -> Sequence[Address]:
        asked.append(name)
        return [ip_address(text) for text in answers[min(len(asked), len(answers)) - 1]]

    return asked, resolve


async def refusal_of(guard: Guard, host: str, port: int = 80) -> str:
    """Connect to *host*, and return the reason why the guard refuses."""
    with pytest.raises(NetworkFailure) as caught:
        async with open_connection(guard, host, port):
            pass
    return caught.value.reason


async def test_one_forbidden_address_is_enough() -> None:
    """A name with several addresses is refused if one of them is forbidden, whichever would be tried first."""
    _, resolve = answering([PUBLIC, "10.0.0.1"])
    async with open_guard(resolve=resolve) as guard:
        assert "leads to 10.0.0.1, a private address" in await refusal_of(guard, "shop.example.com")


async def test_a_name_is_resolved_once(site: Site) -> None:
    """The address that was checked is the one that is connected to, whatever the name server says next."""
    asked, resolve = answering(["127.0.0.1"], ["127.0.0.2"])
    policy = EgressPolicy((PrivateHost("shop.example.com"),))
    async with open_guard(policy, resolve=resolve) as guard:
        url = site.url(host="shop.example.com")
        site.page("/", "Hi")
        for _ in range(3):
            assert (await http_get(url, headers={}, timeout=5, guard=guard)).status == 200
        assert guard.server_address(url) == {"ipAddress": "127.0.0.1", "port": site.server.server_port}
    assert asked == ["shop.example.com"]


async def test_the_next_address_is_tried(site: Site) -> None:
    """As browsers do, if one does not answer."""
    _, resolve = answering(["127.0.0.9", "127.0.0.1"])
    policy = EgressPolicy((PrivateHost("shop.example.com"),))
    async with open_guard(policy, resolve=resolve) as guard:
        site.page("/", "Hi")
        url = site.url(host="shop.example.com")
        assert (await http_get(url, headers={}, timeout=5, guard=guard)).status == 200


async def test_the_guard_does_not_connect_to_itself() -> None:
    """Even if its host is opened."""
    async with open_guard(LOOPBACK) as guard:
        assert "a loopback address" in await refusal_of(guard, "localhost", guard.port)
    async with open_guard(EgressPolicy((PrivateHost("0.0.0.0"),))) as guard:
        assert "a loopback address" in await refusal_of(guard, "0", guard.port)


async def test_refusals_are_reported_once_and_counted() -> None:
    """Each host and port has one report, and there is a limit."""
    reported: list[Refusal] = []
    async with open_guard(on_refusal=reported.append) as guard:
        for _ in range(3):
            await refusal_of(guard, "10.0.0.1")
        for port in range(1, MAX_REFUSALS + 10):
            await refusal_of(guard, "127.0.0.1", port)
        assert guard.refused == MAX_REFUSALS + 12
        assert guard.refusals == reported and len(reported) == MAX_REFUSALS
        assert "10.0.0.1:80" in guard.hosts and "127.0.0.1:5" in guard.hosts
    assert (reported[0].host, reported[0].range, reported[0].is_literal) == ("10.0.0.1", "private", True)


async def test_a_stopped_guard_refuses_everything(site: Site) -> None:
    """Open connections end, and those that come are refused with the reason, which is no finding about the site."""
    async with open_guard(LOOPBACK) as guard:
        async with open_connection(guard, "127.0.0.1", site.server.server_port) as (reader, _):
            guard.stop("the audit's limit of 5 bytes is reached")
            assert await reader.read() == b""
        assert (
            await refusal_of(guard, "127.0.0.1", site.server.server_port) == "the audit's limit of 5 bytes is reached"
        )
        assert guard.refusals == []


async def test_bytes_are_carried_unchanged_at_the_pace_of_the_reader() -> None:
    """In both directions at once; a reader that stops reading holds the sender up, and nothing is lost."""
    size, sent = 30_000_000, 0
    block = bytes(range(256)) * 256

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        assert await reader.readexactly(len(block)) == block
        while sent < size:
            writer.write(block)
            await writer.drain()
            sent += len(block)
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server, open_guard(LOOPBACK) as guard:
        port = server.sockets[0].getsockname()[1]
        async with open_connection(guard, "127.0.0.1", port) as (reader, writer):
            writer.write(block)
            await reader.readexactly(len(block))
            while (before := sent) == 0 or before != await _later(lambda: sent):
                pass  # until the sender is held up
            assert sent < size
            rest = len(block)
            while data := await reader.read(1_000_000):
                assert data == (block * (len(data) // len(block) + 2))[rest % len(block) :][: len(data)]
                rest += len(data)
        assert rest == sent == guard.received


async def _later(read: object) -> int:
    await asyncio.sleep(0.1)
    return int(read())  # type: ignore[operator]


async def test_a_reset_is_passed_on(site: Site, guard: Guard) -> None:
    """It is not an end, after which a body without a length would count as whole."""
    with pytest.raises(PageError, match="reset the connection"):
        await http_get(site.handle("/", reset), headers={}, timeout=5, guard=guard)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x05",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x04\x01",
        b"\x05\x01\x00\x05\x02\x00\x01",
        b"\x05\x01\x00\x05\x01\x00\x09",
    ],
)
async def test_a_client_that_speaks_no_socks_gets_nothing(guard: Guard, sent: bytes) -> None:
    """Its connection is closed, and the guard goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
    writer.write(sent)
    writer.write_eof()
    assert not (await reader.read()).startswith(b"HTTP")
    writer.close()
    assert "a link-local address" in await refusal_of(guard, "169.254.0.9")


async def test_names_that_only_the_proxy_knows_go_to_it() -> None:
    """An address that is not public is refused before, and so is a name that leads to one here."""
    _, resolve = answering(["192.168.0.9"])
    for running in (forward_proxy(), socks_proxy({})):
        with running as proxy:
            network = Network.of(Settings(proxy=proxy.url))
            async with open_guard(PUBLIC_ONLY, network=network, resolve=resolve) as guard:
                for url in ("http://10.0.0.1/", "https://[::1]/", "http://router.example.com/"):
                    with pytest.raises(PageError, match="was refused"):
                        await http_get(url, headers={}, timeout=5, guard=guard)
            assert proxy.requests == []


async def test_a_resolver_that_does_not_answer_delays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the client, which has its own limit, nor the end of the guard."""
    released = threading.Event()

    def hang(*arguments: object, **options: object) -> list[object]:
        released.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    async with open_guard() as guard:
        with pytest.raises(PageError, match=r"within 0\.2 s"):
            await http_get("http://shop.example.com/", headers={}, timeout=0.2, guard=guard)
    released.set()


async def test_a_guard_that_cannot_listen_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not one that is waited for."""

    async def refuse(*arguments: object, **options: object) -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio, "start_server", refuse)
    with pytest.raises(OSError, match="too many open files"):
        async with asyncio.timeout(10), open_guard():
            pass


async def test_few_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both families in turn, so that neither a thousand addresses nor a missing family keeps sockets open."""
    tried: list[str] = []

    async def refuse(host: str, port: int) -> None:
        tried.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", refuse)
    sixth, fourth = ([ip_address(f"{block}{number}") for number in range(1, 100)] for block in ("2620::", "198.41.0."))
    with pytest.raises(ConnectionRefusedError):
        await connect([*sixth, *fourth], 80)
    assert len(tried) == 8 and tried[:3] == ["2620::1", "198.41.0.1", "2620::2"]


async def test_a_name_that_fails_after_its_client_has_gone_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio would write a traceback about an exception that no one has retrieved."""
    asked, released = asyncio.Event(), threading.Event()
    here = asyncio.get_running_loop()

    async def resolve(name: str) -> Sequence[Address]:
        here.call_soon_threadsafe(asked.set)
        await asyncio.to_thread(released.wait, 10)
        raise OSError("no such name")

    async with open_guard(resolve=resolve) as guard:
        waiting = asyncio.create_task(http_get("http://shop.example.com/", headers={}, timeout=5, guard=guard))
        await asked.wait()
        waiting.cancel()
        released.set()
    gc.collect()
    assert caplog.records == []


async def test_text_that_cannot_be_a_name_has_no_address() -> None:
    """Whatever error Python has for it; otherwise the client would wait for an answer that never comes."""
    with pytest.raises(OSError):
        await ask_system("a\0b.example.com")


async def test_headers_without_end_do_not_become_two_requests_to_the_proxy() -> None:
    """What follows the part that was read would be a request of the page's choice."""
    with forward_proxy() as proxy:
        network = Network.of(Settings(proxy=proxy.url))
        _, resolve = answering([PUBLIC])
        async with (
            open_guard(network=network, resolve=resolve) as guard,
            open_connection(guard, "shop.example.com", 80) as (reader, writer),
        ):
            writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * MAX_HEADERS + b"GET http://10.0.0.1/ HTTP/1.1\r\n\r\n")
            with suppress(OSError):
                assert await reader.read() == b""
            assert guard.failure("http://shop.example.com/").reason.startswith("its headers have more than")
        assert proxy.requests == []


async def test_a_connection_that_nothing_is_sent_over_does_not_reach_the_proxy() -> None:
    """Browsers open some early, and do not use all of them."""
    with forward_proxy() as proxy:
        network = Network.of(Settings(proxy=proxy.url))
        _, resolve = answering([PUBLIC])
        async with open_guard(network=network, resolve=resolve) as guard:
            async with open_connection(guard, "shop.example.com", 80) as (reader, writer):
                writer.write_eof()
                assert await reader.read() == b""
            assert guard.failure("http://shop.example.com/") is None
        assert proxy.requests == []


async def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    """Whatever it asked for: a page can give up connections as fast as it asks for them."""
    asked, given_up, most = 0, 80, 64

    async def resolve(name: str) -> Sequence[Address]:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()
        return []

    async with open_guard(resolve=resolve) as guard:
        for number in range(given_up):
            _, writer = await asyncio.open_connection("127.0.0.1", guard.port)
            name = b"%d.example.com" % number
            writer.write(b"\x05\x01\x00\x05\x01\x00\x03" + bytes([len(name)]) + name + b"\x00\x50")
            await writer.drain()
            writer.close()
        await until(lambda: len(guard.hosts) >= given_up and not guard._connections)
    assert asked == most
