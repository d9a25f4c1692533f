"""What an https: page loads over http:, where anyone on the way can read and change it (W3C Mixed Content)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from veritas.audit.headers.markup import Resource
from veritas.audit.identity.domains import host_of, same_site

_ENCRYPTED = ("https", "wss")
_OVER_THE_NETWORK = ("http", "https", "ws", "wss", "ftp")


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine itself: localhost and names under it, 127.0.0.0/8, ::1."""
    host = host_of(url)
    if host is None:
        return False
    if host.is_address:
        return ipaddress.ip_address(host.name).is_loopback
    return host.name == "localhost" or host.name.endswith(".localhost")


def is_trustworthy(url: str) -> bool:
    """Say whether what goes to or comes from *url* is encrypted on the network, or never gets there."""
    scheme = scheme_of(url)
    return scheme in _ENCRYPTED or scheme not in _OVER_THE_NETWORK or is_loopback(url)


def is_same_site(url: str, other: str) -> bool:
    """Say whether both addresses have the same registrable domain, or where they have none, the same host."""
    one, two = host_of(url), host_of(other)
    return one is not None and two is not None and same_site(one, two)


def scheme_of(url: str) -> str:
    """Return the scheme of *url* in lower case, or "" where it has none."""
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


# What browsers show all the same, over https: where they can; they block the rest.
PASSIVE_TYPES = frozenset({"image", "media"})


@dataclass(frozen=True)
class MixedContent:
    """One address that an https: page names or loads without encryption.

    Attributes:
        loaded_as: The element that names it, or the type of the browser's request.
        active: Whether it could change the page.
        status: What the browser got; None where it asked and got nothing, or where only the markup names it.
    """

    page: str
    url: str
    loaded_as: str
    active: bool
    status: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def find_mixed_content(
    page: str, resources: Iterable[Resource], requests: Iterable[Mapping[str, Any]]
) -> list[MixedContent]:
    """Return the mixed content of *page*, each address once.

    Args:
        page: The page's address; one that is not https: has no mixed content.
        resources: What its markup names.
        requests: What the browser asked for: url, resource_type, status.
    """
    if scheme_of(page) != "https":
        return []
    found: dict[str, MixedContent] = {}
    for mixed in (*_requested(page, requests), *_named(page, resources)):
        found.setdefault(mixed.url, mixed)
    return list(found.values())


def _requested(page: str, requests: Iterable[Mapping[str, Any]]) -> Iterator[MixedContent]:
    for request in requests:
        url, kind = str(request.get("url", "")), str(request.get("resource_type", ""))
        if not is_trustworthy(url):
            yield MixedContent(page, url, kind, kind not in PASSIVE_TYPES, request.get("status"))


def _named(page: str, resources: Iterable[Resource]) -> Iterator[MixedContent]:
    for resource in resources:
        if not is_trustworthy(resource.url):
            yield MixedContent(page, resource.url, resource.element, resource.active)
