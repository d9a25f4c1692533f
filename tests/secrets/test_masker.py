"""Secrets are found in every spelling, have one mask each, and nothing else is changed."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritas.secrets import Secrets

_SECRETS = st.text(st.characters(exclude_categories=("Cs",)), min_size=6, max_size=40).filter(
    lambda text: not text.startswith("[secret:")
)
_KEY = b"k" * 32


def _encoded(value):
    return {
        "plain": value,
        "quote": quote(value, safe=""),
        "lower": quote(value, safe="").replace("%2F", "%2f"),
        "twice": quote(quote(value, safe=""), safe=""),
        "form": quote_plus(value),
        "html": html.escape(value),
        "json": json.dumps(value)[1:-1],
        "log": json.dumps(json.dumps(value)[1:-1])[1:-1],
    }


@settings(max_examples=40)
@given(value=_SECRETS)
def test_a_value_is_found_in_every_spelling(value):
    """Nothing of a value is left in a text that has it, however it is spelled, and every spelling has one mask."""
    secrets = Secrets(_KEY)
    secrets.add("password", value)
    mask = secrets.replacement("password", value)
    for spelling in _encoded(value).values():
        assert secrets.mask(f"<{spelling}>") == f"<{mask}>"


@settings(max_examples=40)
@given(value=_SECRETS, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_value_is_found_in_base64(value, before, after):
    """A value is found in base64 text at each of its three places, with anything before and after it."""
    secrets = Secrets(_KEY)
    secrets.add("password", value)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert "[secret:" in secrets.mask(f"x {encode(before + value.encode() + after).decode()} x")


@settings(max_examples=40)
@given(text=st.text(), value=_SECRETS)
def test_masking_twice_changes_nothing(text, value):
    """A masked text has no more to mask."""
    secrets = Secrets(_KEY)
    secrets.add("password", value)
    once = secrets.mask(f"https://h/?token={text}{value}&x={text}")
    assert secrets.mask(once) == once


@settings(max_examples=40)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abc :/", max_size=8),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    )
)
def test_json_without_secrets_is_unchanged(value):
    """JSON without a secret stays equal."""
    secrets = Secrets(_KEY)
    secrets.add("password", "correct horse")
    assert secrets.mask_json(value) == value


def test_a_mask_is_readable_and_depends_on_the_key():
    """The mask has the secret's name; without the log's key nobody can compute it."""
    first, second = (Secrets(key).replacement("token", "abc") for key in (_KEY, b"other"))
    assert first.startswith("[secret:token:") and len(first) == len("[secret:token:01234567]")
    assert first != second
    assert Secrets(None).mask("?token=abc") == "?token=[secret:token]"


@pytest.mark.parametrize(
    "text, masked",
    [
        ("https://h/?a=1&token=abc&b=2", "https://h/?a=1&token=*&b=2"),
        ("https://h/#access_token=abc&expires_in=3600", "https://h/#access_token=*&expires_in=3600"),
        ("/reset?X-Amz-Signature=abc%2Fd", "/reset?X-Amz-Signature=*"),
        ("https://h/a;jsessionid=abc?x=1", "https://h/a;jsessionid=*?x=1"),
        ("https://h/?next=https://i/?sid=abc&b=2", "https://h/?next=https://i/?sid=*&b=2"),
        ("?next=https%3A%2F%2Fi%2F%3Fsid%3Dabc%26b%3D2&c=3", "?next=https%3A%2F%2Fi%2F%3Fsid%3D*%26b%3D2&c=3"),
        ("?next=%252F%253Fsid%253Dabc%2526b", "?next=%252F%253Fsid%253D*%2526b"),
        ('<a href="/?a=1&amp;token=abc/d&amp;b">', '<a href="/?a=1&amp;token=*&amp;b">'),
        (r'{"url":"/?a=1\u0026token=abc"}', r'{"url":"/?a=1\u0026token=*"}'),
        ("user[password]: /?user%5Bpassword%5D=abc", "user[password]: /?user%5Bpassword%5D=*"),
        ("Seen at (https://h/?token=abc).", "Seen at (https://h/?token=*)."),
        ("?code=abcdefghijklmnopqrst&state=1", "?code=*&state=1"),
        ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-d_ b", "a * b"),
        ("key AKIAIOSFODNN7EXAMPLE, sk_live_4eC39HqLyjWDarjtT1", "key *, *"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----!", "*!"),
        ('{"Authorization": "Basic dXNlcjpwYXNz"}', '{"Authorization": "Basic *"}'),
        ('"a":' + "\\" * 9 + '"token":"abcdef"', '"a":' + "\\" * 9 + '"token":"*"'),
        ("?t%6Fken=abc&api%5Fkey=d", "?t%6Fken=*&api%5Fkey=*"),
        ("?a=?token=abc", "?a=?token=*"),
        ("Cookie: a=b; theme=dark", "Cookie: a=*; theme=*"),
        ("Set-Cookie: a=b; Path=/; Secure", "Set-Cookie: a=*; Path=/; Secure"),
        ('{"refresh_token":"abcdef","n":1}', '{"refresh_token":"*","n":1}'),
        ("postgresql://me:pw@h/db", "postgresql://me:%*%@h/db"),
        ("postgresql://me:p/w?@h/db", "postgresql://me:%*%@h/db"),
        ('<a href="//me:pw@h/">', '<a href="//%*%@h/">'),
        ("https://me:pw@h/", "https://%*%@h/"),
        ("https%3A%2F%2Fme%3Apw%40h", "https%3A%2F%2F%*%%40h"),
    ],
)
def test_secrets_are_known_by_name_and_form(text, masked):
    """Parameters of URLs, logins before a host, tokens and headers in a text are masked, and nothing around them."""
    shown = re.sub(r"\[secret:[^\]]*\]", "*", Secrets(_KEY).mask(text))
    assert re.sub(r"%5Bsecret:.*?%5D", "%*%", shown) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Enter your password: at least 8 characters",
        "Cookies: we use them. Authorization: required. Bearer of bad news.",
        "https://h/?q=token&colour=red&code=DE&page=2#top",
        "Mail me@example.com or see https://h/@me?v=1",
        "SG.1 sk-circle gh_page eyJ 1; 2 = 3; key; secret",
        "postgresql://me@h/db",
        "AT&T=2, a=b&c",
        "// note: me@example.com, //h/p:1@2x.png and //me@h/",
    ],
)
def test_ordinary_texts_are_not_changed(text):
    """Words, numbers and ordinary URLs are not masked."""
    assert Secrets(_KEY).mask(text) == text


def test_cookies_and_headers_are_masked_by_their_place_and_remembered():
    """The value of a cookie is masked where it is one, however short, and elsewhere if it is not a word."""
    secrets = Secrets(_KEY)
    masked = secrets.mask_json(
        {
            "cookies": [
                {"name": "sid", "value": "ab12cd34", "domain": "h"},
                {"name": "lang", "value": "en", "domain": "h"},
                {"name": "home", "value": "California", "domain": "h"},
            ],
            "headers": [("Set-Cookie", "csrf=zz99yy88; Path=/"), ("Server", "x")],
            "console": "California ab12cd34 en zz99yy88",
        }
    )
    assert [cookie["value"].split(":")[1] for cookie in masked["cookies"]] == ["sid", "lang", "home"]
    assert masked["headers"] == [
        ["Set-Cookie", f"csrf={secrets.replacement('csrf', 'zz99yy88')}; Path=/"],
        ["Server", "x"],
    ]
    sid, csrf = secrets.replacement("sid", "ab12cd34"), secrets.replacement("csrf", "zz99yy88")
    assert masked["console"] == f"California {sid} en {csrf}"


@pytest.mark.parametrize(
    "name, value, masked",
    [
        ("Set-Cookie", "a=my own words; Path=/; Secure", "a=*; Path=/; Secure"),
        ("Set-Cookie", 'a="my own words"; Max-Age=3', "a=*; Max-Age=3"),
        ("Set-Cookie", "nameless; Path=/", "*; Path=/"),
        ("Set-Cookie", "path=words; Path=/", "path=*; Path=/"),
        ("set-cookie", "a=b\nc=my words; Secure", "a=*\nc=*; Secure"),
        ("Cookie", "a=my own words; b=c=d; e=", "a=*; b=*; e="),
    ],
)
def test_no_part_of_a_cookie_is_left_in_its_header(name, value, masked):
    """A value may have spaces, quotes and equals signs, and no name."""
    shown = Secrets(_KEY).mask_json({name: value})[name]
    assert re.sub(r"\[secret:[^\]]*\]", "*", shown) == masked


def test_a_text_of_backslashes_does_not_stop_the_search():
    """A site can choose both a value and a text; with two ways to read a backslash, this would take years."""
    secrets = Secrets(_KEY)
    value = "a1" + "\\" * 40 + "b2xyz"
    secrets.add("sid", value)
    text = "b2xyz a1" + "\\" * 2000 + "c"
    assert secrets.mask(text) == text
    assert secrets.mask(f"{text} {value}") == f"{text} {secrets.replacement('sid', value)}"
    assert secrets.mask(value.replace("\\", "\\\\")) == secrets.replacement("sid", value)


def test_the_names_of_our_own_members_stay():
    """A password may be one of them; then readers of the log must still find the member."""
    secrets = Secrets(_KEY)
    secrets.add("password", "session")
    mask = secrets.replacement("password", "session")
    masked = secrets.mask_json({"storage": {"session": 2}, "a session": "session"})
    assert masked == {"storage": {"session": 2}, f"a {mask}": mask}


def test_the_status_of_a_run_stays():
    """Else a run whose password is `completed` would have no status."""
    secrets = Secrets(_KEY)
    secrets.add("password", "completed")
    masked = secrets.mask_members({"status": "completed", "error": "completed?"})
    assert masked == {"status": "completed", "error": f"{secrets.replacement('password', 'completed')}?"}


def test_a_short_value_is_not_searched_in_texts():
    """A password of a few characters would be found in many words."""
    secrets = Secrets(_KEY)
    secrets.add("password", "cat")
    assert secrets.mask("concatenate") == "concatenate"


def test_the_credentials_of_a_header_are_remembered_without_the_scheme():
    """The value of an Authorization header is found without its scheme."""
    secrets = Secrets(_KEY)
    secrets.add("Authorization", "Bearer correct-horse-battery")
    assert "horse" not in secrets.mask("token is correct-horse-battery")


def test_the_beginning_of_a_long_cookie_is_masked():
    """A text that was cut has only the beginning of a value."""
    secrets, value = Secrets(_KEY), "ab12-" * 40
    secrets.learn("sid", value)
    mask = secrets.replacement("sid", value)
    assert secrets.mask(f"seen {value[:60]}, and {value}&a=1") == f"seen {mask}, and {mask}&a=1"


def test_a_value_that_a_mask_has_too_leaves_masks_as_they_are():
    """A password may be a word of which masks are made."""
    secrets = Secrets(_KEY)
    secrets.add("password", "secret")
    once = secrets.mask("a secret")
    assert once == f"a {secrets.replacement('password', 'secret')}"
    assert secrets.mask(f"{once} secret") == f"{once} {secrets.replacement('password', 'secret')}"


def test_a_site_can_make_us_remember_few_values():
    """However many cookies it sets, each is masked in its place, and masking stays fast."""
    secrets = Secrets(_KEY)
    cookies = [{"name": f"sid{n}", "value": f"value{n:05d}", "domain": "h"} for n in range(3000)]
    masked = secrets.mask_json({"cookies": cookies, "text": "value00001 value02999"})
    assert all(cookie["value"].startswith("[secret:sid") for cookie in masked["cookies"])
    assert masked["text"] == f"{secrets.replacement('sid1', 'value00001')} value02999"
