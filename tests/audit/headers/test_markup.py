"""What a page's markup says about its security."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.headers.markup import Form, Resource, Script, as_browsers_read, read_markup

URL = "https://shop.example.org/dir/page"


def test_scripts_keep_what_they_say() -> None:
    """Scripts with an address are listed as written; inline ones are only counted."""
    markup = read_markup("<script>1</script><script src=a.js></script><script src='' integrity=x></script>", URL)
    assert markup.scripts == (Script("a.js"),)
    assert markup.script_count == 3


def test_policies_in_meta_elements_are_kept_in_order() -> None:
    """Every content security policy counts, and the last referrer policy."""
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


def test_resources_are_absolute_and_told_apart() -> None:
    """What could rewrite the page is active; pictures and sounds are not; links that load nothing are left out."""
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


def test_forms_hold_the_fields_between_their_tags() -> None:
    """A field after the form's end belongs to none, and a form without an action sends to its own page."""
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
    ("written", "read"),
    [
        (" \n//host/a ", "//host/a"),
        ("\\\\host\\a?b\\c", "//host/a?b\\c"),
        ("ht\ntps:\\\\host", "https://host"),
        ("data:text/plain,a\\b", "data:text/plain,a\\b"),
        ("a\\b", "a/b"),
    ],
)
def test_addresses_are_read_as_browsers_read_them(written: str, read: str) -> None:
    """Space around, line breaks within and backslashes hide no host."""
    assert as_browsers_read(written) == read


@given(st.text(alphabet="<>=/ '\"abc:[]?#\\\n") | st.text())
def test_any_markup_is_read(text: str) -> None:
    """Whatever a server sends as HTML, and wherever its addresses lead, something is made of it."""
    markup = read_markup(f"<base href='{text}'><form action='{text}'><img src='{text}'>" + text, URL)
    assert len(markup.scripts) <= markup.script_count
