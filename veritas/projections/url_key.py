"""The host and the page of a recorded URL, by which runs are found, and the filter for those that a user names."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from store.log import UrlFilter
from store.text import storable
from veritas.default_ports import WEB_PORTS

_SCHEMES = {str(port): scheme for scheme, port in WEB_PORTS.items()}


def url_key(url: str | None) -> tuple[str | None, str | None]:
    """Return the host of *url* without its port, and its page; None if it has none.

    A page is the host, the port unless it is the default one of the URL's scheme, the path and the query.
    """
    parts = _split(url or "")
    if parts is None or not parts.hostname:
        return None, None
    return storable(parts.hostname), storable(_page(parts))


def url_filter(url: str) -> UrlFilter:
    """Return the filter for the runs of *url*: of that page, or of all pages of a host that is given without a scheme.

    A host without a port means every port of it, and a page without a scheme every scheme, unless its port is the
    default one of a scheme.
    """
    parts = _split(url if "://" in url else f"//{url}")
    if parts is None or not parts.hostname:
        return UrlFilter(url=storable(url))
    host = storable(parts.hostname)
    port = _port(parts)
    scheme = parts.scheme or _SCHEMES.get(port)
    is_page = parts.scheme or parts.path not in ("", "/") or parts.query
    parts = parts._replace(scheme=scheme or "")
    if is_page:
        return UrlFilter(host=host, page=storable(_page(parts)), scheme=scheme)
    if not port:
        return UrlFilter(host=host)
    return UrlFilter(host=host, pages_from=storable(f"{_authority(parts)}/"), scheme=scheme)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname
    except ValueError:
        return None
    return parts


def _page(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return f"{_authority(parts)}{parts.path or '/'}{query}"


def _authority(parts: SplitResult) -> str:
    """Return the host, with its port unless that is empty or the default one of the scheme."""
    authority, port = parts.netloc.lower(), _port(parts)
    if not port or _SCHEMES.get(port) == parts.scheme:
        return authority.removesuffix(f":{port}")
    return authority


def _port(parts: SplitResult) -> str:
    """Return the port as it is written; empty without one."""
    port = parts.netloc.rpartition(":")[2] if ":" in parts.netloc else ""
    return "" if port.endswith("]") else port  # of an IPv6 address
