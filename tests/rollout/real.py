"""Real audits under a rollout, in a real browser, with a queue that can be made faulty."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import count

from veritas.archive.archive import Archive
from veritas.core.mode_decision import Decision, bucket_of
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import RunOutcome, new_audit_id

AT_ONCE = 2  # audits; more would overload a machine with two cores


class FaultyRunner(AuditRunner):
    """Runs an audit whose child has a faulty queue."""

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        return [
            "tests.rollout.faulty_child" if word == "veritas.recording.child" else word
            for word in super()._own_command(mode, scratch)
        ]


def audit_id_in(low: float, high: float) -> str:
    """Return a new audit's id whose bucket is from *low* up to *high*."""
    return next(key for key in (new_audit_id() for _ in count()) if low <= bucket_of(key) < high)


def audit_all(
    archive: Archive,
    url: str,
    audit_ids: Iterable[str],
    *,
    faulty: bool = False,
    decision: Decision | None = None,
) -> list[RunOutcome]:
    """Audit a site once for each id, with the modes of the ledger, or with a given decision."""
    runner = FaultyRunner if faulty else AuditRunner

    async def run() -> list[RunOutcome]:
        places = asyncio.Semaphore(AT_ONCE)

        async def audit(audit_id: str) -> RunOutcome:
            async with places:
                audit_runner = runner(audit_id, url, "quick_scan", archive=archive, decision=decision)
                return await audit_runner.run(lambda message: None)

        return await asyncio.gather(*map(audit, audit_ids))

    return asyncio.run(run())
