"""The demo's servers: their responses, the requests they refuse, and how they end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from veritas.cli.demo.server import MAX_CONNECTIONS, MAX_FORM_BYTES, ShopAddresses, serve_shops
from veritas.cli.demo.shop import load_shop

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
SHOPS = {name: load_shop(name, opened_at=NOW) for name in ("crooked", "honest")}
PATHS = [(name, path) for name, shop in SHOPS.items() for path in sorted(shop.resources)]


@pytest.fixture(scope="module")
def shops() -> Iterator[ShopAddresses]:
    with serve_shops() as addresses:
        yield addresses


def connect(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=20)


def ask(
    url: str, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[HTTPResponse, bytes]:
    """Send one request with the path exactly as given."""
    connection = connect(url)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def say(url: str, request: bytes) -> bytes:
    """Send *request* as it is, and return everything received until the server closes the connection."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_every_path_is_served_with_its_type(shops: ShopAddresses) -> None:
    for name, path in PATHS:
        response, body = ask(getattr(shops, name), path)
        suffix = Path(path).suffix or ".html"
        expected = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[suffix]
        assert response.status == 200, (name, path)
        assert response.getheader("Content-Type") == f"{expected}; charset=utf-8", (name, path)
        assert int(response.getheader("Content-Length", "-1")) == len(body) > 0, (name, path)
        assert b"{{" not in body, (name, path)


def test_head_has_the_headers_of_get_without_a_body(shops: ShopAddresses) -> None:
    for name, path in PATHS:
        got, _ = ask(getattr(shops, name), path)
        head, body = ask(getattr(shops, name), path, "HEAD")
        assert body == b"", (name, path)
        assert head.status == got.status, (name, path)
        changing = {"date", "set-cookie"}
        assert [pair for pair in head.getheaders() if pair[0].lower() not in changing] == [
            pair for pair in got.getheaders() if pair[0].lower() not in changing
        ], (name, path)


def test_a_page_has_the_same_body_every_time(shops: ShopAddresses) -> None:
    for name, path in PATHS:
        assert ask(getattr(shops, name), path)[1] == ask(getattr(shops, name), path)[1]


@pytest.mark.parametrize("name", SHOPS)
def test_both_shops_sell_the_same_goods(name: str) -> None:
    goods = sorted(path for path in SHOPS[name].resources if path.startswith("/goods/"))
    assert len(goods) == 8
    assert all(path.encode() in SHOPS[name].resources["/"].body for path in goods)


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/cart.html",
        "/layout",
        "/layout.html",
        "/404",
        "/goods",
        "/goods/",
        "/../shop.py",
        "/../../../../../../etc/passwd",
        "/goods/../../shop.py",
        "/goods/..%2f..%2fshop.py",
        "/%2e%2e/%2e%2e/shop.py",
        "/goods/..\\..\\shop.py",
        "//etc/passwd",
        "/cart%00",
        "/%ff%fe",
        "/" + "a" * 5000,
        "*",
    ],
)
def test_an_unknown_path_is_not_found(shops: ShopAddresses, name: str, path: str) -> None:
    response, body = ask(getattr(shops, name), path)
    assert response.status == 404
    assert body == SHOPS[name].missing.body


def test_a_query_does_not_matter(shops: ShopAddresses) -> None:
    assert ask(shops.honest, "/checkout?gift=1&delivery=express#x")[1] == ask(shops.honest, "/checkout")[1]


def test_a_connection_serves_many_requests(shops: ShopAddresses) -> None:
    connection = connect(shops.honest)
    connection.connect()
    first_socket = connection.sock
    for path in ("/", "/nothing", "/shop.css", "/cart"):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is first_socket
    connection.close()


def test_a_form_leads_to_the_page_that_it_was_sent_to(shops: ShopAddresses) -> None:
    """Also for a second form on the same connection: the first one's body is not read as a request."""
    connection = connect(shops.crooked)
    for _ in range(2):
        connection.request("POST", "/cart", b"add=kettle&care=1")
        response = connection.getresponse()
        assert (response.status, response.getheader("Location"), response.read()) == (303, "/cart", b"")
    connection.close()
    assert ask(shops.crooked, "/nothing", "POST", b"x")[0].status == 404


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (b"Content-Length: %d" % (MAX_FORM_BYTES + 1), 413),
        (b"Content-Length: " + b"9" * 6000, 413),
        (b"Content-Length: -1", 411),
        (b"Content-Length: ten", 411),
        ("Content-Length: ²".encode(), 411),
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked", 411),
        (b"X: y", 411),
    ],
)
def test_a_form_without_a_valid_length_is_refused_and_the_connection_closed(
    shops: ShopAddresses, length: bytes, status: int
) -> None:
    answer = say(shops.honest, b"POST /cart HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer


def test_an_invalid_request_gets_an_error_and_logs_nothing(
    shops: ShopAddresses, capfd: pytest.CaptureFixture[str]
) -> None:
    assert b"400" in say(shops.honest, b"\x16\x03\x01\x02\x00 \xff\x00\r\n\r\n")
    assert b"400" in say(shops.honest, b"GET / COFFEE/1.1\r\n\r\n")
    assert b" 404 " in say(shops.honest, b"GET http://[bad/ HTTP/1.1\r\nConnection: close\r\n\r\n").splitlines()[0]
    assert b" 414 " in say(shops.honest, b"GET /" + b"a" * 65_531 + b"\r\n").splitlines()[0]
    assert b" 431 " in say(shops.honest, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n").splitlines()[0]
    assert b" 501 " in say(shops.honest, b"BREW / HTTP/1.1\r\nConnection: close\r\n\r\n").splitlines()[0]
    ask(shops.honest, "/nothing")
    assert capfd.readouterr() == ("", "")


def test_the_honest_shop_protects_its_visitors(shops: ShopAddresses) -> None:
    response, _ = ask(shops.honest, Origin="https://elsewhere.example")
    policy = dict(
        directive.split(" ", 1) for directive in response.getheader("Content-Security-Policy", "").split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {"script-src", "style-src", "img-src", "form-action"} <= policy.keys()
    assert "unsafe" not in str(policy) and "*" not in str(policy)
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert response.getheader("X-Frame-Options") == "DENY"
    assert response.getheader("Referrer-Policy") == "strict-origin-when-cross-origin"
    assert response.getheader("Cross-Origin-Opener-Policy") == "same-origin"
    assert response.getheader("Cross-Origin-Embedder-Policy") == "require-corp"
    assert response.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert response.getheader("Access-Control-Allow-Origin") is None
    (cookie,) = response.msg.get_all("Set-Cookie")
    assert cookie.startswith("session=") and cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")


def test_the_crooked_shop_does_not_protect_its_visitors(shops: ShopAddresses) -> None:
    response, _ = ask(shops.crooked, Origin="https://elsewhere.example")
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Cross-Origin-Opener-Policy"):
        assert response.getheader(name) is None
    assert response.getheader("Referrer-Policy") == "unsafe-url"
    assert response.getheader("Access-Control-Allow-Origin") == "https://elsewhere.example"
    assert response.getheader("Access-Control-Allow-Credentials") == "true"
    cookies = response.msg.get_all("Set-Cookie")
    assert any(cookie.startswith("PHPSESSID=") for cookie in cookies)
    assert not any(word in cookie for cookie in cookies for word in ("HttpOnly", "Secure", "SameSite"))


def test_a_visitor_gets_a_session_of_their_own_once(shops: ShopAddresses) -> None:
    cookie = ask(shops.honest)[0].getheader("Set-Cookie", "")
    assert cookie != ask(shops.honest)[0].getheader("Set-Cookie")
    assert ask(shops.honest, Cookie=cookie.partition(";")[0])[0].getheader("Set-Cookie") is None
    assert ask(shops.honest, Cookie='sess[ion="')[0].getheader("Set-Cookie") is not None
    assert ask(shops.honest, "/shop.css")[0].getheader("Set-Cookie") is None


@pytest.mark.parametrize(
    ("opened_at", "end", "day"),
    [
        (NOW, b"2026-02-28T23:59:59Z", b"28 February"),
        (datetime(2028, 2, 1, tzinfo=UTC), b"2028-02-29T23:59:59Z", b"29 February"),
        (datetime.fromisoformat("2026-12-31T23:30:00-05:00"), b"2027-01-31T23:59:59Z", b"31 January"),
    ],
)
def test_the_honest_offer_ends_with_the_month(opened_at: datetime, end: bytes, day: bytes) -> None:
    body = load_shop("honest", opened_at=opened_at).resources["/"].body
    assert b'datetime="' + end + b'"' in body
    assert b"Until " + day + b", 23:59 UTC" in body


def test_the_shops_are_served_from_any_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serve_shops() as addresses:
        assert b"Grabwell" in ask(addresses.crooked)[1]
        assert b"Quillmoor" in ask(addresses.honest)[1]


def test_only_this_machine_is_served(shops: ShopAddresses) -> None:
    assert {urlsplit(shops.crooked).hostname, urlsplit(shops.honest).hostname} == {"127.0.0.1"}
    assert urlsplit(shops.crooked).port != urlsplit(shops.honest).port


def test_no_thread_or_connection_outlives_the_block(capfd: pytest.CaptureFixture[str]) -> None:
    """Not even a connection that is kept alive, one with an unfinished request, or one without a request."""
    threads = set(threading.enumerate())
    with ExitStack() as clients:
        with serve_shops() as addresses:
            address = (urlsplit(addresses.honest).hostname, urlsplit(addresses.honest).port)
            kept = connect(addresses.honest)
            kept.request("GET", "/")
            kept.getresponse().read()
            slow, silent = (clients.enter_context(socket.create_connection(address, timeout=20)) for _ in range(2))
            slow.sendall(b"POST /cart HTTP/1.1\r\nContent-Length: 100\r\n\r\nadd=")
            ask(addresses.honest)  # after this response the server has accepted the two connections
            assert len(set(threading.enumerate()) - threads) >= 2 + 3
        assert set(threading.enumerate()) == threads
        assert kept.sock.recv(1) == slow.recv(1) == silent.recv(1) == b""
        kept.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=20)
    assert capfd.readouterr() == ("", "")


def test_an_error_inside_the_block_ends_the_shops_too() -> None:
    threads = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), serve_shops():
        raise KeyboardInterrupt
    assert set(threading.enumerate()) == threads


def test_connections_are_limited_and_freed_again() -> None:
    with serve_shops() as addresses:
        address = (urlsplit(addresses.honest).hostname, urlsplit(addresses.honest).port)
        with ExitStack() as crowd:
            for _ in range(MAX_CONNECTIONS):
                crowd.enter_context(socket.create_connection(address, timeout=20)).sendall(b"GET")
            assert socket.create_connection(address, timeout=20).recv(1) == b""
            assert ask(addresses.crooked)[0].status == 200
        while True:  # until the server has noticed that the connections were closed
            try:
                assert ask(addresses.honest)[0].status == 200
                break
            except ConnectionError:
                continue
