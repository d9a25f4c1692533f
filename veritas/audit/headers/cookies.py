"""The test `cookies`, and the parser of `Set-Cookie` headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec

from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.https import check_hsts
from veritas.audit.headers.responses import Cookie, SiteResponses
from veritas.audit.page import BrowserCookie

SET_COOKIE = "set-cookie"
SAME_SITE = frozenset({"strict", "lax", "none"})

# Set by Heroku's load balancer; the sites that it serves cannot change it.
IGNORED = frozenset({"heroku-session-affinity"})

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# From the least severe to the most severe.
_ORDER = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)


class ListedCookie(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie, without its value.

    Attributes:
        name: The cookie's name.
        domain: The domain that the cookie is sent to.
        path: The path that the cookie is sent to.
        secure: Whether the cookie is only sent over encrypted connections.
        http_only: Whether the cookie is hidden from scripts.
        same_site: `strict`, `lax` or `none`; empty if the attribute is missing or invalid.
        session: Whether the cookie ends with the browser; None if that is not known.
        origin: `http` if a response to a page request set it; `other` if a script or a sub-resource set it; then
            `same_site` is as the browser reports it.
        faults: The cookie's faults, named like the outcomes of the test `cookies`.
    """

    name: str
    domain: str
    path: str
    secure: bool
    http_only: bool
    same_site: str
    session: bool | None
    origin: str
    faults: list[str]


def check_cookies(site: SiteResponses) -> CheckResult:
    """Check the cookies that the site sets over HTTP; the most severe fault decides."""
    cookies = [cookie for cookie in site.cookies if cookie.name and cookie.name not in IGNORED]
    if not cookies:
        return CheckResult.of("cookies", "cookies-not-found", header=SET_COOKIE)
    has_hsts = check_hsts(site).passed
    faults = [(fault, cookie.name) for cookie in cookies for fault in cookie_faults(cookie, has_hsts=has_hsts)]
    for header in site.page.values(SET_COOKIE) if site.page else ():
        if not has_valid_same_site(header):
            faults.append(("cookies-samesite-flag-invalid", header.partition("=")[0].strip()))
    if faults:
        result = max((fault for fault, _ in faults), key=_ORDER.index)
    elif all(cookie.same_site for cookie in cookies):
        result = "cookies-secure-with-httponly-sessions-and-samesite"
    else:
        result = "cookies-secure-with-httponly-sessions"
    at_fault = sorted({name for fault, name in faults if fault == result})
    measured = {"cookies": len(cookies), "at_fault": at_fault}
    return CheckResult.of("cookies", result, header=SET_COOKIE, value=", ".join(at_fault), measured=measured)


def cookie_faults(cookie: Cookie, *, has_hsts: bool) -> list[str]:
    """Return the names of the outcomes that *cookie* causes; empty if the cookie has no fault."""
    faults = []
    protected = "-but-protected-by-hsts" if has_hsts else ""
    if not cookie.secure:
        faults.append(f"cookies-without-secure-flag{protected}")
        if cookie.same_site == "none":
            faults.append("cookies-samesite-flag-invalid")
    if is_session(cookie.name):
        if not cookie.secure:
            faults.append(f"cookies-session-without-secure-flag{protected}")
        if not cookie.http_only:
            faults.append("cookies-session-without-httponly-flag")
    if "csrf" in cookie.name.lower() and not cookie.same_site:
        faults.append("cookies-anticsrf-without-samesite-flag")
    return faults


def is_session(name: str) -> bool:
    """Return whether a cookie called *name* counts as a session cookie, which identifies a logged-in visitor."""
    return any(part in name.lower() for part in ("login", "sess"))


def has_valid_same_site(header: str) -> bool:
    """Return whether all SameSite attributes of a Set-Cookie *header* are valid; a missing one is valid too."""
    attributes = (part.partition("=") for part in header.lower().split(";"))
    return all(value.strip() in SAME_SITE for name, _, value in attributes if name.strip() == "samesite")


def parse_set_cookie(header: str, url: str) -> tuple[Cookie, bool] | None:
    """Return the cookie that *url* sets with *header* and whether it is kept, or None if browsers ignore the header.

    The syntax is that of RFC 6265bis, section 5.6. Unlike in browsers, the domain may be a public suffix.
    """
    pair, *parts = header.split(";")
    name, equals, _ = pair.partition("=")
    if not equals or not name.strip() or _CONTROL.search(header):
        return None
    attributes = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in parts)}
    split_url = urlsplit(url)
    host = (split_url.hostname or "").lower()
    domain = attributes.get("domain", "").removeprefix(".").lower() or host
    if host != domain and not host.endswith(f".{domain}"):
        return None
    same_site = attributes.get("samesite", "").lower()
    path = attributes.get("path", "")
    cookie = Cookie(
        name=name.strip(),
        domain=domain,
        path=path if path.startswith("/") else split_url.path.rpartition("/")[0] or "/",
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=same_site if same_site in SAME_SITE else "",
    )
    return cookie, not _is_expired(attributes)


def list_cookies(
    jar: Iterable[BrowserCookie], set_over_http: Iterable[Cookie], *, has_hsts: bool, require_secure: bool
) -> list[ListedCookie]:
    """Return every known cookie, without its value.

    Args:
        jar: The browser's cookies.
        set_over_http: The cookies that the responses to page requests set.
        has_hsts: Whether Strict-Transport-Security keeps cookies off http:.
        require_secure: Whether a cookie without Secure is a fault.
    """
    known: dict[tuple[str, str, str], tuple[Cookie, str, bool | None]] = {
        (cookie.name, cookie.domain, cookie.path): (cookie, "http", None) for cookie in set_over_http
    }
    for entry in jar:
        in_browser = _cookie_of(entry)
        key = (in_browser.name, in_browser.domain, in_browser.path)
        cookie, origin, _ = known.get(key, (in_browser, "other", None))
        known[key] = (cookie, origin, entry.get("expires", -1) == -1)
    listed = []
    for cookie, origin, ends_with_browser in known.values():
        checked = cookie if require_secure else replace(cookie, secure=True)
        faults = cookie_faults(checked, has_hsts=has_hsts)
        listed.append(ListedCookie(**asdict(cookie), session=ends_with_browser, origin=origin, faults=faults))
    return listed


def collect_cookies(responses: Iterable[tuple[str, Iterable[str]]]) -> tuple[Cookie, ...]:
    """Return the cookies that are kept after *responses*: pairs of a URL and its Set-Cookie headers, in order."""
    jar: dict[tuple[str, str, str], Cookie] = {}
    for url, headers in responses:
        for header in headers:
            parsed = parse_set_cookie(header, url)
            if parsed:
                cookie, is_kept = parsed
                key = (cookie.name, cookie.domain, cookie.path)
                jar.pop(key, None)
                if is_kept:
                    jar[key] = cookie
    return tuple(jar.values())


def _cookie_of(cookie: BrowserCookie) -> Cookie:
    """Return a cookie of the browser's as a `Cookie`."""
    return Cookie(
        name=str(cookie.get("name", "")),
        domain=str(cookie.get("domain", "")).removeprefix(".").lower(),
        path=str(cookie.get("path", "/")),
        secure=bool(cookie.get("secure")),
        http_only=bool(cookie.get("httpOnly")),
        same_site=str(cookie.get("sameSite", "")).lower(),
    )


def _is_expired(attributes: dict[str, str]) -> bool:
    """Return whether *attributes* make a cookie expire at once; Max-Age takes precedence over Expires."""
    age = attributes.get("max-age", "")
    if re.fullmatch("-?[0-9]+", age):
        return age.startswith("-") or not age.strip("0")
    try:
        expires = parsedate_to_datetime(attributes.get("expires", "").replace("-", " "))
    except (ValueError, OverflowError):
        return False
    return expires.replace(tzinfo=UTC) <= datetime.now(UTC)
