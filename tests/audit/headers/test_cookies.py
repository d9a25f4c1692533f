"""The verdicts on cookies, and how headers become cookies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.observations import HOST, cookie, exchange, observe
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
def test_the_worst_cookie_decides(cookies: list[Cookie], result: str) -> None:
    """Without strict transport security, each fault has its verdict."""
    judged = check_cookies(observe(cookies=tuple(cookies)))
    assert judged.result == f"cookies-{result}"
    assert judged.passed == (result == "not-found" or result.startswith("secure-with-httponly"))


@pytest.mark.parametrize(
    ("cookies", "result"),
    [
        ([cookie("a")], "without-secure-flag-but-protected-by-hsts"),
        ([cookie("a"), cookie("sess", "http_only")], "session-without-secure-flag-but-protected-by-hsts"),
        ([cookie("sess")], "session-without-httponly-flag"),
        ([cookie("a", "none")], "samesite-flag-invalid"),
    ],
)
def test_strict_transport_security_protects(cookies: list[Cookie], result: str) -> None:
    """With it, a cookie without Secure is less bad, and its other faults are what they were."""
    judged = check_cookies(observe(cookies=tuple(cookies), https=HSTS))
    assert (judged.result, judged.passed) == (f"cookies-{result}", False)


@pytest.mark.parametrize("said", ["SameSite", "samesite=", "SameSite=maybe"])
def test_same_site_has_three_values(said: str) -> None:
    """Saying anything else is a fault even of a cookie that is right otherwise; without cookies it does not matter."""
    headers = {"Set-Cookie": [f"a=1; Secure; {said}", "b=2; Secure; SameSite=Lax"]}
    judged = check_cookies(observe(headers, cookies=(cookie("a", "secure"), cookie("b", "secure", "lax"))))
    assert (judged.result, judged.value) == ("cookies-samesite-flag-invalid", "a")
    assert check_cookies(observe(headers)).result == "cookies-not-found"


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
    """Attributes are read as browsers read them; a cookie for another site is none."""
    read = parse_set_cookie(header, URL)
    assert (read and read[0]) == parsed


@pytest.mark.parametrize(
    ("said", "stays"),
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
def test_a_cookie_that_is_over_does_not_stay(said: str, stays: bool) -> None:
    """Sites take cookies back by setting them with an end in the past."""
    assert len(collect_cookies([(URL, ["a=1; Path=/", f"a=2; Path=/; {said}"])])) == stays


def test_the_last_word_on_a_cookie_counts() -> None:
    """Name, domain and path together make a cookie; a later answer sets it anew."""
    collected = collect_cookies(
        [
            (f"https://{HOST}/", ["a=1; Path=/", "b=1; Path=/"]),
            (f"https://{HOST}/x/", ["a=2; Path=/; Secure", "a=3"]),
        ]
    )
    assert collected == (Cookie("b", HOST), Cookie("a", HOST, secure=True), Cookie("a", HOST, "/x"))


@given(st.text(alphabet="a=; ,\"'.-/:\n") | st.text())
def test_any_header_is_a_cookie_or_none(header: str) -> None:
    """No header that a server sends makes the parser fail."""
    read = parse_set_cookie(header, URL)
    assert read is None or (read[0].name and read[0].path.startswith("/"))


def test_the_list_has_every_cookie_and_no_value() -> None:
    """What the site set and what the browser keeps are brought together; the site's own words count."""
    kept = {"domain": HOST, "path": "/", "httpOnly": False, "secure": False, "sameSite": "Lax", "expires": -1}
    listed = list_cookies(
        [{**kept, "name": "a", "value": "secret"}, {**kept, "name": "js", "domain": f".{HOST}", "expires": 2e9}],
        [Cookie("a", HOST), Cookie("refused", HOST, same_site="none")],
        has_hsts=False,
        ask_for_secure=True,
    )
    assert [(each["name"], each["origin"], each["same_site"], each["session"]) for each in listed] == [
        ("a", "http", "", True),
        ("refused", "http", "none", None),
        ("js", "other", "lax", False),
    ]
    assert listed[1]["faults"] == ["cookies-without-secure-flag", "cookies-samesite-flag-invalid"]
    assert "secret" not in str(listed)


def test_secure_can_be_left_out() -> None:
    """Where nothing has to be encrypted, a session cookie is only asked for HttpOnly; what it says stays as it is."""
    (listed,) = list_cookies([], [Cookie("sess", HOST)], has_hsts=False, ask_for_secure=False)
    assert listed["faults"] == ["cookies-session-without-httponly-flag"]
    assert listed["secure"] is False
