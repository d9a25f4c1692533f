"""What a run collects: its findings, its screenshots and the pages that it visited, in the order of their numbers."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from veritas.events.recorded import RecordedEvent

# The phase that visits the pages, and its steps that tell of one page each, in their summary.
_SCOUT = "scout"
_PAGES = ("page_loaded", "page_failed")


def collected(recorded: RecordedEvent, order: int) -> tuple[str, dict[str, Any]] | None:
    """Return what an event of the child's adds to a run: the name of a list in `AuditState`, and the item."""
    event = recorded.event
    if event.type == "finding" and isinstance(finding := event.extra.get("finding"), dict):
        return "findings", {**finding, "seq": order}
    if event.type == "screenshot" and recorded.artifact and recorded.redacted is None:
        shown = {name: event.extra.get(name) for name in ("url", "kind")}
        return "screenshots", {"sha256": recorded.artifact, **shown, "phase": event.phase, "seq": order}
    if event.phase == _SCOUT and event.step in _PAGES and isinstance(event.summary.get("url"), str):
        told = {name: event.summary.get(name) for name in ("url", "title", "status", "error")}
        return "pages", {**told, "seq": order}
    return None


def insert(items: list[dict[str, Any]], item: dict[str, Any]) -> None:
    """Add *item* where its `seq` belongs; nearly always that is the end."""
    items.append(item)
    if len(items) > 1 and items[-2]["seq"] > item["seq"]:
        items.sort(key=itemgetter("seq"))
