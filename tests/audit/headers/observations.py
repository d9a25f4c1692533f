"""Observations made up by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veritas.audit.headers import Cookie, Exchange, Observation
from veritas.audit.headers.markup import read_markup

HOST = "shop.example.org"
URL = f"https://{HOST}/"

Headers = Mapping[str, str | list[str]]


def exchange(headers: Headers | None = None, *, verified: bool = True, **asked: str) -> Exchange:
    """Return an answer with *headers*; a list stands for the same header sent several times."""
    return Exchange(
        200,
        tuple(
            (name, value)
            for name, values in (headers or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ),
        verified=verified,
        request_headers=tuple(asked.items()),
    )


def observe(headers: Headers | None = None, *, html: str = "", url: str = URL, **others: Any) -> Observation:
    """Return an observation of a page with *headers* and the markup *html*."""
    known: dict[str, Any] = {
        "host": HOST,
        "url": url,
        "page": exchange(headers),
        "http": exchange(),
        "https": exchange(),
        "http_route": (f"http://{HOST}/", URL),
        "markup": read_markup(html, url),
    }
    return Observation(**known | others)


def cookie(name: str, *flags: str) -> Cookie:
    """Return a cookie with *flags* among `secure`, `http_only`, and the values of SameSite."""
    same_site = next((flag for flag in flags if flag in ("strict", "lax", "none")), "")
    return Cookie(name, HOST, secure="secure" in flags, http_only="http_only" in flags, same_site=same_site)
