"""The test `cookies`, and the parser of `Set-Cookie` headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.responses import HOST, cookie, exchange, responses
from veritas.audit.headers import Cookie
from veritas.audit.headers.cookies import CookieRefused, check_cookies, collect_cookies, list_cookies, parse_set_cookie

URL = f"https://{HOST}/dir/page"
HSTS = exchange({"strict-transport-security": "max-age=31536000"})


@pytest.mark.parametrize(
    ("cookies", "result"),
    [
        ([], "not-found"),
        ([cookie("heroku-session-affinity")], "not-found"),
        ([cookie("a", "secure", "lax"), cookie("b", "secure", "none")], "secure-with-httponly-sessions-and-samesite"),
        ([cookie("sessid", "secure", "http_only", "strict")], "secure-with-httponly-sessions-and-samesite"),
        ([cookie("a", "secure", "lax"), cookie("b", "secure")], "secure-with-httponly-sessions"),
        ([cookie("a")], "without-secure-flag"),
        ([cookie("a", "none")], "samesite-flag-invalid"),
        ([cookie("XSRF_csrf", "secure")], "anticsrf-without-samesite-flag"),
        ([cookie("csrf", "secure", "lax")], "secure-with-httponly-sessions-and-samesite"),
        ([cookie("PHPSESSID", "secure", "lax")], "session-without-httponly-flag"),
        ([cookie("LoginToken", "http_only", "lax")], "session-without-secure-flag"),
        ([cookie("sess")], "session-without-secure-flag"),
        ([cookie("a"), cookie("csrf", "secure"), cookie("sess", "secure")], "session-without-httponly-flag"),
    ],
)
def test_the_most_severe_fault_decides(cookies: list[Cookie], result: str) -> None:
    """Without Strict-Transport-Security, each fault has its own outcome."""
    check = check_cookies(responses(cookies=tuple(cookies)))
    assert check.result == f"cookies-{result}"
    assert check.passed == (result == "not-found" or result.startswith("secure-with-httponly"))


@pytest.mark.parametrize(
    ("cookies", "result"),
    [
        ([cookie("a")], "without-secure-flag-but-protected-by-hsts"),
        ([cookie("a"), cookie("sess", "http_only")], "session-without-secure-flag-but-protected-by-hsts"),
        ([cookie("sess")], "session-without-httponly-flag"),
        ([cookie("a", "none")], "samesite-flag-invalid"),
    ],
)
def test_hsts_makes_a_missing_secure_less_severe(cookies: list[Cookie], result: str) -> None:
    """With Strict-Transport-Security, a cookie without Secure is less severe; other faults do not change."""
    check = check_cookies(responses(cookies=tuple(cookies), https=HSTS))
    assert (check.result, check.passed) == (f"cookies-{result}", False)


@pytest.mark.parametrize("attribute", ["SameSite", "samesite=", "SameSite=maybe"])
def test_an_invalid_same_site_is_a_fault(attribute: str) -> None:
    """Any value except the three valid ones is a fault of a cookie; without cookies it is ignored."""
    headers = {"Set-Cookie": [f"a=1; Secure; {attribute}", "b=2; Secure; SameSite=Lax"]}
    check = check_cookies(responses(headers, cookies=(cookie("a", "secure"), cookie("b", "secure", "lax"))))
    assert (check.result, check.value) == ("cookies-samesite-flag-invalid", "a")
    assert check_cookies(responses(headers)).result == "cookies-not-found"


@pytest.mark.parametrize(
    ("header", "parsed"),
    [
        ("a=1", Cookie("a", HOST, "/dir")),
        (" a = b=c ; PATH=/x; secure; HTTPONLY; samesite=NONE", Cookie("a", HOST, "/x", True, True, "none")),
        ("a=1; Domain=.Example.org; Path=x; SameSite=what", Cookie("a", "example.org", "/dir")),
        ("a", None),
        ("=1", None),
        ("", None),
    ],
)
def test_a_header_sets_a_cookie(header: str, parsed: Cookie | None) -> None:
    """Attributes are parsed as browsers parse them; a cookie without a name is ignored."""
    result = parse_set_cookie(header, URL)
    assert (result and result[0]) == parsed


@pytest.mark.parametrize(
    ("attributes", "is_kept"),
    [
        ("Max-Age=0", False),
        ("Max-Age=-1", False),
        ("Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("Max-Age=soon", True),
        ("Expires=Thu, 01-Jan-1970 00:00:00 GMT", False),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", True),
        ("Expires=never", True),
        ("Expires=", True),
    ],
)
def test_an_expired_cookie_is_deleted(attributes: str, is_kept: bool) -> None:
    """Sites delete a cookie by setting it with an expiry in the past."""
    assert len(collect_cookies([(URL, ["a=1; Path=/", f"a=2; Path=/; {attributes}"])]).kept) == is_kept


def test_a_later_response_replaces_a_cookie() -> None:
    """Name, domain and path identify a cookie."""
    collected = collect_cookies(
        [
            (f"https://{HOST}/", ["a=1; Path=/", "b=1; Path=/"]),
            (f"https://{HOST}/x/", ["a=2; Path=/; Secure", "a=3"]),
        ]
    )
    assert collected == ((Cookie("b", HOST), Cookie("a", HOST, secure=True), Cookie("a", HOST, "/x")), ())


@given(st.text(alphabet="a=; ,\"'.-/:\n") | st.text())
def test_no_header_makes_the_parser_fail(header: str) -> None:
    """Any header is a cookie with a name and a path, or ignored, or refused with a reason."""
    try:
        result = parse_set_cookie(header, URL)
    except CookieRefused as refusal:
        assert refusal.cookie.reason
        return
    assert result is None or (result[0].name and result[0].path.startswith("/"))


def test_the_list_has_every_cookie_and_no_value() -> None:
    """The site's cookies and the browser's are merged; the attributes that the site sent take precedence."""
    in_browser = {"domain": HOST, "path": "/", "httpOnly": False, "secure": False, "sameSite": "Lax", "expires": -1}
    listed = list_cookies(
        [
            {**in_browser, "name": "a", "value": "secret"},
            {**in_browser, "name": "js", "domain": f".{HOST}", "expires": 2e9},
        ],
        [Cookie("a", HOST), Cookie("refused", HOST, same_site="none")],
        has_hsts=False,
        require_secure=True,
    )
    assert [(each.name, each.origin, each.same_site, each.session) for each in listed] == [
        ("a", "http", "", True),
        ("refused", "http", "none", None),
        ("js", "other", "lax", False),
    ]
    assert listed[1].faults == ["cookies-without-secure-flag", "cookies-samesite-flag-invalid"]
    assert "secret" not in str(listed)


def test_secure_need_not_be_required() -> None:
    """Without encryption a session cookie only needs HttpOnly; its attributes are listed unchanged."""
    (listed,) = list_cookies([], [Cookie("sess", HOST)], has_hsts=False, require_secure=False)
    assert listed.faults == ["cookies-session-without-httponly-flag"]
    assert listed.secure is False


REFUSED = {
    "__Host-x=1": "its name requires Secure, Path=/ and no Domain",
    "__Host-x=1; Secure": "its name requires Secure, Path=/ and no Domain",
    "__Host-x=1; Secure; Path=/a": "its name requires Secure, Path=/ and no Domain",
    f"__host-x=1; Secure; Path=/; Domain={HOST}": "its name requires Secure, Path=/ and no Domain",
    "__Secure-x=1": "its name requires Secure",
    "x=1; SameSite=None": "SameSite=None requires Secure",
    "x=1; Partitioned": "Partitioned requires Secure",
    "x=1; Domain=example.net": "its Domain 'example.net' is not that of the site",
    f"x=1; Domain=www.{HOST}": f"its Domain 'www.{HOST}' is not that of the site",
    "x=1; Domain=ample.org": "its Domain 'ample.org' is not that of the site",
    "x=1; Domain=.org": "its Domain 'org' is a public suffix, shared by many sites",
    "x=a\x01b": "it has a control character",
    "x=1\x00; Secure": "it has a control character",
    "x=1; Path=/\n": "it has a control character",
    f"x={'a' * 4096}": "it has more than 4,096 bytes",
    f"{'é' * 2000}=é{'a' * 100}": "it has more than 4,096 bytes",
}


@pytest.mark.parametrize(("header", "reason"), REFUSED.items())
def test_a_cookie_that_browsers_refuse_is_none(header: str, reason: str) -> None:
    """It does not count, and the reason is stated once, however often the site sets it."""
    kept, refused = collect_cookies([(URL, [header, header]), (URL, [header])])
    assert kept == () and [cookie.reason for cookie in refused] == [reason]
    check = check_cookies(responses({"Set-Cookie": header}, cookies=kept, refused_cookies=refused))
    assert (check.result, check.passed) == ("cookies-not-found", True)
    assert check.detail.startswith("The site sets no cookie that browsers accept. Browsers refuse 1 cookie: ")
    assert check.detail.count(reason) == 1


@pytest.mark.parametrize(
    "header",
    [
        "__Host-x=1; Secure; Path=/; Domain=",
        "__Secure-x=1; Secure; Domain=example.org",
        "__Hosting=1",
        "x=1; SameSite=None; Secure",
        "x=1; Domain=.EXAMPLE.org",
        f"x={'a' * 4095}",
        f"x=1; Path=/{'a' * 2000}",
        "x=a\tb",
    ],
)
def test_a_cookie_that_browsers_accept_is_kept(header: str) -> None:
    """What only resembles a refused cookie is none; an attribute that is too long is ignored."""
    kept, refused = collect_cookies([(URL, [header])])
    assert len(kept) == 1 and refused == ()
    assert kept[0].path == ("/" if "Host-" in header else "/dir")


def test_secure_needs_an_encrypted_connection_or_this_machine() -> None:
    """Browsers refuse a cookie with Secure over http:, so that no one on the network can plant one."""
    for url, number in ((f"http://{HOST}/", 0), ("http://localhost:8000/", 1), ("http://127.0.0.1/", 1)):
        assert len(collect_cookies([(url, ["x=1; Secure"])]).kept) == number


def test_the_domain_of_a_site_may_be_a_public_suffix() -> None:
    """A site on a public suffix itself may set cookies for itself; an address has no domain above it."""
    assert collect_cookies([("https://github.io/", ["x=1; Domain=github.io"])]).kept
    assert not collect_cookies([("https://me.github.io/", ["x=1; Domain=github.io"])]).kept
    assert not collect_cookies([("https://10.0.0.1/", ["x=1; Domain=0.0.1"])]).kept


def test_refused_cookies_do_not_change_the_outcome_of_the_others() -> None:
    """The others decide the outcome, and an invalid SameSite of a refused one does not."""
    headers = ["__Host-x=1; SameSite=bad", "a=1; Secure; SameSite=Lax"]
    kept, refused = collect_cookies([(URL, headers)])
    check = check_cookies(responses({"Set-Cookie": headers}, cookies=kept, refused_cookies=refused))
    assert check.result == "cookies-secure-with-httponly-sessions-and-samesite"
    assert check.measured == {"cookies": 1, "at_fault": [], "refused": ["__Host-x"]}
