"""A site's HTTP responses as the checks read them: `SiteResponses`, `Exchange` and `Cookie`."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from veritas.audit.headers.markup import HtmlMarkup


@dataclass(frozen=True)
class Exchange:
    """One request and its response.

    Attributes:
        status: The response's status; 0 if only the connection was made.
        headers: The response's headers as sent: order, case and duplicates are kept.
        verified: Whether every certificate in the redirect chain is valid.
        request_headers: The request's headers that matter to the checks.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    verified: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of the response header *name*, in order."""
        return _values(self.headers, name)

    def first(self, name: str) -> str:
        """Return the first value of the response header *name*, or "" if it is missing."""
        return next(iter(self.values(name)), "")

    @property
    def media_type(self) -> str:
        """The response's media type, such as `text/html`; "" if it is missing."""
        return self.first("content-type").partition(";")[0].strip().lower()

    def request_header(self, name: str) -> str:
        """Return the first value of the request header *name*, or "" if it is missing."""
        return next(iter(_values(self.request_headers, name)), "")


@dataclass(frozen=True)
class Cookie:
    """A cookie as the site set it; *same_site* is lower case, and "" if the attribute is missing or invalid."""

    name: str
    domain: str = ""
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = ""


class RefusedCookie(msgspec.Struct, frozen=True):
    """A cookie that the site sets and that browsers refuse, so that it has no effect.

    Attributes:
        name: The cookie's name.
        reason: Why browsers refuse it.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class SiteResponses:
    """The input of the checks.

    Attributes:
        host: The host that was asked for.
        url: The page's URL; its scheme is the one that pages of the site are loaded with.
        page: The page's final response, after redirects.
        http: The final response for the http:// URL; None if nothing answers there.
        https: The final response for the https:// URL; None if nothing answers there.
        cors: The response to a request with a foreign origin.
        http_chain: The redirect chain of the http:// URL: its URLs, the first one included.
        cookies: The cookies that the site set over HTTP.
        refused_cookies: The cookies that the site set over HTTP and that browsers refuse.
        markup: The page's HTML.
        preloaded: Those hosts of the redirect chain that are on the HSTS preload list; None if that is not known.
    """

    host: str
    url: str
    page: Exchange | None = None
    http: Exchange | None = None
    https: Exchange | None = None
    cors: Exchange | None = None
    http_chain: tuple[str, ...] = ()
    cookies: tuple[Cookie, ...] = ()
    refused_cookies: tuple[RefusedCookie, ...] = ()
    markup: HtmlMarkup = field(default_factory=HtmlMarkup)
    preloaded: frozenset[str] | None = None


def _values(headers: tuple[tuple[str, str], ...], name: str) -> tuple[str, ...]:
    return tuple(value for header, value in headers if header.lower() == name)
