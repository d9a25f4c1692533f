"""Certificates that a real TLS server presents."""

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
from veritas.audit.egress.guard import Guard
from veritas.audit.identity.certificate import (
    Certificate,
    certificate_from_browser,
    covers,
    fetch_certificate,
    read_certificate,
)
from veritas.audit.identity.domains import Host, host_named

SHOP = "shop.example.com"


def host(name: str = SHOP) -> Host:
    """Return the host called *name*."""
    host = host_named(name)
    assert host
    return host


async def fetch_from(guard: Guard, authority: Authority, context: ssl.SSLContext, name: str = SHOP) -> Certificate:
    """Return the certificate of a server with *context*, requested for *name*."""
    async with serving(context) as port:
        return await fetch_certificate(host(name), port, trust=authority.trust, guard=guard)


@contextmanager
def closed_port() -> Iterator[int]:
    """Reserve a port without listening on it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


async def test_all_parts_of_a_certificate_are_read(guard: Guard, authority: Authority) -> None:
    policy = {"organization": "Acme Ltd", "policy": "2.23.140.1.2.2"}
    certificate = await fetch_from(guard, authority, authority.issue(SHOP, "*.example.com", "127.0.0.1", **policy))
    assert (certificate.status, certificate.trusted, certificate.problem) == ("found", True, None)
    assert certificate.host_matches is True
    assert certificate.subject == {"common_name": SHOP, "organization": "Acme Ltd"}
    assert certificate.issuer == {"common_name": "Test Authority", "organization": "Test Trust Services"}
    assert certificate.names == [SHOP, "*.example.com", "127.0.0.1"]
    assert (certificate.days_left, certificate.days_total, certificate.validation) == (79, 90, "OV")
    assert (certificate.key, certificate.weaknesses, certificate.self_signed) == ("EC secp256r1", [], False)
    assert certificate.protocol == "TLSv1.3" and certificate.sha256 and len(certificate.sha256) == 64


async def test_an_expired_certificate_is_read_and_not_trusted(guard: Guard, authority: Authority) -> None:
    certificate = await fetch_from(guard, authority, authority.issue(SHOP, starts=-90, ends=-5))
    assert (certificate.status, certificate.trusted, certificate.problem) == ("found", False, "certificate has expired")
    assert certificate.days_left is not None and certificate.days_left < 0
    assert certificate.host_matches and not certificate.incomplete


async def test_a_certificate_for_another_host_is_not_trusted(guard: Guard, authority: Authority) -> None:
    certificate = await fetch_from(guard, authority, authority.issue("other.example.net"))
    assert (certificate.trusted, certificate.host_matches, certificate.incomplete) == (False, False, False)
    assert certificate.problem and "mismatch" in certificate.problem


async def test_a_self_signed_certificate_is_not_trusted(guard: Guard, authority: Authority) -> None:
    certificate = await fetch_from(guard, authority, authority.issue(SHOP, self_signed=True))
    assert (certificate.trusted, certificate.self_signed, certificate.host_matches, certificate.incomplete) == (
        False,
        True,
        True,
        False,
    )


async def test_an_unknown_authority_leaves_the_chain_incomplete(
    guard: Guard, authority: Authority, tmp_path: Any
) -> None:
    unknown_authority = Authority(tmp_path, "Unknown Authority")
    certificate = await fetch_from(guard, authority, unknown_authority.issue(SHOP))
    assert (certificate.trusted, certificate.incomplete, certificate.host_matches) == (False, True, True)


async def test_a_weak_key_is_reported(guard: Guard, authority: Authority) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    certificate = await fetch_from(guard, authority, authority.issue(SHOP, key=weak))
    assert certificate.key == "RSA 1024"
    assert certificate.weaknesses == ["its RSA key has 1024 bits, fewer than 2048"]


@pytest.mark.parametrize("name", ["127.0.0.1", "bücher.example.com", "a.wild.example.com"])
async def test_ip_addresses_international_names_and_wildcards_match(
    guard: Guard, authority: Authority, name: str
) -> None:
    context = authority.issue("127.0.0.1", "xn--bcher-kva.example.com", "*.wild.example.com")
    certificate = await fetch_from(guard, authority, context, name)
    assert (certificate.trusted, certificate.host_matches) == (True, True)


async def test_after_a_refused_connection_the_certificate_is_unknown(guard: Guard) -> None:
    with closed_port() as port:
        certificate = await fetch_certificate(host(), port, guard=guard)
    assert (certificate.status, certificate.trusted) == ("unknown", None)
    assert certificate.reason and certificate.reason.startswith("no connection: ")


async def test_the_certificate_of_a_silent_server_is_unknown(guard: Guard) -> None:
    async with serving(None) as port:
        certificate = await fetch_certificate(host(), port, timeout=0.2, guard=guard)
    assert (certificate.status, certificate.reason) == ("unknown", "no answer within 0.2 s")


async def test_the_certificate_of_a_server_without_tls_is_unknown(guard: Guard, site: Any) -> None:
    certificate = await fetch_certificate(host(), site.server.server_port, guard=guard)
    assert certificate.status == "unknown"
    assert certificate.reason and certificate.reason.startswith("the TLS handshake failed")


async def test_the_certificate_of_a_host_that_the_guard_refuses_is_unknown(guard: Guard) -> None:
    certificate = await fetch_certificate(host("127.0.0.2"), 443, guard=guard)
    assert certificate.status == "unknown"
    assert certificate.reason and certificate.reason.startswith("no connection: 127.0.0.2:443 is a loopback address")


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x01", b"garbage" * 40])
def test_bytes_that_are_not_a_certificate_are_unknown(der: bytes) -> None:
    certificate = read_certificate(der, host(), now=datetime.now(UTC))
    assert certificate.status == "unknown"
    assert certificate.reason and certificate.reason.startswith("the certificate cannot be read")


def test_dates_are_compared_with_the_given_time(authority: Authority) -> None:
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
def test_a_wildcard_matches_exactly_one_label(name: str, host_name: str, covered: bool) -> None:
    assert covers(name, host(host_name)) is covered


def test_the_browsers_certificate_details_are_a_substitute() -> None:
    now = datetime(2025, 1, 31, tzinfo=UTC)
    details = {
        "subjectName": SHOP,
        "issuer": "R11",
        "protocol": "TLS 1.3",
        "validFrom": 1735689600,
        "validTo": 1743465600,
    }
    certificate = certificate_from_browser(details, now=now)
    assert certificate and (certificate.status, certificate.trusted, certificate.host_matches) == ("found", True, None)
    assert (certificate.days_left, certificate.days_total, certificate.key) == (60, 90, None)
    assert certificate_from_browser({}, now=now) is None
    assert certificate_from_browser(details | {"validTo": 1e300}, now=now) is None
