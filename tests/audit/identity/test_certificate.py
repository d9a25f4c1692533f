"""Certificates as a real TLS server presents them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.audit.identity.authority import Authority, serving
from veritas.audit.identity.certificate import (
    Certificate,
    covers,
    fetch_certificate,
    read_certificate,
    seen_by_browser,
)
from veritas.audit.identity.domains import Host, host_named

SHOP = "shop.example.com"


def host(name: str = SHOP) -> Host:
    found = host_named(name)
    assert found
    return found


async def presented(authority: Authority, context: ssl.SSLContext, name: str = SHOP) -> Certificate:
    """Return what is found out about a server with *context* that is asked for *name*."""
    async with serving(context) as port:
        return await fetch_certificate(host(name), ["127.0.0.1"], port, trust=authority.trust)


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


async def test_a_good_certificate_is_read_whole(authority: Authority) -> None:
    policy = {"organization": "Acme Ltd", "policy": "2.23.140.1.2.2"}
    found = await presented(authority, authority.issue(SHOP, "*.example.com", "127.0.0.1", **policy))
    assert (found.status, found.trusted, found.problem, found.host_matches) == ("found", True, None, True)
    assert found.subject == {"common_name": SHOP, "organization": "Acme Ltd"}
    assert found.issuer == {"common_name": "Test Authority", "organization": "Test Trust Services"}
    assert found.names == [SHOP, "*.example.com", "127.0.0.1"]
    assert (found.days_left, found.days_total, found.validation) == (79, 90, "OV")
    assert (found.key, found.weaknesses, found.self_signed) == ("EC secp256r1", [], False)
    assert found.protocol == "TLSv1.3" and found.sha256 and len(found.sha256) == 64


async def test_an_expired_certificate_is_read_and_not_trusted(authority: Authority) -> None:
    found = await presented(authority, authority.issue(SHOP, starts=-90, ends=-5))
    assert (found.status, found.trusted, found.problem) == ("found", False, "certificate has expired")
    assert found.days_left is not None and found.days_left < 0
    assert found.host_matches and not found.incomplete


async def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    found = await presented(authority, authority.issue("other.example.net"))
    assert (found.trusted, found.host_matches, found.incomplete) == (False, False, False)
    assert found.problem and "mismatch" in found.problem


async def test_a_self_signed_certificate_is_not_trusted(authority: Authority) -> None:
    found = await presented(authority, authority.issue(SHOP, self_signed=True))
    assert (found.trusted, found.self_signed, found.host_matches, found.incomplete) == (False, True, True, False)


async def test_an_unknown_authority_leaves_the_chain_incomplete(authority: Authority, tmp_path: Any) -> None:
    stranger = Authority(tmp_path, "Unheard-of Authority")
    found = await presented(authority, stranger.issue(SHOP))
    assert (found.trusted, found.incomplete, found.host_matches) == (False, True, True)


async def test_a_weak_key_is_seen(authority: Authority) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    found = await presented(authority, authority.issue(SHOP, key=weak))
    assert found.key == "RSA 1024"
    assert found.weaknesses == ["its RSA key has 1024 bits, fewer than 2048"]


@pytest.mark.parametrize("name", ["127.0.0.1", "bücher.example.com", "a.wild.example.com"])
async def test_addresses_international_names_and_wildcards_are_asked_for(authority: Authority, name: str) -> None:
    context = authority.issue("127.0.0.1", "xn--bcher-kva.example.com", "*.wild.example.com")
    found = await presented(authority, context, name)
    assert (found.trusted, found.host_matches) == (True, True)


async def test_the_next_address_is_tried_where_one_refuses(authority: Authority) -> None:
    async with serving(authority.issue(SHOP)) as port:
        found = await fetch_certificate(host(), ["127.0.0.2", "127.0.0.1"], port, trust=authority.trust)
    assert found.trusted


async def test_a_refused_port_is_unknown() -> None:
    with closed_port() as port:
        found = await fetch_certificate(host(), ["127.0.0.1"], port)
    assert (found.status, found.trusted) == ("unknown", None)
    assert found.reason and found.reason.startswith("no connection: ")


async def test_a_server_that_says_nothing_is_unknown() -> None:
    async with serving(None) as port:
        found = await fetch_certificate(host(), ["127.0.0.1"], port, timeout=0.2)
    assert (found.status, found.reason) == ("unknown", "no answer within 0.2 s")


async def test_a_server_without_tls_is_unknown(site: Any) -> None:
    found = await fetch_certificate(host(), ["127.0.0.1"], site.server.server_port)
    assert found.status == "unknown"
    assert found.reason and found.reason.startswith("the TLS handshake failed")


async def test_without_an_address_it_is_unknown() -> None:
    found = await fetch_certificate(host(), [], 443)
    assert (found.status, found.reason) == ("unknown", "the host's address is not known")


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x01", b"garbage" * 40])
def test_what_is_no_certificate_is_unknown(der: bytes) -> None:
    found = read_certificate(der, host(), now=datetime.now(UTC))
    assert found.status == "unknown"
    assert found.reason and found.reason.startswith("the certificate cannot be read")


def test_dates_are_judged_at_the_moment_given(authority: Authority) -> None:
    certificate = authority.certificate_for(ec.generate_private_key(ec.SECP256R1()), [SHOP])
    der = certificate.public_bytes(serialization.Encoding.DER)
    early = read_certificate(der, host(), now=certificate.not_valid_before_utc - timedelta(hours=1))
    late = read_certificate(der, host(), now=certificate.not_valid_after_utc + timedelta(seconds=1))
    assert (early.days_left, late.days_left, early.days_total) == (90, -1, 90)


@pytest.mark.parametrize(
    ("name", "host_name", "covered"),
    [
        ("example.com", "example.com", True),
        ("EXAMPLE.com.", "example.com", True),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "example.com", False),
        ("example.com", "a.example.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("*.0.0.1", "127.0.0.1", False),
    ],
)
def test_a_wildcard_stands_for_one_label(name: str, host_name: str, covered: bool) -> None:
    assert covers(name, host(host_name)) is covered


def test_what_the_browser_saw_stands_in_where_the_host_cannot_be_asked() -> None:
    now = datetime(2025, 1, 31, tzinfo=UTC)
    details = {
        "subjectName": SHOP,
        "issuer": "R11",
        "protocol": "TLS 1.3",
        "validFrom": 1735689600,
        "validTo": 1743465600,
    }
    found = seen_by_browser(details, now=now)
    assert found and (found.status, found.trusted, found.host_matches) == ("found", True, None)
    assert (found.days_left, found.days_total, found.key) == (60, 90, None)
    assert seen_by_browser({}, now=now) is None
    assert seen_by_browser(details | {"validTo": 1e300}, now=now) is None
