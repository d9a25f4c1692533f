"""Make a `Login` of what the user gives: check it, and leave out what belongs to other sites."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from veritas.audit.identity.domains import Host, host_named, host_of, same_site
from veritas.audit.login import Login, origin_of
from veritas.audit.storage_state import Cookie, OriginStorage, StorageState
from veritas.default_ports import own_port
from veritas.errors import InvalidSetting

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
# Headers that another option sets, or that belong to one connection and not to a login.
_REMEDIES = {
    "cookie": "give --cookie",
    "user-agent": "give --user-agent",
    "accept-language": "give --locale",
    "proxy-authorization": "put the login into --proxy",
    **dict.fromkeys(("accept-encoding", "connection", "content-length", "host", "te", "trailer"), "leave it out"),
    **dict.fromkeys(("expect", "keep-alive", "transfer-encoding", "upgrade"), "leave it out"),
}


def parse_login(
    url: str,
    *,
    headers: Iterable[str] = (),
    cookies: Iterable[str] = (),
    basic_auth: str | None = None,
    storage_state: StorageState | None = None,
) -> Login:
    """Return the login for the audit of *url*.

    Args:
        url: The audited URL.
        headers: Each as `NAME: VALUE`.
        cookies: Each as in a Cookie header: `NAME=VALUE`, or several with `; ` between them.
        basic_auth: `USER:PASSWORD`.
        storage_state: The browser's storage; what belongs to other sites is left out.

    Raises:
        InvalidSetting: One of them is invalid, or there is nothing for this site; no message has a value.
    """
    parsed = [_parse_header(line) for line in headers]
    if basic_auth is not None:
        if ":" not in basic_auth:
            raise InvalidSetting("--basic-auth has no colon; give USER:PASSWORD.")
        parsed.append(("Authorization", f"Basic {b64encode(basic_auth.encode('utf-8', 'surrogateescape')).decode()}"))
    names = [name.lower() for name, _ in parsed]
    if twice := next((name for name, _ in parsed if names.count(name.lower()) > 1), None):
        raise InvalidSetting(f"The header {twice!r} is given twice; give it once.")
    given = StorageState() if storage_state is None else _of_site(storage_state, url)
    if storage_state is not None and not (given.cookies or given.origins):
        raise InvalidSetting(
            f"The storage state has nothing for {urlsplit(url).hostname!r}, or all of it has expired; save it "
            "again while you are logged in there."
        )
    own = [cookie for line in cookies for cookie in _parse_cookies(line, url)]
    total = 0 if storage_state is None else len(storage_state.cookies) + len(storage_state.origins)
    return Login(
        headers=tuple(parsed),
        origins=_origins(url) if parsed else (),
        state=StorageState((*given.cookies, *own), given.origins),
        left_out=total - len(given.cookies) - len(given.origins),
    )


def _parse_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise InvalidSetting("--header has no name with a colon after it; give NAME: VALUE.")
    if not value or not value.isascii() or not value.isprintable():
        raise InvalidSetting(
            f"The header {name!r} has no value, or one that cannot be sent; give printable ASCII text."
        )
    if remedy := _REMEDIES.get(name.lower()):
        raise InvalidSetting(f"The header {name!r} cannot be given by --header; {remedy}.")
    return name, value


def _parse_cookies(line: str, url: str) -> Iterator[Cookie]:
    """Yield the cookies of a Cookie header, for the host of *url*."""
    host = _audited(url).name
    domain = f"[{host}]" if ":" in host else host
    for pair in filter(None, map(str.strip, line.split(";"))):
        name, equals, value = pair.partition("=")
        if not equals or not _TOKEN.fullmatch(name):
            raise InvalidSetting("--cookie has no name with = after it; give NAME=VALUE.")
        if not value.isascii() or not value.isprintable():
            raise InvalidSetting(f"The cookie {name!r} has a value that cannot be sent; give printable ASCII text.")
        yield Cookie(name, value, domain, secure=url.startswith("https:"))


def _of_site(state: StorageState, url: str) -> StorageState:
    """Return what belongs to the site of *url* and has not expired."""
    audited = _audited(url)

    def belongs(name: str | None) -> bool:
        host = host_named(name) if name else None
        return host is not None and same_site(host, audited)

    return StorageState(
        tuple(cookie for cookie in state.cookies if belongs(cookie.host) and not cookie.is_expired),
        tuple(storage for storage in state.origins if belongs(_hostname(storage))),
    )


def _audited(url: str) -> Host:
    """Return the host of *url*, which browsers must know by the same name."""
    host, written = host_of(url), urlsplit(url).hostname or ""
    usual = host is not None and (host.name == written or not written.isascii())
    if host is None or not usual or (not host.is_address and host.name.rpartition(".")[2].isdigit()):
        raise InvalidSetting(
            f"The host of {url!r} is not written as browsers write it; give its usual form, so that the login is sent."
        )
    return host


def _hostname(storage: OriginStorage) -> str | None:
    try:
        return urlsplit(storage.origin).hostname
    except ValueError:
        return None


def _origins(url: str) -> tuple[str, ...]:
    """Return the origins that get the headers: that of *url*, and its encrypted one where http: leads to it."""
    _audited(url)
    origin = origin_of(url)
    if urlsplit(url).scheme == "http" and own_port(urlsplit(url)) is None:
        return origin, f"https{origin.removeprefix('http')}"
    return (origin,)
