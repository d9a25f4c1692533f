"""A run's findings, screenshots and visited pages, in the order of their numbers, and findings by severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from veritas.audit.finding import SEVERITIES, Finding
from veritas.events.json import short_json
from veritas.events.progress import ProgressEvent
from veritas.events.recorded import RecordedEvent

# The phase that visits pages, and its steps whose summary describes one page each.
_SCOUT = "scout"
_PAGE_STEPS = ("page_loaded", "page_failed")

# The step whose summary describes a limit that a visit has reached.
_LIMIT_STEP = "limit_reached"

# The fields of a finding that VERITAS knows, and the number of its event.
FINDING_FIELDS = frozenset((*Finding.__struct_fields__, "seq"))

_RANK = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}


def collected_item(recorded: RecordedEvent, order: int) -> tuple[str, dict[str, Any]] | None:
    """Return the item that a child's event adds to a run, after the name of its list in `AuditState`; else None."""
    event = recorded.event
    if (finding := finding_of(event)) is not None:
        return "findings", {**finding, "seq": order}
    if event.type == "screenshot" and recorded.artifact and recorded.redacted is None:
        fields = screenshot_fields(event)
        return "screenshots", {"sha256": recorded.artifact, **fields, "phase": event.phase, "seq": order}
    if event.step == _LIMIT_STEP and isinstance(event.summary.get("name"), str):
        fields = {name: event.summary.get(name) for name in ("name", "limit", "url", "left_out")}
        return "limits", {**fields, "phase": event.phase, "seq": order}
    if event.phase == _SCOUT and event.step in _PAGE_STEPS and isinstance(event.summary.get("url"), str):
        fields = {name: event.summary.get(name) for name in ("url", "title", "status", "error")}
        return "pages", {**fields, "seq": order}
    return None


def screenshot_fields(event: ProgressEvent) -> dict[str, Any]:
    """Return what a screenshot shows, `url` and `kind`, and `base` if it is to be laid on another picture."""
    base = {"base": base} if isinstance(base := event.extra.get("base"), str) else {}
    return {name: event.extra.get(name) for name in ("url", "kind")} | base


def finding_of(event: ProgressEvent) -> dict[str, Any] | None:
    """Return the finding of an event of the type `finding`, as its emitter gave it; None if it has none.

    It is the object in the field `finding`. Without that field the event itself is the finding, if it describes one:
    other programs write `title`, `severity` and so on next to the fields of the event, or in its summary.
    """
    if event.type != "finding":
        return None
    if "finding" in event.extra:
        finding = event.extra["finding"]
        return finding if isinstance(finding, dict) else None
    fields = event.summary | event.extra
    if not any(isinstance(fields.get(name), str) for name in ("title", "kind", "severity")):
        return None
    return {name: value for name, value in (("phase", event.phase), ("detail", event.detail)) if value} | fields


def title_of(finding: Mapping[str, Any]) -> str:
    """Return the title of a finding or, if it has none, whatever else describes it."""
    for name in ("title", "kind", "detail"):
        if isinstance(text := finding.get(name), str) and text:
            return text
    own = {name: value for name, value in finding.items() if name != "seq" and value is not None}
    return short_json(own) if own else "a finding without a description"


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
