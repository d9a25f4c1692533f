"""The read models, tended: listed, rebuilt and compared with the events that they are made of."""

from __future__ import annotations

from store.log import EventLog, RunCheck, RunFold, RunRow
from veritas.run_line import RunLine, line_version, skim

__all__ = ["RunRow", "run_check", "runs_of"]


def runs_of(log: EventLog) -> RunFold:
    """Return the read model of the log's runs.

    What appends events brings a `RunLine` along (`EventLog.append`), and what changes a run in another transaction of
    its own calls `store.read_model.run_table.RunTable.keep` with one at its end. Whatever does neither leaves the
    model behind, and `rows` catches up.
    """
    return log.runs_folded(RunLine, line_version())


def run_check(log: EventLog) -> RunCheck:
    """Return what holds the read model to the events in one verification of the log, or of a run."""
    return log.run_check(RunLine, skim, line_version())
