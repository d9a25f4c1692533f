"""The organisation that a page describes for machines: schema.org's Organization in JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from veritas.audit.identity.contacts import one_line

# Runs in the page. What stands in <address> is read along with it: both are markup that says who somebody is.
READ_MARKUP = """() => ({
  json_ld: Array.from(document.querySelectorAll('script[type="application/ld+json" i]'))
    .slice(0, 20).map(script => (script.textContent || '').slice(0, 100000)),
  addresses: Array.from(document.querySelectorAll('address'))
    .slice(0, 5).map(element => (element.innerText || '').slice(0, 500)),
})"""

_ORGANIZATION_ENDINGS = ("organization", "business", "corporation", "store", "company", "shop", "restaurant", "hotel")
_OWNING = ("publisher", "copyrightHolder", "provider", "mainEntity", "mainEntityOfPage", "parentOrganization")
_MAX_NODES = 500
_MAX_DEPTH = 6
_MAX_TEXT = 200


@dataclass(frozen=True)
class Organization:
    """An organisation as JSON-LD gives it; what is not given is empty."""

    names: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def find_organizations(scripts: Any) -> list[Organization]:
    """Return the organisations that JSON-LD *scripts* name as the page's own; a product's brand is somebody else.

    Args:
        scripts: A list of strings, unless the page tampered with what reads it.
    """
    found: list[Organization] = []
    for script in _listed(scripts):
        try:
            value = json.loads(script) if isinstance(script, str) else None
        except (ValueError, RecursionError):
            continue
        found.extend(_organization(node) for node in _owners(value, [_MAX_NODES]))
    return [organization for organization in found if organization != Organization()]


def _owners(value: Any, budget: list[int], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the nodes that are organisations, at the top, in a `@graph`, or as the owner of one of those."""
    budget[0] -= 1
    if budget[0] < 0 or depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _owners(item, budget, depth + 1)
    elif isinstance(value, dict):
        if any(kind.lower().endswith(_ORGANIZATION_ENDINGS) for kind in _texts(value.get("@type"))):
            yield value
        for name in ("@graph", *_OWNING):
            if name in value:
                yield from _owners(value[name], budget, depth + 1)


def _organization(node: Mapping[str, Any]) -> Organization:
    contact_points = node.get("contactPoint")
    contacts = [point for point in _listed(contact_points) if isinstance(point, dict)]
    return Organization(
        names=(*_texts(node.get("legalName")), *_texts(node.get("name"))),
        mail=tuple(mail for place in (node, *contacts) for mail in _texts(place.get("email"))),
        phones=tuple(phone for place in (node, *contacts) for phone in _texts(place.get("telephone"))),
        addresses=tuple(filter(None, (_address(address) for address in _listed(node.get("address"))))),
        registrations=(*_texts(node.get("vatID")), *_texts(node.get("taxID"))),
        profiles=_texts(node.get("sameAs")),
    )


def _address(value: Any) -> str:
    if not isinstance(value, dict):
        return " ".join(_texts(value))
    parts = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
    return one_line(", ".join(text for part in parts for text in _texts(value.get(part))))


def _texts(value: Any) -> tuple[str, ...]:
    """Return the strings that *value* is or holds, each on one line."""
    texts = (one_line(item)[:_MAX_TEXT] for item in _listed(value) if isinstance(item, str))
    return tuple(text for text in texts if text)


def _listed(value: Any) -> list[Any]:
    return value[:20] if isinstance(value, list) else [] if value is None else [value]
