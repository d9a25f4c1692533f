"""Recordings of a site, written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.projections.recordings import START, Recording, requested, selected
from veritas.events.recorder_events import RunFinished

SITE = "https://shop.test/"
DAY = 86_400.0


def finding(
    kind: str = "countdown_resets", *, selector: str = "#timer", url: str = SITE, **fields: Any
) -> dict[str, Any]:
    """Return a finding of the vision phase."""
    return {
        "phase": "vision",
        "kind": kind,
        "title": f"A {kind}",
        "detail": "Seen.",
        "severity": "high",
        "url": url,
        "evidence": {"selector": selector},
    } | fields


def site_run(
    number: int,
    *,
    findings: Iterable[dict[str, Any]] = (),
    score: float | None = 44,
    level: str = "suspicious",
    pages: Iterable[str] = (SITE,),
    headers: Iterable[tuple[str, str]] = (),
    cookies: Iterable[dict[str, Any]] = (),
    third_parties: Iterable[str] = (),
    certificate: dict[str, Any] | None = None,
    url: str = SITE,
    failed: str | None = None,
) -> Recording:
    """Return an audit of the site, requested as many days after the start.

    Args:
        number: Which.
        findings: What vision found.
        score: The verdict's; None where there is none.
        level: The verdict's in words.
        pages: What the scout visited.
        headers: Of the first page.
        cookies: The browser's.
        third_parties: Hosts.
        certificate: What the graph phase saw.
        url: What was asked for.
        failed: The phase that fails; the run fails where it is the scout.
    """
    audit_id = f"vrts_{number:016x}"
    at = START + number * DAY
    run = Recording(f"{audit_id}.1")
    run.recorder(requested(audit_id=audit_id, url=url), at=at)
    run.recorder(selected("queue"), at=at)
    seq = iter(range(1, 1000))

    def child(phase: str, step: str, **fields: Any) -> None:
        run.child(phase, step, seq=next(seq), at=at, **fields)

    if failed == "scout":
        child("scout", "error", detail="It does not answer.")
        run.recorder(RunFinished("failed", "queue", "It does not answer."), at=at + 1)
        return run
    seen = [{"url": page, "status": 200, "headers": [list(pair) for pair in headers]} for page in pages]
    for page in seen:
        child("scout", "page_loaded", summary=page)
    scout = {"pages": seen, "cookies": list(cookies), "third_party_hosts": list(third_parties)}
    child("scout", "done", summary=scout)
    for each in findings:
        child("vision", "finding", type="finding", extra={"finding": each})
    child("vision", "error" if failed == "vision" else "done", detail="x")
    child("graph", "done", summary={"certificate": certificate or {"status": "not_applicable"}})
    if score is not None:
        child("judge", "done", summary={"trust_score": score, "risk_level": level})
    run.recorder(RunFinished("completed", "queue"), at=at + 10)
    return run
