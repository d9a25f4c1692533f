"""The port that a URL leads to, and the one that it has of its own."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from veritas.default_ports import own_port, port_of


@pytest.mark.parametrize(
    ("url", "leads_to", "own"),
    [
        ("http://a.test/", 80, None),
        ("http://a.test:80/", 80, None),
        ("http://a.test:443/", 443, 443),
        ("http://a.test:0/", 0, 0),
        ("https://a.test/", 443, None),
        ("https://[::1]:443/", 443, None),
        ("https://[::1]:8443/", 8443, 8443),
        ("ws://a.test/", 80, None),
        ("wss://a.test:80/", 80, 80),
        ("socks5://a.test", 1080, None),
        ("mailto:a@a.test", 0, None),
    ],
)
def test_a_port_that_is_not_named_is_the_schemes(url: str, leads_to: int, own: int | None) -> None:
    parts = urlsplit(url)
    assert (port_of(parts), own_port(parts)) == (leads_to, own)
