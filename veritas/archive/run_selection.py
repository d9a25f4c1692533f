"""RunSelection: the runs that a name of an audit, or of a run, means."""

from __future__ import annotations

import re
from typing import NamedTuple

from veritas.archive.archive import Archive


class RunSelection(NamedTuple):
    """All runs of an audit, or one of them.

    Attributes:
        id: The id of the audit, or of the run.
        runs: The runs.
    """

    id: str
    runs: list[str]

    @property
    def file_stem(self) -> str:
        """The id as the beginning of a file's name: an imported run's id may contain any character."""
        return file_stem(self.id)


def select_runs(archive: Archive, audit: str, run_id: str) -> RunSelection:
    """Return the run, if *audit* is its whole id or it is of no audit, and otherwise all runs of its audit.

    Args:
        archive: The log.
        audit: What the user gave.
        run_id: The run that it refers to.
    """
    audit_id = run_id.rpartition(".")[0]
    if run_id == audit or not audit_id:
        return RunSelection(run_id, [run_id])
    return RunSelection(audit_id, archive.runs(audit_id))


def file_stem(id: str) -> str:
    """Return an id as the beginning of a file's name."""
    return re.sub(r"[^\w.-]", "_", id)
