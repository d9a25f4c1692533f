"""URLs are grouped by site."""

from __future__ import annotations

import pytest

from veritas.audit.site import Site


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.shop.example.co.uk/cart", "example.co.uk"),
        ("http://example.com:8080/", "example.com"),
        ("https://owner.blogspot.com/", "owner.blogspot.com"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://[::1]:80/", "::1:80"),
        ("http://localhost/", "localhost"),
        ("mailto:me@example.com", ""),
        ("http://[::1", ""),
        ("http://example.com:99999/", ""),
    ],
)
def test_a_site_is_a_registrable_domain_or_a_host_with_its_port(url: str, name: str) -> None:
    """The public-suffix list decides, including its private suffixes."""
    assert Site.of(url).name == name


def test_subdomains_and_ports_of_a_registrable_domain_are_one_site() -> None:
    """On a host without one, every port is a separate site."""
    assert Site.of("https://www.example.com/").has("http://pay.example.com:8443/x")
    assert not Site.of("https://example.com/").has("https://example.org/")
    assert not Site.of("https://a.github.io/").has("https://b.github.io/")
    assert not Site.of("http://127.0.0.1:1000/").has("http://127.0.0.1:2000/")


def test_url_without_a_host_belongs_to_no_site() -> None:
    """It does not even belong to the site of another URL without a host."""
    assert not Site.of("mailto:me@example.com").has("tel:123")
