"""A log of several months to be exported, and a way to ask DuckDB for what was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.cli.logs import HOSTILE, write
from tests.projections.recordings import FINDING, VERDICT, Recording, requested
from veritas.analytics.columns import TABLES
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.events.recorder_events import RunFinished

SECRET = "4111 1111 1111 1111"


def moment(text: str) -> float:
    """Return the seconds since the epoch of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def audit(name: str, host: str, at: str, *, score: int | None, kinds: tuple[str, ...], loaded_ms: float) -> Recording:
    """Return an audit of one page, requested at a time, that ends a second later."""
    audit_id, start, url = f"vrts_{name * 16}", moment(at), f"http://{host}/"
    run = Recording(f"{audit_id}.1")
    run.recorder(requested(audit_id=audit_id, url=url, tags=["shops", f"of {host}"]), at=start)
    page = {"url": url, "title": HOSTILE, "timing": {"loaded_ms": loaded_ms}}
    run.child("scout", "page_loaded", seq=1, pct=20, at=start + 0.25, summary=page, detail=HOSTILE)
    for number, kind in enumerate(kinds, 2):
        finding = {**FINDING, "kind": kind, "url": url, "detail": HOSTILE}
        run.child("vision", "finding", seq=number, at=start + 0.5, type="finding", extra={"finding": finding})
    level = None if score is None else "trusted" if score >= 90 else "suspicious"
    verdict = {**VERDICT, "trust_score": score, "risk_level": level}
    run.child("judge", "done", seq=len(kinds) + 2, pct=90, at=start + 0.75, summary=verdict)
    status = "completed" if score is not None else "failed"
    run.recorder(RunFinished(status, "queue"), at=start + 1)
    return run


def write_months(archive: Archive) -> None:
    """Write five audits of three hosts: two in October, three in November. The second ends in the next month."""
    for run in (
        audit("1", "a.test", "2026-10-05 12:00", score=95, kinds=(), loaded_ms=100),
        audit("2", "b.test", "2026-10-31 23:59:59.500000", score=50, kinds=("fake_urgency",), loaded_ms=900),
        audit("3", "b.test", "2026-11-01", score=40, kinds=("fake_urgency", "preselected_extra"), loaded_ms=700),
        audit("4", "c.test", "2026-11-02", score=60, kinds=("fake_urgency",), loaded_ms=300),
        audit("5", "c.test", "2026-11-03", score=None, kinds=(), loaded_ms=200),
    ):
        write(archive, run)


def write_redacted(archive: Archive) -> str:
    """Write an audit whose first event of the child had a secret, and was redacted; return its run."""
    run = Recording("vrts_6666666666666666.1")
    run.recorder(requested(audit_id="vrts_6666666666666666"), at=moment("2026-11-04"))
    run.child("scout", "page_loaded", seq=1, at=moment("2026-11-04"), detail=SECRET, summary={"text": SECRET})
    write(archive, run)
    selected = select_observations(archive, run.run_id, 1)
    redact(archive, run.run_id, selected, reason="a card number", by="jane@desk")
    return run.run_id


def table(directory: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of an exported table, as DuckDB reads it, in the order of its files."""
    assert name in TABLES
    read = duckdb.sql(f"SELECT * FROM read_parquet('{directory}/{name}/*/*.parquet')")
    return [dict(zip(read.columns, row, strict=True)) for row in read.fetchall()]


def files(directory: Path) -> dict[str, bytes]:
    """Return every file in a directory, by its path in it."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
