"""A page has many addresses, and a host has many pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.site.url import Page, SiteAddress
from veritas.errors import InvalidUrl


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.test/a",
        "http://shop.test/a",
        "HTTPS://SHOP.test:443/a/",
        "http://shop.test:80/a#top",
        "https://shop.test./a",
        "shop.test/a",
    ],
)
def test_equivalent_addresses_are_one_page(url: str) -> None:
    assert Page("shop.test", "/a") in SiteAddress.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.test:8443/a",
        "https://shop.test/",
        "https://shop.test/A",
        "https://shop.test/a?x=1",
        "https://a.shop.test/a",
    ],
)
def test_different_addresses_are_different_pages(url: str) -> None:
    assert Page("shop.test", "/a") not in SiteAddress.parse(url)


def test_characters_that_browsers_escape_need_not_be_escaped() -> None:
    assert Page.of("http://bücher.test/ä b") == Page.of("http://xn--bcher-kva.test/%C3%A4%20b")


@pytest.mark.parametrize("host", ["shop.test", "SHOP.test", "shop.test:443"])
def test_a_host_is_all_its_pages(host: str) -> None:
    asked = SiteAddress.parse(host)
    assert all(Page.of(f"https://shop.test{path}") in asked for path in ("", "/", "/a", "/a?x"))
    assert Page.of("http://shop.test:8080/") not in asked


def test_an_ipv6_address_is_valid() -> None:
    assert str(Page.of("http://[::1]:8080/x")) == "[::1]:8080/x"


@pytest.mark.parametrize(
    "text", ["", "x y", "http://", "ftp://shop.test/", "http://shop.test:x/", "http://[::1/", "\x1b[2J"]
)
def test_an_invalid_site_is_refused(text: str) -> None:
    with pytest.raises(InvalidUrl, match="Invalid site"):
        SiteAddress.parse(text)


def test_the_nearest_are_pages_of_the_host_or_else_similar_hosts() -> None:
    pages = [Page("shop.test", "/cart"), Page("shop.test", ""), Page("shops.test", ""), Page("else.example", "")]
    assert SiteAddress.parse("https://shop.test/card").nearest(pages)[0] == "shop.test/cart"
    assert SiteAddress.parse("shopp.test").nearest(pages) == ["shop.test", "shops.test"]
    assert SiteAddress.parse("nowhere.invalid").nearest([]) == []


_urls = st.builds("{}://{}{}/{}".format, st.sampled_from(["http", "HTTPS", "x"]), st.text(), st.just(":80"), st.text())


@given(st.text() | _urls)
def test_the_text_of_a_page_is_parsed_as_the_same_page(url: str) -> None:
    page = Page.of(url)
    assert page is None or Page.of(f"http://{page}") == page
