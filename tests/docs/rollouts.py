"""The logs of generated audits that the rollout's page decides on."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks._rollout_log import fill_with_runs
from veritas.archive.archive import Archive


def make_logs(directory: Path) -> None:
    """Make `generated.db`, with 2,000 audits at a stage, and `faulty.db`, with 200; five of those lost an event."""
    with Archive.open(directory / "generated.db") as archive:
        fill_with_runs(archive.log, 2_000)
    with Archive.open(directory / "faulty.db") as archive:
        fill_with_runs(archive.log, 200, faulty=5)
