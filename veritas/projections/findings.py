"""A run's findings, screenshots and visited pages, in the order of their numbers, and findings by severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from veritas.audit.finding import SEVERITIES
from veritas.events.recorded import RecordedEvent

# The phase that visits pages, and its steps whose summary describes one page each.
_SCOUT = "scout"
_PAGE_STEPS = ("page_loaded", "page_failed")

_RANK = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}


def collected_item(recorded: RecordedEvent, order: int) -> tuple[str, dict[str, Any]] | None:
    """Return the item that a child's event adds to a run, after the name of its list in `AuditState`; else None."""
    event = recorded.event
    if event.type == "finding" and isinstance(finding := event.extra.get("finding"), dict):
        return "findings", {**finding, "seq": order}
    if event.type == "screenshot" and recorded.artifact and recorded.redacted is None:
        fields = {name: event.extra.get(name) for name in ("url", "kind")}
        return "screenshots", {"sha256": recorded.artifact, **fields, "phase": event.phase, "seq": order}
    if event.phase == _SCOUT and event.step in _PAGE_STEPS and isinstance(event.summary.get("url"), str):
        fields = {name: event.summary.get(name) for name in ("url", "title", "status", "error")}
        return "pages", {**fields, "seq": order}
    return None


def insert_in_order(items: list[dict[str, Any]], item: dict[str, Any]) -> None:
    """Insert *item* in the order of `seq`, nearly always at the end."""
    items.append(item)
    if len(items) > 1 and items[-2]["seq"] > item["seq"]:
        items.sort(key=itemgetter("seq"))


def by_severity(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings, the most severe first; those of one severity keep their order."""
    return sorted(findings, key=lambda finding: _rank(severity_of(finding)))


def count_by_severity(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of findings of each severity, the most severe first, and unknown severities last."""
    counts = Counter(map(severity_of, findings))
    return dict(sorted(counts.items(), key=lambda counted: (_rank(counted[0]), counted[0])))


def severity_of(finding: Mapping[str, Any]) -> str:
    """Return the severity of a finding as its emitter gave it, or "unknown"."""
    return str(finding.get("severity") or "unknown")


def _rank(severity: str) -> int:
    return _RANK.get(severity, len(_RANK))
