"""The Login: the headers, cookies and local storage with which an audit sees a site as someone who is logged in.

Headers go to the origin of the audited URL only, and across no redirect to another. Cookies go where a browser sends
them, and only those of the audited site are used. No value is ever recorded: `Login.use` names what was used.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from veritas.audit.browser_records import BrowserCookie
from veritas.audit.egress.addresses import authority, normal_host
from veritas.audit.storage_state import StorageState
from veritas.default_ports import WEB_PORTS, own_port
from veritas.events.login_use import LoginUse
from veritas.secrets import Secrets
from veritas.secrets.names import is_login_name

_ORDINARY = re.compile(r"[A-Za-z]{1,15}|https?://\S*", re.I)  # a word or an address


class Login(msgspec.Struct, frozen=True):
    """What an audit logs in with. Its `repr` has no value.

    Attributes:
        headers: The headers, each with its value.
        origins: The origins that get the headers, such as `https://shop.test`.
        state: The cookies and the local storage that the browser begins with.
        left_out: How many cookies and origins of a storage state are not used, because they belong to other sites or
            have expired.
    """

    headers: tuple[tuple[str, str], ...] = ()
    origins: tuple[str, ...] = ()
    state: StorageState = StorageState()
    left_out: int = 0

    @property
    def use(self) -> LoginUse | None:
        """What the log may say of it; None if nothing is used."""
        if not (self.headers or self.state.cookies or self.state.origins):
            return None
        return LoginUse(
            headers=[name for name, _ in self.headers],
            origins=list(self.origins),
            cookies=_distinct(cookie.name for cookie in self.state.cookies),
            cookie_hosts=_distinct(cookie.host for cookie in self.state.cookies),
            storage=[storage.origin for storage in self.state.origins],
            left_out=self.left_out,
        )

    def headers_for(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the headers that a request of *url* gets; none for another origin."""
        return self.headers if origin_of(url) in self.origins else ()

    def all_headers_for(self, url: str) -> dict[str, str]:
        """Return the headers for a request of *url* that the browser does not send, with the cookies that it would."""
        sent = [f"{cookie.name}={cookie.value}" for cookie in self.state.cookies if cookie.is_sent_to(url)]
        return dict(self.headers_for(url)) | ({"Cookie": "; ".join(sent)} if sent else {})

    def has_cookie(self, cookie: BrowserCookie) -> bool:
        """Return whether a cookie of the browser is one of the login's, as it was given."""
        place = cookie["name"], cookie["value"], cookie["domain"].removeprefix("."), cookie["path"]
        return any((given.name, given.value, given.host, given.path) == place for given in self.state.cookies)

    def register(self, secrets: Secrets) -> None:
        """Make *secrets* mask every value.

        A header or a cookie may be no secret: it is `staging` or the host, which all URLs of the log have. So a word,
        an address and a part of the audited origin are masked only if the name is that of a secret. Of stored items
        only what looks like a secret is masked.
        """
        for name, value in self.headers:
            self._add(secrets, name, value)
            scheme, _, credentials = value.partition(" ")
            if scheme.lower() == "basic":
                secrets.add("password", _password_in(credentials))
        for cookie in self.state.cookies:
            for spelling in {cookie.value, unquote(cookie.value)}:  # sites show it decoded
                self._add(secrets, cookie.name, spelling)
        for storage in self.state.origins:
            for item in storage.local_storage:
                secrets.learn(item.name, item.value)
                for name, value in _texts_in(item.name, _json_of(item.value)):
                    secrets.learn(name, value)
            for name, value in _texts_in("", storage.indexed_db):
                secrets.learn(name, value)

    def _add(self, secrets: Secrets, name: str, value: str) -> None:
        public = (*self.origins, *(cookie.host for cookie in self.state.cookies))
        if is_login_name(name) or not (_ORDINARY.fullmatch(value) or any(value.lower() in text for text in public)):
            secrets.add(name, value)

    def __repr__(self) -> str:
        return f"Login({self.use})"


def _password_in(credentials: str) -> str:
    """Return the password in the credentials of Basic authentication; empty if they are invalid."""
    try:
        return b64decode(credentials).decode(errors="replace").partition(":")[2]
    except ValueError:
        return ""


def _json_of(text: str) -> Any:
    """Return what a stored item has as JSON, in which sites keep several tokens; None if it is not JSON."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None


def _texts_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each text in *value*, which is JSON, with the name of its member."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_in(key, item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(name, item)


def origin_of(url: str) -> str:
    """Return the origin of *url* as browsers write it; empty if it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", own_port(parts)
        host = host if host.isascii() else normal_host(host)
    except ValueError:
        return ""
    if not host or parts.scheme not in WEB_PORTS:
        return ""
    return f"{parts.scheme}://{authority(host, port)}"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
