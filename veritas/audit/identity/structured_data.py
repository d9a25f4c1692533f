"""Structured data about a page's owner: schema.org's Organization in JSON-LD, and `<address>` elements."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from veritas.audit.identity.contacts import one_line

_ORGANIZATION_ENDINGS = ("organization", "business", "corporation", "store", "company", "shop", "restaurant", "hotel")
_OWNER_PROPERTIES = ("publisher", "copyrightHolder", "provider", "mainEntity", "mainEntityOfPage", "parentOrganization")
_MAX_NODES = 500
_MAX_DEPTH = 6
_MAX_TEXT = 200
_MAX_ELEMENTS = 20
_MAX_CONTENT = 100_000

_JSON_LD = re.compile(r"<script\b[^>]{0,500}?application/ld\+json[^>]{0,500}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_ADDRESS = re.compile(r"<address\b[^>]{0,500}>", re.IGNORECASE)
_ADDRESS_END = re.compile(r"</address", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,500}>")


@dataclass(frozen=True)
class StructuredData:
    """The contents of a page's JSON-LD scripts and `<address>` elements."""

    json_ld: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organization:
    """An organisation in JSON-LD; missing properties are empty."""

    names: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def read_structured_data(page: str) -> StructuredData:
    """Return the structured data in *page*, the HTML that the server sent."""
    addresses = (html.unescape(_TAG.sub(" ", content)) for content in _contents(page, _ADDRESS, _ADDRESS_END))
    return StructuredData(
        json_ld=tuple(_contents(page, _JSON_LD, _SCRIPT_END)),
        addresses=tuple(address for content in addresses if (address := one_line(content))),
    )


def find_organizations(scripts: Sequence[str]) -> list[Organization]:
    """Return the organisations in JSON-LD *scripts* that own the page; a product's brand does not."""
    organizations: list[Organization] = []
    for script in scripts:
        try:
            value = json.loads(script)
        except (ValueError, RecursionError):
            continue
        organizations.extend(_organization(node) for node in _owners(value, [_MAX_NODES]))
    return [organization for organization in organizations if organization != Organization()]


def _contents(page: str, start: re.Pattern[str], end: re.Pattern[str]) -> Iterator[str]:
    """Yield the contents of elements; unclosed elements, and those with too much content, are ignored."""
    for tag in islice(start.finditer(page), _MAX_ELEMENTS):
        end_tag = end.search(page, tag.end(), tag.end() + _MAX_CONTENT)
        if end_tag:
            yield page[tag.end() : end_tag.start()]


def _owners(value: Any, budget: list[int], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the organisations at the top level, in a `@graph`, or as the owner of a node there.

    Args:
        value: The JSON-LD.
        budget: How many nodes may still be visited, as the only item of a list that all calls share.
        depth: The nesting depth of *value*.
    """
    budget[0] -= 1
    if budget[0] < 0 or depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _owners(item, budget, depth + 1)
    elif isinstance(value, dict):
        if any(kind.lower().endswith(_ORGANIZATION_ENDINGS) for kind in _texts(value.get("@type"))):
            yield value
        for name in ("@graph", *_OWNER_PROPERTIES):
            if name in value:
                yield from _owners(value[name], budget, depth + 1)


def _organization(node: Mapping[str, Any]) -> Organization:
    contact_points = [point for point in _as_list(node.get("contactPoint")) if isinstance(point, dict)]
    return Organization(
        names=(*_texts(node.get("legalName")), *_texts(node.get("name"))),
        mail=tuple(mail for place in (node, *contact_points) for mail in _texts(place.get("email"))),
        phones=tuple(phone for place in (node, *contact_points) for phone in _texts(place.get("telephone"))),
        addresses=tuple(filter(None, (_address(address) for address in _as_list(node.get("address"))))),
        registrations=(*_texts(node.get("vatID")), *_texts(node.get("taxID"))),
        profiles=_texts(node.get("sameAs")),
    )


def _address(value: Any) -> str:
    if not isinstance(value, dict):
        return " ".join(_texts(value))
    parts = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
    return one_line(", ".join(text for part in parts for text in _texts(value.get(part))))


def _texts(value: Any) -> tuple[str, ...]:
    """Return the string *value*, or the strings in the list *value*, each on one line."""
    texts = (one_line(item)[:_MAX_TEXT] for item in _as_list(value) if isinstance(item, str))
    return tuple(text for text in texts if text)


def _as_list(value: Any) -> list[Any]:
    return value[:_MAX_ELEMENTS] if isinstance(value, list) else [] if value is None else [value]
