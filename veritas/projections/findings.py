"""What a run collects: its findings, its screenshots and the pages that it visited, in the order of their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from veritas.audit.finding import SEVERITIES
from veritas.events.recorded import RecordedEvent

# The phase that visits the pages, and its steps that tell of one page each, in their summary.
_SCOUT = "scout"
_PAGES = ("page_loaded", "page_failed")


def collected_item(recorded: RecordedEvent, order: int) -> tuple[str, dict[str, Any]] | None:
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


def insert_in_order(items: list[dict[str, Any]], item: dict[str, Any]) -> None:
    """Add *item* where its `seq` belongs; nearly always that is the end."""
    items.append(item)
    if len(items) > 1 and items[-2]["seq"] > item["seq"]:
        items.sort(key=itemgetter("seq"))


_RANK = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}


def by_severity(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings, the most severe first; those of one severity stay in the order in which they were found."""
    return sorted(findings, key=lambda finding: _rank(severity_of(finding)))


def count_by_severity(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many findings there are of each severity, the most severe first; one that is not known comes last."""
    counts = Counter(map(severity_of, findings))
    return dict(sorted(counts.items(), key=lambda counted: (_rank(counted[0]), counted[0])))


def severity_of(finding: Mapping[str, Any]) -> str:
    """Return the severity of a finding as its emitter wrote it, or "unknown"."""
    return str(finding.get("severity") or "unknown")


def _rank(severity: str) -> int:
    return _RANK.get(severity, len(_RANK))
