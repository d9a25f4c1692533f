"""Which pages are visited, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.frontier import KINDS, Itinerary, is_harmless, kind_of
from veritas.audit.page import Link


def link(path: str, text: str = "", download: bool = False) -> Link:
    """Return a link as the scout has it."""
    return Link(f"https://shop.example{path}", text, "", download)


def tour(*links: Link) -> list[str]:
    """Return the paths in the order in which they are visited, from the start page on."""
    itinerary = Itinerary()
    itinerary.arrive("https://shop.example/")
    itinerary.add(links)
    visited = []
    while url := itinerary.next_url():
        assert itinerary.arrive(url)
        visited.append(url.removeprefix("https://shop.example"))
    return visited


def test_telling_pages_come_first_then_document_order() -> None:
    """One of each kind, the best kind first."""
    paths = ("/news", "/privacy", "/about", "/contact-us", "/blog", "/cancel", "/basket", "/checkout", "/my_account")
    expected = ["/checkout", "/basket", "/cancel", "/contact-us", "/my_account", "/about", "/privacy", "/news", "/blog"]
    assert tour(*map(link, paths)) == expected


def test_a_second_page_of_a_kind_waits_its_turn() -> None:
    """The first of a kind tells most."""
    assert tour(link("/terms"), link("/terms-of-service"), link("/news"), link("/contact")) == [
        "/contact",
        "/terms",
        "/terms-of-service",
        "/news",
    ]


def test_paths_not_seen_yet_come_before_other_queries() -> None:
    """Forty products in one list are one kind of page."""
    assert tour(link("/list?page=1"), link("/list?page=2"), link("/item")) == ["/list?page=1", "/item", "/list?page=2"]


def test_a_page_is_visited_once() -> None:
    """Whatever fragment, final slash or scheme it is linked with, and wherever a redirect led."""
    itinerary = Itinerary()
    itinerary.add([link("/a"), link("/a/"), Link("http://shop.example/a"), link("/b"), link("/login")])
    assert itinerary.next_url() == "https://shop.example/a"
    assert itinerary.arrive("https://shop.example/login")
    assert itinerary.next_url() == "https://shop.example/b"
    assert not itinerary.arrive("https://shop.example/login")
    assert itinerary.next_url() is None


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/checkout/", "", "checkout"),
        ("/p/17", "Proceed to checkout", "checkout"),
        ("/en/shopping-bag", "", "cart"),
        ("/Cancel-Subscription", "", "cancel"),
        ("/k%C3%BCndigen", "", "cancel"),
        ("/impressum", "", "contact"),
        ("/x", "Mentions légales", "contact"),
        ("/legal/privacy.html", "Terms", "privacy"),
        ("/cartography", "", None),
        ("/discheckouts", "Home", None),
    ],
)
def test_a_kind_is_told_by_the_path_and_else_by_the_text(path: str, text: str, kind: str | None) -> None:
    """Whole words count."""
    assert kind_of(link(path, text)) == kind


@pytest.mark.parametrize(
    "change",
    [
        link("/logout"),
        link("/account/log-out"),
        link("/x", "Sign out"),
        link("/?action=logout"),
        link("/item/5/delete"),
        link("/wp-admin.php?do=remove&id=3"),
        link("/unsubscribe?token=abc"),
        link("/cancel?order=17"),
        link("/?add-to-cart=99"),
        link("/cart/add/5"),
        link("/file.zip"),
        link("/TERMS.PDF"),
        link("/photo.jpeg"),
        link("/report", "Download report"),
        link("/anything", download=True),
        Link("mailto:me@shop.example"),
        Link("javascript:alert(1)"),
        Link("ftp://shop.example/x"),
    ],
)
def test_what_changes_something_or_is_no_page_is_not_visited(change: Link) -> None:
    """Not even where nothing else is left."""
    assert not is_harmless(change)
    assert tour(change, link("/last", "Home")) == ["/last"]
    assert tour(change) == []


@pytest.mark.parametrize("path", ["/cancel", "/clearance", "/deleted-scenes", "/blog/logouts", "/buy-now", "/?q=cart"])
def test_words_that_only_resemble_one_that_changes_something_are_visited(path: str) -> None:
    """A page about cancelling is what an audit looks for."""
    assert is_harmless(link(path))


addresses = st.builds(
    "https://shop.example/{}{}{}".format,
    st.text("abcelt-/", max_size=8) | st.sampled_from(sorted(KINDS)),
    st.sampled_from(["", "/", "?q=1", "?q=2"]),
    st.sampled_from(["", "#top"]),
)


@given(st.lists(st.builds(Link, url=addresses, text=st.text(max_size=20), download=st.booleans())))
def test_every_harmless_page_is_visited_exactly_once(links: list[Link]) -> None:
    """Whatever the links, no page is forgotten and none comes twice."""
    itinerary = Itinerary()
    itinerary.add(links)
    visited = []
    while url := itinerary.next_url():
        assert itinerary.arrive(url)
        itinerary.add(links)
        visited.append(url)
    assert not any(itinerary.arrive(link.url) for link in links if is_harmless(link))
    assert len(visited) == len(set(visited))
