"""Responses of a made-up site, as the checks read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veritas.audit.headers import Cookie, Exchange, SiteResponses
from veritas.audit.headers.markup import read_markup

HOST = "shop.example.org"
URL = f"https://{HOST}/"

Headers = Mapping[str, str | list[str]]


def exchange(headers: Headers | None = None, *, verified: bool = True, **request_headers: str) -> Exchange:
    """Return an exchange with the response *headers*; a list means the same header sent several times."""
    return Exchange(
        200,
        tuple(
            (name, value)
            for name, values in (headers or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ),
        verified=verified,
        request_headers=tuple(request_headers.items()),
    )


def responses(headers: Headers | None = None, *, html: str = "", url: str = URL, **others: Any) -> SiteResponses:
    """Return the responses of a site whose page has *headers* and the content *html*."""
    defaults: dict[str, Any] = {
        "host": HOST,
        "url": url,
        "page": exchange(headers),
        "http": exchange(),
        "https": exchange(),
        "http_chain": (f"http://{HOST}/", URL),
        "markup": read_markup(html, url),
    }
    return SiteResponses(**defaults | others)


def cookie(name: str, *flags: str) -> Cookie:
    """Return a cookie with *flags*: `secure`, `http_only`, or a value of SameSite."""
    same_site = next((flag for flag in flags if flag in ("strict", "lax", "none")), "")
    return Cookie(name, HOST, secure="secure" in flags, http_only="http_only" in flags, same_site=same_site)
