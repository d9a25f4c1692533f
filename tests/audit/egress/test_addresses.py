"""Which addresses are not public, and which texts spell an address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.egress.addresses import literal_address, normal_host, special_range

LOOPBACK = [
    "127.0.0.1",
    "127.255.0.9",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F.0.0.0x1",
    "0177.0.0.01",
    "127.0.0.1.",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "[::FFFF:7f00:1]",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "2606:4700::5efe:127.0.0.1",
]


@pytest.mark.parametrize("text", LOOPBACK)
def test_every_spelling_of_this_machine_is_recognised(text: str) -> None:
    """Decimal, octal, hexadecimal, short, other scripts' digits, and IPv6 that leads to IPv4."""
    address = literal_address(text)
    assert address is not None and special_range(address) == "loopback"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("0.1.2.3", "reserved"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("::ffff:192.168.0.1", "private"),
        ("fd12::1", "private"),
        ("fec0::1", "private"),
        ("64:ff9b:1::1", "private"),
        ("100.127.0.1", "shared (carrier-grade NAT)"),
        ("169.254.0.1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("2852039166", "cloud metadata"),
        ("::ffff:169.254.169.254", "cloud metadata"),
        ("fd00:ec2::254", "cloud metadata"),
        ("100.100.100.200", "cloud metadata"),
        ("168.63.129.16", "cloud metadata"),
        ("192.0.0.192", "cloud metadata"),
        ("192.0.0.1", "reserved"),
        ("198.19.0.1", "benchmarking"),
        ("203.0.113.9", "documentation"),
        ("2001:db8::1", "documentation"),
        ("224.0.0.251", "multicast"),
        ("ff02::fb", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("250.0.0.1", "reserved"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("4000::1", "reserved"),
        ("100::1", "reserved"),
    ],
)
def test_every_range_has_a_name(text: str, named: str) -> None:
    """A range inside another has its own."""
    address = literal_address(text)
    assert address is not None and special_range(address) == named


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::", "192.0.1.1"],
)
def test_public_addresses_are_in_none(text: str) -> None:
    """So is a public one that is reached by NAT64 or 6to4."""
    assert special_range(ip_address(text)) is None


@pytest.mark.parametrize(
    "text", ["example.com", "1.2.3.4.5", "09.1", "256.1.1.1", "127.0.0.1.example", "0x7g", "", "a", "1..2"]
)
def test_names_are_no_addresses(text: str) -> None:
    """Neither is what no browser takes for one."""
    assert literal_address(text) is None


@given(st.integers(0, 2**32 - 1))
def test_the_notation_makes_no_difference(number: int) -> None:
    """Every notation of an IPv4 address is the same address, and the same host."""
    a, b, c, d = number.to_bytes(4)
    spellings = [
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{b}.{c}.{d}.",
        f"{a}.{number & 0xFFFFFF}",
        f"0x{a:x}.{b}.{c}.0{d:o}",
    ]
    expected = IPv4Address(number)
    assert {literal_address(text) for text in spellings} == {expected}
    assert {normal_host(text) for text in (*spellings, f"[::ffff:{expected}]")} == {str(expected)}


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_ipv6_is_judged_as_itself(number: int) -> None:
    """By mapping, NAT64 and 6to4."""
    inner = IPv4Address(number)
    for outer in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        judged = special_range(IPv6Address(outer))
        assert (judged is None) == (special_range(inner) is None)


def test_names_are_compared_in_one_spelling() -> None:
    """Without case and final dot, and as they are sent."""
    assert normal_host("Shop.Example.") == "shop.example"
    assert normal_host("bücher.example") == "xn--bcher-kva.example"
    assert normal_host("ｓｈｏｐ。example") == "shop.example"
