"""The test `cookies`, and the parser of `Set-Cookie` headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from veritas.audit.browser_records import BrowserCookie
from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.https import check_hsts
from veritas.audit.headers.origins import is_trustworthy
from veritas.audit.headers.responses import Cookie, RefusedCookie, SiteResponses
from veritas.audit.identity.domains import host_named
from veritas.formatting import count

SET_COOKIE = "set-cookie"
SAME_SITE = frozenset({"strict", "lax", "none"})

# Set by Heroku's load balancer; the sites that it serves cannot change it.
IGNORED = frozenset({"heroku-session-affinity"})

_MAX_SIZE = 4096  # bytes of name and value; those of one attribute that has more than the next are ignored
_MAX_ATTRIBUTE = 1024
_MAX_NAME = 100  # characters of a name that are shown
_MAX_LISTED = 5

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


class CookieRefused(ValueError):
    """Browsers refuse a cookie.

    Attributes:
        cookie: The cookie and the reason.
    """

    def __init__(self, cookie: RefusedCookie) -> None:
        super().__init__(cookie.reason)
        self.cookie = cookie


class CollectedCookies(NamedTuple):
    """The cookies that a site sets: those that browsers keep, and those that they refuse, each of these once."""

    kept: tuple[Cookie, ...]
    refused: tuple[RefusedCookie, ...]


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
        return _with_refused(CheckResult.of("cookies", "cookies-not-found", header=SET_COOKIE), site)
    has_hsts = check_hsts(site).passed
    faults = [(fault, cookie.name) for cookie in cookies for fault in cookie_faults(cookie, has_hsts=has_hsts)]
    for header in site.page.values(SET_COOKIE) if site.page else ():
        if not has_valid_same_site(header) and _is_accepted(header, site.url):
            faults.append(("cookies-samesite-flag-invalid", header.partition("=")[0].strip()))
    if faults:
        result = max((fault for fault, _ in faults), key=_ORDER.index)
    elif all(cookie.same_site for cookie in cookies):
        result = "cookies-secure-with-httponly-sessions-and-samesite"
    else:
        result = "cookies-secure-with-httponly-sessions"
    at_fault = sorted({name for fault, name in faults if fault == result})
    measured = {"cookies": len(cookies), "at_fault": at_fault}
    check = CheckResult.of("cookies", result, header=SET_COOKIE, value=", ".join(at_fault), measured=measured)
    return _with_refused(check, site)


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
    """Return the cookie that *url* sets with *header* and whether it is kept; None without a name, which is not judged.

    The syntax is that of RFC 6265bis, section 5.6.

    Raises:
        CookieRefused: Browsers refuse the cookie (section 5.7).
    """
    pair, *parts = header.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name:
        return None
    attributes = {
        key.strip().lower(): text.strip()
        for key, _, text in (part.partition("=") for part in parts)
        if len(text.strip().encode()) <= _MAX_ATTRIBUTE
    }
    split_url = urlsplit(url)
    host = (split_url.hostname or "").lower()
    domain = attributes.get("domain", "").removeprefix(".").lower() or host
    path = attributes.get("path", "")
    reason = _refusal(name, value, header, attributes, url) or _refusal_of_domain(domain, host)
    if reason:
        raise CookieRefused(RefusedCookie(_CONTROL.sub("\ufffd", name)[:_MAX_NAME], reason))
    same_site = attributes.get("samesite", "").lower()
    cookie = Cookie(
        name=name,
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


def collect_cookies(responses: Iterable[tuple[str, Iterable[str]]]) -> CollectedCookies:
    """Return the cookies after *responses*: pairs of a URL and its Set-Cookie headers, in order."""
    jar: dict[tuple[str, str, str], Cookie] = {}
    refused: dict[RefusedCookie, None] = {}
    for url, headers in responses:
        for header in headers:
            try:
                parsed = parse_set_cookie(header, url)
            except CookieRefused as refusal:
                refused[refusal.cookie] = None
                continue
            if parsed:
                cookie, is_kept = parsed
                key = (cookie.name, cookie.domain, cookie.path)
                jar.pop(key, None)
                if is_kept:
                    jar[key] = cookie
    return CollectedCookies(tuple(jar.values()), tuple(refused))


def _with_refused(check: CheckResult, site: SiteResponses) -> CheckResult:
    """Return *check* with the cookies that browsers refuse, which do not count."""
    refused = site.refused_cookies
    if not refused:
        return check
    listed = ", ".join(f"{cookie.name!r} ({cookie.reason})" for cookie in refused[:_MAX_LISTED])
    detail = "The site sets no cookie that browsers accept." if check.result == "cookies-not-found" else check.detail
    return replace(
        check,
        detail=f"{detail} Browsers refuse {count(len(refused), 'cookie')}: {listed}.",
        measured={**check.measured, "refused": [cookie.name for cookie in refused]},
    )


def _is_accepted(header: str, url: str) -> bool:
    try:
        return parse_set_cookie(header, url) is not None
    except CookieRefused:
        return False


def _refusal(name: str, value: str, header: str, attributes: Mapping[str, str], url: str) -> str:
    """Return why browsers refuse a cookie, apart from its domain; "" if they accept it."""
    secure, prefix = "secure" in attributes, name.lower()
    if _CONTROL.search(header):
        return "it has a control character"
    if len(name.encode()) + len(value.encode()) > _MAX_SIZE:
        return f"it has more than {_MAX_SIZE:,} bytes"
    if secure and not is_trustworthy(url):
        return "it has Secure, but came over http:"
    if prefix.startswith("__secure-") and not secure:
        return "its name requires Secure"
    if prefix.startswith("__host-") and not (
        secure and attributes.get("path") == "/" and not attributes.get("domain", "")
    ):
        return "its name requires Secure, Path=/ and no Domain"
    if attributes.get("samesite", "").lower() == "none" and not secure:
        return "SameSite=None requires Secure"
    return "Partitioned requires Secure" if "partitioned" in attributes and not secure else ""


def _refusal_of_domain(domain: str, host: str) -> str:
    """Return why browsers refuse a cookie of *host* for *domain*; "" if they accept it."""
    if domain == host:
        return ""
    if not host.endswith(f".{domain}") or re.fullmatch(r"[0-9.]+", host):
        return f"its Domain {domain[:_MAX_NAME]!r} is not that of the site"
    suffix = host_named(domain)
    if suffix is None or (suffix.registrable is None and (suffix.public or "." not in domain)):
        return f"its Domain {domain[:_MAX_NAME]!r} is a public suffix, shared by many sites"
    return ""


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
