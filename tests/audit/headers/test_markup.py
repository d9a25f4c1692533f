"""The parser of HTML: tags, and the scripts, policies, resources and forms among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.conftest import Site
from veritas.audit.browser import Browser
from veritas.audit.headers.markup import Form, Resource, Script, Tag, normalise_url, read_markup, read_tags

URL = "https://shop.example.org/dir/page"

# Texts in which a careless parser misses a tag, or finds text that is not a tag.
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


async def test_the_parser_finds_the_same_tags_as_a_browser(browser: Browser, site: Site) -> None:
    """The browser's own parser finds the same elements with the same attributes in the same texts."""
    async with await browser.visit(site.page("/", "")) as tab:
        expected = await tab.evaluate(IN_BROWSER, list(TRICKY))
    tags = [[[tag.name, tag.attributes] for tag in read_tags(text) if not tag.is_end] for text in TRICKY]
    assert dict(zip(TRICKY, tags, strict=True)) == dict(zip(TRICKY, expected, strict=True))


def test_end_tags_are_marked() -> None:
    """An end tag has `is_end`, and no text content follows it."""
    assert list(read_tags("<form><input></form></script><b>")) == [
        Tag("form", {}),
        Tag("input", {}),
        Tag("form", {}, is_end=True),
        Tag("script", {}, is_end=True),
        Tag("b", {}),
    ]


@given(st.text(alphabet="<>!-/='\" abscriptle&#;\n") | st.text())
def test_no_text_makes_the_tokenizer_fail(text: str) -> None:
    """Every tag has a name, and names of tags and attributes are in lower case."""
    for tag in read_tags(text):
        assert tag.name
        assert tag.name == tag.name.lower()
        assert all(name == name.lower() for name in tag.attributes)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_unclosed_tags_takes_linear_time(piece: str) -> None:
    """A parser that began again at each piece would take hours."""
    text = piece * (1_000_000 // len(piece)) + "</script><p>"
    assert sum(1 for _ in read_tags(text)) <= len(text)


def test_scripts_with_a_source_are_listed() -> None:
    """Their attributes are as written; inline scripts are only counted."""
    markup = read_markup("<script>1</script><script src=a.js></script><script src='' integrity=x></script>", URL)
    assert markup.scripts == (Script("a.js"),)
    assert markup.script_count == 3


def test_policies_in_meta_elements_are_kept_in_order() -> None:
    """Every content security policy is kept, and only the last referrer policy."""
    markup = read_markup(
        "<meta http-equiv=' Content-Security-Policy ' content=\"default-src 'none'\">"
        "<meta http-equiv=content-security-policy content='img-src *'>"
        "<meta http-equiv=content-security-policy><meta http-equiv=refresh content=1>"
        "<meta name=Referrer content=origin><meta name=referrer content=no-referrer><meta name=author content=x>",
        URL,
    )
    assert markup.meta == {
        "content-security-policy": ("default-src 'none'", "img-src *"),
        "referrer-policy": ("no-referrer",),
    }


def test_resources_are_active_or_passive() -> None:
    """Resources that could change the page are active, images and media are not; URLs are absolute."""
    markup = read_markup(
        "<base href=//cdn.example.net/x/><img src=a.png><script src=/b.js></script><iframe src=c></iframe>"
        "<link rel='alternate stylesheet' href=d.css><link rel=icon href=e.ico><link rel=canonical href=f>"
        "<input type=IMAGE src=g.png><input type=text src=h><object data=i></object><video poster=j></video>",
        URL,
    )
    base = "https://cdn.example.net"
    assert markup.resources == (
        Resource(f"{base}/x/a.png", "img", active=False),
        Resource(f"{base}/b.js", "script", active=True),
        Resource(f"{base}/x/c", "iframe", active=True),
        Resource(f"{base}/x/d.css", "link", active=True),
        Resource(f"{base}/x/e.ico", "link", active=False),
        Resource(f"{base}/x/g.png", "input", active=False),
        Resource(f"{base}/x/i", "object", active=True),
        Resource(f"{base}/x/j", "video", active=False),
    )


def test_forms_contain_the_fields_between_their_tags() -> None:
    """A field after the form's end belongs to no form, and a form without an action sends to its own page."""
    markup = read_markup(
        "<form action=/search><input name=q><input type=hidden></form>"
        "<form method=POST><input type=PASSWORD><select></select></form><input type=password>"
        "<form action=' '><textarea></textarea>",
        URL,
    )
    assert markup.forms == (
        Form("https://shop.example.org/search", "get", has_password=False),
        Form(URL, "post", has_password=True),
        Form(URL, "get", has_password=False),
        Form(URL, "", has_password=True),
    )


@pytest.mark.parametrize(
    ("reference", "normalised"),
    [
        (" \n//host/a ", "//host/a"),
        ("\\\\host\\a?b\\c", "//host/a?b\\c"),
        ("ht\ntps:\\\\host", "https://host"),
        ("data:text/plain,a\\b", "data:text/plain,a\\b"),
        ("a\\b", "a/b"),
    ],
)
def test_urls_are_normalised_as_browsers_do_it(reference: str, normalised: str) -> None:
    """Surrounding spaces, line breaks and backslashes do not hide a host."""
    assert normalise_url(reference) == normalised


@given(st.text(alphabet="<>=/ '\"abc:[]?#\\\n") | st.text())
def test_no_html_makes_the_parser_fail(text: str) -> None:
    """Any text is accepted as HTML, and as the URLs in it."""
    markup = read_markup(f"<base href='{text}'><form action='{text}'><img src='{text}'>" + text, URL)
    assert len(markup.scripts) <= markup.script_count
