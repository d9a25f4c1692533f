"""Tags are found where a browser finds them, in any text and in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.conftest import Site
from veritas.audit.browser import Browser
from veritas.audit.headers.markup import Tag, read_tags

# Texts that hide a tag from careless readers, or show one that is none.
TRICKY = (
    '<script src="a.js"></script><p class=x>text</p>',
    "<SCRIPT SRC=a.js></SCRIPT >",
    '<img src = "a b" alt=\'c"d\' hidden data-x=1/2>',
    '<img src="first" src="second">',
    '<a title="a > b" href=x>link</a>',
    "<!--><script src=live></script>-->",
    "<!---><script src=live></script>-->",
    "<!-- <script src=dead></script> --!><script src=live></script>",
    "<!-- never closed <script src=dead></script>",
    "<script>document.write('<script src=dead>')</script><script src=live></script>",
    "<style><script src=dead></script></style><script src=live></script>",
    "<textarea><script src=dead></script></textarea><title><img src=dead></title>",
    "<script src=one /><script src=dead></script><script src=two></script>",
    "<![CDATA[<script src=dead>]]><script src=live></script>",
    "<![x[ y><script src=live></script>",
    "<?php <script src=dead></script><script src=live></script>",
    "</ p><script src=live></script>",
    "<p <b id=1>x",
    "< script src=dead>",
    "<a =b =c>",
    '<img src="never closed><script src=dead></script>',
    "<a href='&amp;&lt;&#x41;'>",
    "<plaintext><script src=dead></script>",
)
IN_BROWSER = """texts => texts.map(text =>
    [...new DOMParser().parseFromString(text, "text/html").querySelectorAll("*")]
        .filter(element => !["html", "head", "body"].includes(element.localName))
        .map(element => [element.localName, [...element.attributes].map(({name, value}) => [name, value])])
        .map(([name, attributes]) => [name, Object.fromEntries(attributes)]))"""
HOSTILE = ("<", "<a ", "<!--", "<!", "<?", "</", '<a x="', "<a x='", "<script>", "<script", "<a =", "<![CDATA[", "<a\t")


async def test_the_tags_of_a_text_are_those_that_a_browser_sees(browser: Browser, site: Site) -> None:
    """The browser's own parser, given the same texts, has the same elements with the same attributes."""
    async with await browser.visit(site.page("/", "")) as tab:
        seen = await tab.evaluate(IN_BROWSER, list(TRICKY))
    read = [[[tag.name, tag.attributes] for tag in read_tags(text) if not tag.is_end] for text in TRICKY]
    assert dict(zip(TRICKY, read, strict=True)) == dict(zip(TRICKY, seen, strict=True))


def test_end_tags_are_marked() -> None:
    """A tag that ends an element says so, and is no start of text."""
    assert list(read_tags("<form><input></form></script><b>")) == [
        Tag("form", {}),
        Tag("input", {}),
        Tag("form", {}, is_end=True),
        Tag("script", {}, is_end=True),
        Tag("b", {}),
    ]


@given(st.text(alphabet="<>!-/='\" abscriptle&#;\n") | st.text())
def test_any_text_is_read(text: str) -> None:
    """Whatever the text, the tags that come out are named, and their names and attributes are in lower case."""
    for tag in read_tags(text):
        assert tag.name
        assert tag.name == tag.name.lower()
        assert all(name == name.lower() for name in tag.attributes)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_unfinished_markup_is_read_to_its_end(piece: str) -> None:
    """What would take hours if a reader began anew at each piece is over in a moment."""
    text = piece * (1_000_000 // len(piece)) + "</script><p>"
    assert sum(1 for _ in read_tags(text)) <= len(text)
