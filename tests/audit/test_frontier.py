"""The frontier returns safe pages only, and the most useful ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.frontier import KINDS, UrlFrontier, is_safe, link_kind
from veritas.audit.page import Link


def link(path: str, text: str = "", download: bool = False) -> Link:
    """Return a link with the fields of the scout."""
    return Link(f"https://shop.example{path}", text, "", download)


def visit_all(*links: Link) -> list[str]:
    """Return the paths in the order in which they are visited, from the start page on."""
    frontier = UrlFrontier()
    frontier.mark_visited("https://shop.example/")
    frontier.add(links)
    visited = []
    while url := frontier.next_url():
        assert frontier.mark_visited(url)
        visited.append(url.removeprefix("https://shop.example"))
    return visited


def test_useful_pages_come_first_then_document_order() -> None:
    """There is one of each kind, the best kind first."""
    paths = ("/news", "/privacy", "/about", "/contact-us", "/blog", "/cancel", "/basket", "/checkout", "/my_account")
    expected = ["/checkout", "/basket", "/cancel", "/contact-us", "/my_account", "/about", "/privacy", "/news", "/blog"]
    assert visit_all(*map(link, paths)) == expected


def test_a_second_page_of_a_kind_has_no_priority() -> None:
    """The first of a kind is the most useful."""
    assert visit_all(link("/terms"), link("/terms-of-service"), link("/news"), link("/contact")) == [
        "/contact",
        "/terms",
        "/terms-of-service",
        "/news",
    ]


def test_new_paths_come_before_new_queries() -> None:
    """Pages that differ only in their query are probably alike."""
    assert visit_all(link("/list?page=1"), link("/list?page=2"), link("/item")) == [
        "/list?page=1",
        "/item",
        "/list?page=2",
    ]


def test_a_page_is_visited_once() -> None:
    """Its links may differ in fragment, final slash or scheme, and a redirect may lead to it."""
    frontier = UrlFrontier()
    frontier.add([link("/a"), link("/a/"), Link("http://shop.example/a"), link("/b"), link("/login")])
    assert frontier.next_url() == "https://shop.example/a"
    assert frontier.mark_visited("https://shop.example/login")
    assert frontier.next_url() == "https://shop.example/b"
    assert not frontier.mark_visited("https://shop.example/login")
    assert frontier.next_url() is None


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
def test_the_kind_is_that_of_the_path_or_else_of_the_text(path: str, text: str, kind: str | None) -> None:
    """Only whole words match."""
    assert link_kind(link(path, text)) == kind


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
def test_unsafe_links_and_files_are_not_visited(change: Link) -> None:
    """This holds even if no other link remains."""
    assert not is_safe(change)
    assert visit_all(change, link("/last", "Home")) == ["/last"]
    assert visit_all(change) == []


@pytest.mark.parametrize("path", ["/cancel", "/clearance", "/deleted-scenes", "/blog/logouts", "/buy-now", "/?q=cart"])
def test_links_that_only_resemble_unsafe_ones_are_visited(path: str) -> None:
    """An audit looks for pages about cancelling."""
    assert is_safe(link(path))


addresses = st.builds(
    "https://shop.example/{}{}{}".format,
    st.text("abcelt-/", max_size=8) | st.sampled_from(sorted(KINDS)),
    st.sampled_from(["", "/", "?q=1", "?q=2"]),
    st.sampled_from(["", "#top"]),
)


@given(st.lists(st.builds(Link, url=addresses, text=st.text(max_size=20), download=st.booleans())))
def test_every_safe_page_is_visited_exactly_once(links: list[Link]) -> None:
    """For any links, no page is missing and no page comes twice."""
    frontier = UrlFrontier()
    frontier.add(links)
    visited = []
    while url := frontier.next_url():
        assert frontier.mark_visited(url)
        frontier.add(links)
        visited.append(url)
    assert not any(frontier.mark_visited(link.url) for link in links if is_safe(link))
    assert len(visited) == len(set(visited))
