"""The host and the page of a recorded URL, by which runs are found, and the filter for those that a user names."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from store.log import UrlFilter
from store.text import storable


def url_key(url: str | None) -> tuple[str | None, str | None]:
    """Return the host of *url* without its port, and its page: the host, port, path and query; None if it has none."""
    parts = _split(url or "")
    if parts is None or not parts.hostname:
        return None, None
    return storable(parts.hostname), storable(_page(parts))


def url_filter(url: str) -> UrlFilter:
    """Return the filter for the runs of *url*: of that page, or of all pages of a host that is given without a scheme.

    A host without a port means every port of it, and a page without a scheme every scheme.
    """
    parts = _split(url if "://" in url else f"//{url}")
    if parts is None or not parts.hostname:
        return UrlFilter(url=storable(url))
    host = storable(parts.hostname)
    if parts.scheme or parts.path not in ("", "/") or parts.query:
        return UrlFilter(host=host, page=storable(_page(parts)), scheme=parts.scheme or None)
    if parts.netloc.lower() in (parts.hostname, f"[{parts.hostname}]"):  # an IPv6 address has brackets
        return UrlFilter(host=host)
    return UrlFilter(host=host, pages_from=storable(f"{parts.netloc.lower()}/"))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname
    except ValueError:
        return None
    return parts


def _page(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path or '/'}{query}"
