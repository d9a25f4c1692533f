"""Hosts, registrable domains and lookalike names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritas.audit.identity.domains import (
    LATIN_LOOKALIKES,
    find_lookalikes,
    host_named,
    host_of,
    registrable_domain,
    same_site,
    scripts_of,
)


@pytest.mark.parametrize(
    ("name", "registrable"),
    [
        ("www.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("shop.blogspot.com", "shop.blogspot.com"),
        ("EXAMPLE.COM.", "example.com"),
        ("bücher.example.de", "example.de"),
        ("github.io", None),
        ("co.uk", None),
        ("localhost", None),
        ("shop.localhost", None),
        ("printer.local", None),
        ("shop.test", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("intranet", None),
    ],
)
def test_registrable_domains_follow_the_public_suffix_list(name: str, registrable: str | None) -> None:
    assert registrable_domain(name) == registrable


def test_a_platform_is_a_private_public_suffix() -> None:
    shop, other = host_named("shop.blogspot.com"), host_named("www.example.co.uk")
    assert shop and shop.platform == "blogspot.com"
    assert other and other.platform is None


@pytest.mark.parametrize(
    ("url", "kind", "public"),
    [
        ("https://example.com/x", "name", True),
        ("http://127.0.0.1:8080/", "ipv4", False),
        ("http://8.8.8.8/", "ipv4", True),
        ("http://[::1]:80/", "ipv6", False),
        ("http://[2606:4700::1111]/", "ipv6", True),
        ("http://localhost/", "local", False),
        ("http://shop.internal/", "local", False),
    ],
)
def test_a_host_is_a_name_an_ip_address_or_local(url: str, kind: str, public: bool) -> None:
    host = host_of(url)
    assert host and (host.kind, host.public) == (kind, public)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "about:blank",
        "mailto:a@example.com",
        "https://",
        "https://[zz]/",
        "https://a..b/",
        "https://x:99999/",
        "https://" + "a" * 64 + ".com/",
        "https://a b.com/",
        "https://" + "a." * 130 + "com/",
    ],
)
def test_a_url_without_a_valid_host_has_no_host(url: str) -> None:
    assert host_of(url) is None


def test_an_internationalised_name_has_an_ascii_and_a_unicode_form() -> None:
    host = host_of("https://www.Bücher.de/")
    assert host and (host.name, host.shown) == ("www.xn--bcher-kva.de", "www.bücher.de")
    assert host == host_of("https://www.xn--bcher-kva.de/")


def test_invalid_punycode_is_shown_unchanged() -> None:
    host = host_named("xn--zzzzzzzz999.com")
    assert host and host.shown == "xn--zzzzzzzz999.com"


@pytest.mark.parametrize(
    ("name", "kind", "reads_as"),
    [
        ("pаypal.com", "mixed_scripts", "paypal"),  # its second letter is Cyrillic
        ("аррӏе.com", "latin_lookalike", "apple"),  # all its letters are
        ("www.paypal.com.login.example.tk", "embedded_domain", "paypal.com"),
    ],
)
def test_lookalikes_are_recognised(name: str, kind: str, reads_as: str) -> None:
    host = host_named(name)
    assert host and [(lookalike.kind, lookalike.reads_as) for lookalike in find_lookalikes(host)] == [(kind, reads_as)]


@pytest.mark.parametrize(
    "name",
    [
        "example.com",
        "münchen.de",
        "日本語テスト.jp",
        "пример.рф",
        "хор.рф",
        "example.com.au",
        "www.com.example.net",
        "api.example.com",
        "xn--zzzzzzzz999.com",
        "localhost",
        "8.8.8.8",
        "paypal.com.blogspot.com",
    ],
)
def test_ordinary_names_are_not_lookalikes(name: str) -> None:
    host = host_named(name)
    assert host and find_lookalikes(host) == []


def test_every_lookalike_letter_is_foreign_and_reads_as_ascii() -> None:
    for letter, reading in LATIN_LOOKALIKES.items():
        assert scripts_of(letter) <= {"CYRILLIC", "GREEK"}, letter
        assert reading.isascii()


def test_the_same_site_has_one_registrable_domain_or_one_host() -> None:
    one, other, foreign = host_named("a.example.com"), host_named("b.example.com"), host_named("example.net")
    local, lan = host_named("localhost"), host_named("127.0.0.1")
    assert one and other and foreign and local and lan
    assert same_site(one, other) and same_site(local, local)
    assert not same_site(one, foreign) and not same_site(local, lan)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    host = host_named(text)
    if host:
        assert host.name.isascii() and host_named(host.name) == host
        find_lookalikes(host)
    host_of(f"https://{text}/")
