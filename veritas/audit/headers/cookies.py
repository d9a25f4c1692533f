"""The test `cookies`, and how `Set-Cookie` headers become cookies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from veritas.audit.headers.https import check_hsts
from veritas.audit.headers.observation import CheckResult, Cookie, Observation, verdict

SET_COOKIE = "set-cookie"
SAME_SITE = frozenset({"strict", "lax", "none"})

# Set by a load balancer of Heroku's, out of the reach of the sites that it serves.
IGNORED = frozenset({"heroku-session-affinity"})

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# From the least to the worst.
_ORDER = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)


def check_cookies(observation: Observation) -> CheckResult:
    """Judge the cookies that the site sets over HTTP, by the worst of them."""
    cookies = [cookie for cookie in observation.cookies if cookie.name and cookie.name not in IGNORED]
    if not cookies:
        return verdict("cookies", "cookies-not-found", header=SET_COOKIE)
    has_hsts = check_hsts(observation).passed
    faults = [(fault, cookie.name) for cookie in cookies for fault in cookie_faults(cookie, has_hsts=has_hsts)]
    for header in observation.page.values(SET_COOKIE) if observation.page else ():
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
    return verdict("cookies", result, header=SET_COOKIE, value=", ".join(at_fault), measured=measured)


def cookie_faults(cookie: Cookie, *, has_hsts: bool) -> list[str]:
    """Return the outcomes that *cookie* calls for; none where nothing is wrong with it."""
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
    """Say whether a cookie of this *name* is taken for one that says who is logged in."""
    return any(part in name.lower() for part in ("login", "sess"))


def has_valid_same_site(header: str) -> bool:
    """Say whether the SameSite attributes of a Set-Cookie *header* are ones that exist; having none is valid."""
    attributes = (part.partition("=") for part in header.lower().split(";"))
    return all(value.strip() in SAME_SITE for name, _, value in attributes if name.strip() == "samesite")


def parse_set_cookie(header: str, url: str) -> tuple[Cookie, bool] | None:
    """Return the cookie that *url* sets with *header* and whether it stays, or None where browsers would keep none.

    The syntax is that of RFC 6265bis, section 5.6; the public-suffix list is not asked.
    """
    pair, *parts = header.split(";")
    name, equals, _ = pair.partition("=")
    if not equals or not name.strip() or _CONTROL.search(header):
        return None
    given = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in parts)}
    address = urlsplit(url)
    host = (address.hostname or "").lower()
    domain = given.get("domain", "").removeprefix(".").lower() or host
    if host != domain and not host.endswith(f".{domain}"):
        return None
    same_site = given.get("samesite", "").lower()
    path = given.get("path", "")
    cookie = Cookie(
        name=name.strip(),
        domain=domain,
        path=path if path.startswith("/") else address.path.rpartition("/")[0] or "/",
        secure="secure" in given,
        http_only="httponly" in given,
        same_site=same_site if same_site in SAME_SITE else "",
    )
    return cookie, not _is_over(given)


def list_cookies(
    jar: Iterable[Mapping[str, Any]], set_over_http: Iterable[Cookie], *, has_hsts: bool, ask_for_secure: bool
) -> list[dict[str, Any]]:
    """Return every cookie that is known, without its value.

    Args:
        jar: The browser's cookies: name, domain, path, expires, httpOnly, secure, sameSite.
        set_over_http: What the answers to page requests set.
        has_hsts: Whether strict transport security keeps cookies off http:.
        ask_for_secure: Whether a cookie without Secure is at fault.

    Returns:
        Of each: name, domain, path, secure, http_only, same_site; session, whether it ends with the browser, None
        where that is not known; origin, `http`, or `other` for a script's or a sub-resource's, whose same_site is
        then what the browser makes of it; and faults, named like the outcomes of the test `cookies`.
    """
    known = {(cookie.name, cookie.domain, cookie.path): (cookie, "http", None) for cookie in set_over_http}
    for kept in jar:
        cookie = _kept(kept)
        key = (cookie.name, cookie.domain, cookie.path)
        said, origin, _ = known.get(key, (cookie, "other", None))
        known[key] = (said, origin, kept.get("expires", -1) == -1)
    listed = []
    for cookie, origin, ends_with_browser in known.values():
        judged = cookie if ask_for_secure else replace(cookie, secure=True)
        faults = cookie_faults(judged, has_hsts=has_hsts)
        listed.append({**asdict(cookie), "session": ends_with_browser, "origin": origin, "faults": faults})
    return listed


def collect_cookies(answers: Iterable[tuple[str, Iterable[str]]]) -> tuple[Cookie, ...]:
    """Return the cookies that remain after *answers*: pairs of an address and its Set-Cookie headers, in order."""
    jar: dict[tuple[str, str, str], Cookie] = {}
    for url, headers in answers:
        for header in headers:
            parsed = parse_set_cookie(header, url)
            if parsed:
                cookie, stays = parsed
                key = (cookie.name, cookie.domain, cookie.path)
                jar.pop(key, None)
                if stays:
                    jar[key] = cookie
    return tuple(jar.values())


def _kept(cookie: Mapping[str, Any]) -> Cookie:
    return Cookie(
        name=str(cookie.get("name", "")),
        domain=str(cookie.get("domain", "")).removeprefix(".").lower(),
        path=str(cookie.get("path", "/")),
        secure=bool(cookie.get("secure")),
        http_only=bool(cookie.get("httpOnly")),
        same_site=str(cookie.get("sameSite", "")).lower(),
    )


def _is_over(given: dict[str, str]) -> bool:
    """Say whether the attributes *given* make a cookie expire at once; Max-Age counts before Expires."""
    age = given.get("max-age", "")
    if re.fullmatch("-?[0-9]+", age):
        return age.startswith("-") or not age.strip("0")
    try:
        expires = parsedate_to_datetime(given.get("expires", "").replace("-", " "))
    except (ValueError, OverflowError):
        return False
    return expires.replace(tzinfo=UTC) <= datetime.now(UTC)
