"""What an https: page loads over http:, where anyone on the way can read and change it (W3C Mixed Content)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from veritas.audit.headers.markup import Resource
from veritas.audit.headers.origins import is_trustworthy, scheme_of

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
