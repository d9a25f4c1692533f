"""What a login is made of, which requests get it, and what the log may know of it."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest

from veritas.audit.login import Login
from veritas.audit.login_parsing import parse_login
from veritas.audit.storage_state import Cookie, StorageState
from veritas.errors import InvalidSetting
from veritas.events.login_use import LoginUse
from veritas.secrets import Secrets

URL = "https://www.shop.test.example.com/start"
SITE = "https://www.shop.test.example.com"


def cookie(name: str, domain: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "value": f"value-of-{name}", "domain": domain, "path": "/", "expires": -1} | fields


def state(*cookies: dict[str, Any], origins: tuple[str, ...] = ()) -> StorageState:
    stored = [{"origin": origin, "localStorage": [{"name": "token", "value": "t0ken-value"}]} for origin in origins]
    return msgspec.convert({"cookies": list(cookies), "origins": stored}, StorageState)


def test_headers_and_basic_authentication_go_to_the_audited_origin_alone() -> None:
    login = parse_login(URL, headers=["X-Api-Key: k:1"], basic_auth="me:pass:word")
    basic = f"Basic {b64encode(b'me:pass:word').decode()}"
    assert login.headers_for(f"{SITE}:443/other") == (("X-Api-Key", "k:1"), ("Authorization", basic))
    for other in (
        "http://www.shop.test.example.com/",
        "https://shop.test.example.com/",
        "https://www.shop.test.example.com:8443/",
        "https://www.shop.test.example.com.evil.example/",
        "https://www.shop.test.example.com@evil.example/",
        "wss://www.shop.test.example.com/",
        "data:text/html,x",
        "https://[x",
    ):
        assert login.headers_for(other) == ()


def test_a_site_that_leads_from_http_to_https_gets_the_headers_on_both() -> None:
    """On the usual ports; from https: they never go to http:."""
    assert parse_login("http://a.example/", headers=["A: b"]).origins == ("http://a.example", "https://a.example")
    assert parse_login("http://a.example:8080/", headers=["A: b"]).origins == ("http://a.example:8080",)
    assert parse_login("https://a.example/", headers=["A: b"]).origins == ("https://a.example",)


def test_a_cookie_goes_to_the_audited_host_and_is_secure_if_the_site_is() -> None:
    login = parse_login(URL, cookies=["sid=a=b; lang=de"])
    assert [(each.name, each.value, each.secure) for each in login.state.cookies] == [
        ("sid", "a=b", True),
        ("lang", "de", True),
    ]
    assert login.all_headers_for(f"{SITE}/x") == {"Cookie": "sid=a=b; lang=de"}
    for other in ("http://www.shop.test.example.com/", "https://shop.test.example.com/", "https://example.com/"):
        assert login.all_headers_for(other) == {}


@pytest.mark.parametrize(
    ("domain", "path", "url", "sent"),
    [
        (".a.example", "/", "https://a.example/", True),
        (".a.example", "/", "https://b.a.example/", True),
        ("a.example", "/", "https://b.a.example/", False),
        (".a.example", "/", "https://ba.example/", False),
        ("a.example", "/account", "https://a.example/account/x", True),
        ("a.example", "/account", "https://a.example/accounting", False),
    ],
)
def test_a_cookie_is_sent_by_domain_and_path(domain: str, path: str, url: str, sent: bool) -> None:
    """As RFC 6265 says."""
    assert Cookie("n", "v", domain, path).is_sent_to(url) is sent


def test_a_storage_state_is_used_as_far_as_it_is_of_the_audited_site() -> None:
    """The cookies of other sites, and those that have expired, are left out and counted."""
    login = parse_login(
        URL,
        storage_state=state(
            cookie("own", "www.shop.test.example.com"),
            cookie("domain", ".example.com", expires=time.time() + 60),
            cookie("old", "www.shop.test.example.com", expires=time.time() - 60),
            cookie("tracker", ".tracker.example"),
            origins=(SITE, "https://accounts.example.org"),
        ),
    )
    assert [each.name for each in login.state.cookies] == ["own", "domain"]
    assert [each.origin for each in login.state.origins] == [SITE]
    assert login.left_out == 3


def test_a_storage_state_with_nothing_for_the_site_is_refused() -> None:
    with pytest.raises(InvalidSetting, match=r"nothing for 'www\.shop\.test\.example\.com'.*save it again"):
        parse_login(URL, storage_state=state(cookie("tracker", ".tracker.example")))


def test_the_log_gets_names_and_hosts_and_no_value() -> None:
    """Neither does a representation, which a traceback could show."""
    login = parse_login(
        URL,
        headers=["X-Api-Key: key-value"],
        cookies=["sid=session-value"],
        basic_auth="me:password-value",
        storage_state=state(cookie("own", ".example.com"), origins=(SITE,)),
    )
    assert login.use == LoginUse(
        headers=["X-Api-Key", "Authorization"],
        origins=[SITE],
        cookies=["own", "sid"],
        cookie_hosts=["example.com", "www.shop.test.example.com"],
        storage=[SITE],
    )
    assert str(login.use) == (
        f"X-Api-Key, Authorization to {SITE}; cookies own, sid to example.com, www.shop.test.example.com; local "
        f"storage of {SITE}"
    )
    shown = f"{login!r} {login.state!r} {login.state.cookies!r} {login.state.origins!r} {login.use!r}"
    for value in ("key-value", "session-value", "password-value", "value-of-own", "t0ken-value", "bWU6cGFzc3"):
        assert value not in shown
    assert Login().use is None


def test_every_value_is_masked_wherever_it_appears() -> None:
    login = parse_login(URL, headers=["X-Api-Key: key-value"], cookies=["sid=session-value"], basic_auth="me:password1")
    secrets = Secrets()
    login.register(secrets)
    shown = secrets.mask(f"key-value session-value password1 {dict(login.headers)['Authorization']}")
    assert shown.count("[secret:") == 4 and "value" not in shown and "password1" not in shown


def test_a_cookie_is_masked_as_it_is_sent_and_as_sites_show_it() -> None:
    login = parse_login(URL, cookies=["connect.sid=s%3Aab12cd34%2Fx"])
    secrets = Secrets()
    login.register(secrets)
    assert secrets.mask("s:ab12cd34/x s%3Aab12cd34%2Fx") == "[secret:connect.sid] [secret:connect.sid]"


def test_tokens_inside_of_stored_json_and_databases_are_masked() -> None:
    """Sites keep what they log in with in JSON; ordinary texts in it stay."""
    stored = {
        "origin": SITE,
        "localStorage": [{"name": "auth", "value": '{"user": {"name": "Ada"}, "accessToken": "aB3-stored-token"}'}],
        "indexedDB": [{"stores": [{"records": [{"value": {"refresh": "1//0r3fresh-value", "language": "German"}}]}]}],
    }
    secrets = Secrets()
    parse_login(URL, storage_state=msgspec.convert({"origins": [stored]}, StorageState)).register(secrets)
    assert secrets.mask("Ada reads German: aB3-stored-token 1//0r3fresh-value") == (
        "Ada reads German: [secret:accessToken] [secret:refresh]"
    )


def test_ordinary_words_and_the_audited_host_are_masked_only_if_their_name_is_that_of_a_secret() -> None:
    """Else every URL of the log would lose its host because of `X-Forwarded-Host`, and every text the word."""
    headers = ["X-Env: staging", "X-Forwarded-Host: www.shop.test.example.com", f"Origin: {SITE}", "X-Auth: letmein"]
    secrets = Secrets()
    parse_login(URL, headers=headers, cookies=["consent=accepted; token=hunter"]).register(secrets)
    text = f"{URL} staging Cards accepted"
    assert secrets.mask(text) == text
    assert secrets.mask("letmein hunter") == "[secret:X-Auth] [secret:token]"


def test_a_login_reaches_the_child_unchanged() -> None:
    login = parse_login(
        URL, headers=["A: b"], cookies=["c=d"], storage_state=state(cookie("e", ".example.com"), origins=(SITE,))
    )
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(login))), Login) == login


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"headers": ["s3cret"]}, "no name with a colon after it; give NAME: VALUE"),
        ({"headers": ["Na me: s3cret"]}, "no name with a colon"),
        ({"headers": ["A: s3cret\x00"]}, "'A' has no value, or one that cannot be sent"),
        ({"headers": ["A:"]}, "'A' has no value"),
        ({"headers": ["A: s3cret", "a: s3cret"]}, "'A' is given twice"),
        ({"headers": ["Authorization: s3cret"], "basic_auth": "me:s3cret"}, "'Authorization' is given twice"),
        ({"headers": ["Cookie: s3cret"]}, "'Cookie' cannot be given by --header; give --cookie"),
        ({"headers": ["host: s3cret"]}, "'host' cannot be given by --header; leave it out"),
        ({"cookies": ["s3cret"]}, "no name with = after it; give NAME=VALUE"),
        ({"cookies": ["a=\x01s3cret"]}, "'a' has a value that cannot be sent"),
        ({"basic_auth": "s3cret"}, "no colon; give USER:PASSWORD"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_its_value(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSetting, match=fault) as refused:
        parse_login(URL, **given)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("host", ["2130706433", "127.1", "[0:0::1]", "a%2eexample.com", "example.com."])
def test_a_host_in_an_unusual_form_is_refused(host: str) -> None:
    """A browser writes it in another way, so the login would not be sent."""
    with pytest.raises(InvalidSetting, match="usual form"):
        parse_login(f"http://{host}/", headers=["A: b"])


def test_an_international_host_gets_the_login_under_the_name_that_browsers_ask_for() -> None:
    """`faß.de` and `fass.de` are two sites."""
    login = parse_login("https://faß.de/", headers=["A: b"], cookies=["c=d"])
    assert login.origins == ("https://xn--fa-hia.de",)
    assert login.all_headers_for("https://xn--fa-hia.de/") == {"A": "b", "Cookie": "c=d"}
    assert login.all_headers_for("https://fass.de/") == {}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "not a storage state of Playwright"),
        ("[]", "Expected `object`, got `array`"),
        ("{}", "neither cookies nor origins"),
        ('{"cookies": [{"name": "s3cret"}]}', r"missing required field `value` - at `\$\.cookies\[0\]`"),
        ('{"cookies": [{"name": 1, "value": "s3cret", "domain": "a"}]}', "Expected `str`, got `int`"),
        ("\xff", "not a storage state"),
    ],
)
def test_a_file_that_is_no_storage_state_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    """The message names the fault and the remedy, and has no value."""
    file = tmp_path / "state.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(InvalidSetting, match=f"state.json.*{fault}.*save one with") as refused:
        StorageState.read(file)
    assert "s3cret" not in str(refused.value)


def test_a_storage_state_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="cannot be read: No such file or directory; check its name"):
        StorageState.read(tmp_path / "nosuch")
