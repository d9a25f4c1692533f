"""Pages and summaries as the phases hand them on, where a test gives only what it is about."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from veritas.audit.browser_records import RequestRecord
from veritas.audit.page import PageFacts
from veritas.audit.summaries import GraphSummary, ScoutSummary, SecuritySummary, VisionSummary
from veritas.events.json import decode_json, encode_json, json_values

URL = "https://shop.example.com/"

_REQUEST = {
    "url": URL,
    "resource_type": "document",
    "method": "GET",
    "status": 200,
    "status_text": "OK",
    "failure": None,
    "mime_type": "text/html",
    "content_encoding": None,
    "location": None,
    "timing": {},
    "sizes": None,
}


def as_json(value: msgspec.Struct) -> dict[str, Any]:
    """Return *value* as it comes back from the log."""
    return decode_json(encode_json(json_values(value)))


def blank(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return an empty value for every field of *struct* that has no default."""
    empty = {str: "", int: 0, bool: False}
    fields = msgspec.structs.fields(struct)
    names = {field.name: field.type for field in fields if field.required}
    return {name: empty.get(kind, None if "None" in str(kind) else _empty(kind)) for name, kind in names.items()}


def _empty(kind: Any) -> Any:
    return [] if getattr(kind, "__origin__", None) is list else {}


def request(**facts: Any) -> RequestRecord:
    """Return a request's record."""
    return cast(RequestRecord, _REQUEST | facts)


def page(url: str = URL, **facts: Any) -> PageFacts:
    """Return the facts of a page; what *facts* does not give is empty."""
    whole = blank(PageFacts) | {"requested_url": url, "url": url, "status": 200, "complete": True, "document": _REQUEST}
    facts["requests"] = [request(**some) for some in facts.get("requests", ())]
    return msgspec.convert(whole | facts, PageFacts)


def scouted(*pages: PageFacts, **facts: Any) -> ScoutSummary:
    """Return the scout's summary of *pages*."""
    start = pages[0] if pages else page()
    own = {"requested_url": start.requested_url, "url": start.url, "status": start.status, "pages": list(pages)}
    return msgspec.convert(blank(ScoutSummary) | own | facts, ScoutSummary)


def security(score: int | None, **facts: Any) -> SecuritySummary:
    """Return a summary of the security phase with this score."""
    return msgspec.convert(blank(SecuritySummary) | {"score": score} | facts, SecuritySummary)


def vision(pages: int = 1, **facts: Any) -> VisionSummary:
    """Return a summary of the vision phase that examined the start page and so many pages in all."""
    urls = [URL, *(f"{URL}{number}" for number in range(1, pages))][:pages]
    examined = [{"url": url, "elements": 10, "texts": 10, "findings": 0} for url in urls]
    return msgspec.convert(blank(VisionSummary) | {"pages": examined} | facts, VisionSummary)


def graph(answered: int, **facts: Any) -> GraphSummary:
    """Return a summary of the graph phase with so many answers."""
    host = {"name": "a", "shown": "a", "kind": "name", "registrable": None, "platform": None, "public": True}
    own = {"host": host, "requested_host": host, "certificate": {"status": "unknown"}, "answered": answered}
    return msgspec.convert(blank(GraphSummary) | own | facts, GraphSummary)
