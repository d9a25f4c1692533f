"""A storage state as Playwright saves it: the cookies and the local storage of a browser that is logged in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from veritas.errors import InvalidSetting

_MAX_FILE = 50_000_000  # bytes


class Cookie(msgspec.Struct, frozen=True, rename="camel"):
    """A cookie. Its `repr` has no value.

    Attributes:
        name: Its name.
        value: Its value.
        domain: The host that it is sent to; with a dot before it, also to the hosts under it.
        path: The path that it is sent to.
        expires: When it expires, in seconds since the epoch, UTC; -1 for a session cookie.
        http_only: Whether scripts cannot read it.
        secure: Whether it is sent over encrypted connections only.
        same_site: Whether it is sent with requests from other sites.
    """

    name: str
    value: str
    domain: str
    path: str = "/"
    expires: float = -1
    http_only: bool = False
    secure: bool = False
    same_site: Literal["Strict", "Lax", "None"] = "Lax"

    @property
    def host(self) -> str:
        """The host, without a dot before it."""
        return self.domain.removeprefix(".").lower()

    @property
    def is_expired(self) -> bool:
        """Whether the browser would not send it any more."""
        return self.expires >= 0 and self.expires < time.time()

    def is_sent_to(self, url: str) -> bool:
        """Return whether a browser sends it to *url* (RFC 6265, section 5.4)."""
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path or "/"
        has_host = host == self.host or (self.domain.startswith(".") and host.endswith(f".{self.host}"))
        has_path = path == self.path or path.startswith(f"{self.path.rstrip('/')}/")
        return has_host and has_path and (parts.scheme == "https" or not self.secure) and not self.is_expired

    def __repr__(self) -> str:
        return f"Cookie({self.name!r}, domain={self.domain!r})"


class StoredItem(msgspec.Struct, frozen=True):
    """An item of the local storage. Its `repr` has no value."""

    name: str
    value: str

    def __repr__(self) -> str:
        return f"StoredItem({self.name!r})"


class OriginStorage(msgspec.Struct, frozen=True, rename="camel"):
    """What an origin has stored in the browser.

    Attributes:
        origin: The origin.
        local_storage: Its local storage.
        indexed_db: Its databases, as Playwright describes them.
    """

    origin: str
    local_storage: tuple[StoredItem, ...] = ()
    indexed_db: tuple[dict[str, Any], ...] = msgspec.field(default=(), name="indexedDB")

    def __repr__(self) -> str:
        return f"OriginStorage({self.origin!r})"


class StorageState(msgspec.Struct, frozen=True):
    """A browser's cookies and local storage.

    Attributes:
        cookies: The cookies.
        origins: The local storage of each origin.
    """

    cookies: tuple[Cookie, ...] = ()
    origins: tuple[OriginStorage, ...] = ()

    @classmethod
    def read(cls, path: Path) -> StorageState:
        """Read the file that Playwright's `storage_state(path=…)` wrote.

        Raises:
            InvalidSetting: It cannot be read, or is another file.
        """
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_FILE + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidSetting(f"The storage state {str(path)!r} cannot be read: {reason}; check its name.") from None
        if len(content) > _MAX_FILE:
            raise InvalidSetting(
                f"The storage state {str(path)!r} has more than {_MAX_FILE:,} bytes; save it without IndexedDB."
            )
        try:
            state = msgspec.json.decode(content, type=cls)
            if not (state.cookies or state.origins):
                raise ValueError("it has neither cookies nor origins")
        except ValueError as error:  # msgspec's errors name the place and the type, and no value
            reason = str(error)[:200]
            raise InvalidSetting(
                f"{str(path)!r} is not a storage state of Playwright ({reason}); save one with `context.storage_state("
                "path=…)`."
            ) from None
        return state

    def for_playwright(self) -> Any:
        """Return it in the form in which Playwright takes it."""
        return msgspec.to_builtins(self)
