"""Mixed content: what an https: page loads over http:, where anyone on the network can read and change it (W3C)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from veritas.audit.browser_records import RequestRecord
from veritas.audit.headers.markup import Resource
from veritas.audit.headers.origins import is_trustworthy, scheme_of

# The types of request that browsers upgrade to https: or load anyway; they block the others.
PASSIVE_TYPES = frozenset({"image", "media"})


@dataclass(frozen=True)
class MixedContent:
    """One resource that an https: page names or loads without encryption.

    Attributes:
        page: The page's URL.
        url: The resource's URL.
        loaded_as: The element that names the resource, or the type of the browser's request.
        active: Whether the resource could change the page.
        status: The status that the browser received; None if it received no response, or if only the HTML names the
            resource.
    """

    page: str
    url: str
    loaded_as: str
    active: bool
    status: int | None = None


def find_mixed_content(
    page: str, resources: Iterable[Resource], requests: Iterable[RequestRecord]
) -> list[MixedContent]:
    """Return the mixed content of *page*, each URL once.

    Args:
        page: The page's URL; a page that is not https: has no mixed content.
        resources: The resources that the page's HTML names.
        requests: The browser's requests.
    """
    if scheme_of(page) != "https":
        return []
    by_url: dict[str, MixedContent] = {}
    for mixed in (*_requested(page, requests), *_named(page, resources)):
        by_url.setdefault(mixed.url, mixed)
    return list(by_url.values())


def _requested(page: str, requests: Iterable[RequestRecord]) -> Iterator[MixedContent]:
    for request in requests:
        url, kind = request["url"], request["resource_type"]
        if not is_trustworthy(url):
            yield MixedContent(page, url, kind, kind not in PASSIVE_TYPES, request["status"])


def _named(page: str, resources: Iterable[Resource]) -> Iterator[MixedContent]:
    for resource in resources:
        if not is_trustworthy(resource.url):
            yield MixedContent(page, resource.url, resource.element, resource.active)
