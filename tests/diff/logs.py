"""Logs to compare: an audit, and another one of the same site with different results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.logs import write
from tests.diff.pictures import picture
from tests.projections.recordings import FINDING, START, VERDICT, Recording, requested, selected
from veritas.archive.archive import Archive
from veritas.events.recorder_events import ProcessExited, ProcessStarted, RunFinished

ONE, SAME, OTHER = "vrts_1111000000000001", "vrts_2222000000000002", "vrts_3333000000000003"
WHITE, DOT = picture((200, 100)), picture((200, 100), (20, 30, 40, 10))
TEXT = "\n".join(f"Line {number} of a long page about kettles." for number in range(60))


def audit(
    audit_id: str,
    *,
    later: float = 0,
    port: int = 80,
    text: str = TEXT,
    score: int = 44,
    finding: bool = True,
    shown: bytes = WHITE,
    **ended: Any,
) -> Recording:
    """Return an audit of a page; *ended* overrides how it ended, and `ended=None` leaves the end out."""
    run = Recording(f"{audit_id}.1")
    url, at = f"http://127.0.0.1:{port}/", START + later
    run.recorder(requested(audit_id=audit_id, url=url), at=at)
    run.recorder(selected("queue"), at=at)
    run.recorder(ProcessStarted(pid=4711, command=["python"]), at=at)
    page = {"url": url, "text": text, "title": "Kettles"}
    emitted: list[dict[str, Any]] = [
        {"phase": "scout", "step": "navigating", "detail": url},
        {
            "phase": "scout",
            "step": "screenshot",
            "type": "screenshot",
            "data": shown,
            "extra": {"url": url, "kind": "viewport"},
        },
        {"phase": "scout", "step": "page_loaded", "summary": page},
        {"phase": "scout", "step": "done", "summary": {"pages": [page]}},
        *([{"phase": "vision", "step": "finding", "type": "finding", "extra": {"finding": FINDING}}] * finding),
        {"phase": "judge", "step": "done", "summary": VERDICT | {"trust_score": score}},
        {"phase": "complete", "step": "done", "summary": {"trust_score": score}},
    ]
    for seq, fields in enumerate(emitted, 1):
        run.child(**fields, seq=seq, at=at + seq * (1 + later / 1000))
    if ended.get("ended", True) is not None:
        run.recorder(ProcessExited(0, len(emitted), {"queue": len(emitted)}), at=at + 20)
        run.recorder(RunFinished(**({"status": "completed", "effective_mode": "queue"} | ended)), at=at + 20)
    return run


def other(audit_id: str = OTHER, **changed: Any) -> Recording:
    """Return the audit a day later, when the page had another text, another picture, and no findings."""
    given = {"later": 86_400, "port": 81, "text": TEXT.replace("Line 30", "Line thirty"), "score": 47}
    return audit(audit_id, **(given | {"finding": False, "shown": DOT} | changed))


def write_log(database: Path, *runs: Recording) -> Path:
    """Write runs into a new log."""
    with Archive.open(database) as archive:
        for run in runs:
            write(archive, run)
    return database
