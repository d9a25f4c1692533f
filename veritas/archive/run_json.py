"""The JSON of a run in a list of runs: what `veritas list --format json` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from veritas.archive.archive import RunProvenance
from veritas.events.recorder_events import RunArchived
from veritas.formatting import iso_time, run_duration
from veritas.projections.run_summary import RunRow


def run_fields(
    row: RunRow, imported: Mapping[str, RunProvenance], archived: Mapping[str, RunArchived]
) -> dict[str, Any]:
    """Return a row of the read model as JSON values.

    Args:
        row: The row.
        imported: The provenance of the imported runs; see `Archive.provenance`.
        archived: Where the archived runs are; see `Archive.archivals`.
    """
    score = row.trust_score
    return {
        "audit_id": row.audit_id,
        "run_id": row.run_id,
        "url": row.url,
        "tier": row.tier,
        "origin": row.origin,
        "imported_from": imported[row.run_id].origin if row.run_id in imported else None,
        "archived_in": archived[row.run_id].path if row.run_id in archived else None,
        "status": row.status,
        "trust_score": int(score) if score is not None and score.is_integer() else score,
        "risk_level": row.risk_level,
        "mode": row.mode,
        "started_at": iso_time(row.started_at),
        "finished_at": iso_time(row.finished_at),
        "duration": run_duration(row.origin, row.started_at, row.finished_at),
        "findings": row.findings,
        "kinds": json.loads(row.kinds) if row.kinds else {},
        "failure": row.failure,
        "batch": row.batch,
        "tags": json.loads(row.tags) if row.tags else [],
        "job": _job(row),
    }


def _job(row: RunRow) -> dict[str, str | None] | None:
    if row.job is None:
        return None
    return {"id": row.job, "queue": row.queue, "worker": row.worker, "host": row.worker_host}
