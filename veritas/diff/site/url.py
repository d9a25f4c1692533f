"""Normalised addresses of sites and pages: addresses of the same page are equal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import quote, urlsplit

from veritas.default_ports import WEB_PORTS
from veritas.errors import InvalidUrl

_USUAL_PORTS = (None, *WEB_PORTS.values())
_UNESCAPED = "%/?:@!$&'()*+,;=~-._[]"  # in a path and a query; browsers escape the rest, people may not
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")


@dataclass(frozen=True, order=True)
class Page:
    """A page, regardless of how its address is written.

    `http:` and `https:` are the same site, because many sites have moved from one to the other. The ports 80 and 443, a
    host's case, a slash at the end, and the fragment are ignored as well.

    Attributes:
        host: The host, and its port unless it is a usual one.
        path: The path without a slash at its end, and the query; "" for the start page.
    """

    host: str
    path: str

    @classmethod
    def of(cls, url: str) -> Page | None:
        """Return the page of a URL; None if *url* is not a valid http: or https: URL."""
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        if parts.scheme not in WEB_PORTS or not host:
            return None
        host = f"[{host}]" if ":" in host else _in_ascii(host.rstrip("."))
        host_and_port = host if port in _USUAL_PORTS else f"{host}:{port}"
        query = f"?{parts.query}" if parts.query else ""
        return cls(host_and_port, quote(parts.path.rstrip("/") + query, safe=_UNESCAPED, errors="backslashreplace"))

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.host}{self.path or '/'}"


@dataclass(frozen=True)
class SiteAddress:
    """The address of one page, or of all pages of a host.

    Attributes:
        text: The address as given.
        host: The host, in the form of `Page.host`.
        path: The page's path; None for all pages.
    """

    text: str
    host: str
    path: str | None

    @classmethod
    def parse(cls, text: str) -> SiteAddress:
        """Parse a URL, which means that page, or a host (`example.com`, `localhost:8080`), which means all its pages.

        Raises:
            InvalidUrl: The text is neither.
        """
        has_scheme = bool(_SCHEME.match(text))
        page = Page.of(text if has_scheme else f"https://{text}")
        if page is None or any(character.isspace() or not character.isprintable() for character in text):
            raise InvalidUrl(f"Invalid site {text!r}; give a URL such as 'https://example.com/', or a host.")
        is_host = not has_scheme and "/" not in text and "?" not in text
        return cls(text, page.host, None if is_host else page.path)

    def __contains__(self, page: Page) -> bool:
        return page.host == self.host and self.path in (None, page.path)

    def nearest(self, pages: Iterable[Page], most: int = 3) -> list[str]:
        """Return the most similar addresses among *pages*: other pages of the host, or else other hosts."""
        known = sorted(set(pages))
        of_host = [str(page) for page in known if page.host == self.host]
        if of_host:
            return get_close_matches(f"{self.host}{self.path or '/'}", of_host, most, cutoff=0) or of_host[:most]
        return get_close_matches(self.host, sorted({page.host for page in known}), most, cutoff=0.4)


def _in_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # not a name that could be resolved
        return host
