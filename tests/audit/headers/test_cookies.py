"""The test `cookies`, and the parser of `Set-Cookie` headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.responses import HOST, cookie, exchange, responses
from veritas.audit.headers import Cookie
from veritas.audit.headers.cookies import check_cookies, collect_cookies, list_cookies, parse_set_cookie

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
        ("a=1; Domain=other.org", None),
        ("a=1; Domain=ample.org", None),
        ("a", None),
        ("=1", None),
        ("", None),
        ("a=1\x00; Secure", None),
    ],
)
def test_a_header_sets_a_cookie(header: str, parsed: Cookie | None) -> None:
    """Attributes are parsed as browsers parse them; a cookie for another site is ignored."""
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
    assert len(collect_cookies([(URL, ["a=1; Path=/", f"a=2; Path=/; {attributes}"])])) == is_kept


def test_a_later_response_replaces_a_cookie() -> None:
    """Name, domain and path identify a cookie."""
    collected = collect_cookies(
        [
            (f"https://{HOST}/", ["a=1; Path=/", "b=1; Path=/"]),
            (f"https://{HOST}/x/", ["a=2; Path=/; Secure", "a=3"]),
        ]
    )
    assert collected == (Cookie("b", HOST), Cookie("a", HOST, secure=True), Cookie("a", HOST, "/x"))


@given(st.text(alphabet="a=; ,\"'.-/:\n") | st.text())
def test_no_header_makes_the_parser_fail(header: str) -> None:
    """Any header is either a cookie with a name and a path, or ignored."""
    result = parse_set_cookie(header, URL)
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
