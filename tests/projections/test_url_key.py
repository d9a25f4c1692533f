"""Which URLs are one page, and which filter finds it."""

from __future__ import annotations

import pytest

from store.log import UrlFilter
from veritas.projections.url_key import url_filter, url_key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://A.test:80", ("a.test", "a.test/")),
        ("https://a.test:443/cart?x=1", ("a.test", "a.test/cart?x=1")),
        ("http://a.test:443/", ("a.test", "a.test:443/")),
        ("http://a.test:/", ("a.test", "a.test/")),
        ("http://[::1]:80/", ("::1", "[::1]/")),
        ("http://[::80]/", ("::80", "[::80]/")),
        ("http://a.test:99999/", ("a.test", "a.test:99999/")),
        ("a.test:80/", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_default_port_of_a_scheme_is_no_part_of_a_page(url: str | None, key: tuple[str | None, str | None]) -> None:
    assert url_key(url) == key


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://a.test:80/", UrlFilter(host="a.test", page="a.test/", scheme="http")),
        ("a.test:80", UrlFilter(host="a.test", pages_from="a.test/", scheme="http")),
        ("a.test:443/cart", UrlFilter(host="a.test", page="a.test/cart", scheme="https")),
        ("a.test:8080", UrlFilter(host="a.test", pages_from="a.test:8080/")),
        ("a.test:", UrlFilter(host="a.test")),
        ("a.test/cart", UrlFilter(host="a.test", page="a.test/cart")),
        ("[::1]", UrlFilter(host="::1")),
    ],
)
def test_a_filter_finds_a_page_with_and_without_the_default_port(url: str, found: UrlFilter) -> None:
    """Without a scheme, the port of a scheme means that scheme."""
    assert url_filter(url) == found
