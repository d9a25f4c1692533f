"""The read models, tended: listed, rebuilt and compared with the events that they are made of."""

from __future__ import annotations

from store.fault import READ_MODEL_DIFFERS
from store.log import EventLog, Fault, RunFold, RunRow
from veritas.run_line import RunLine, line_version

__all__ = ["RunRow", "read_model_fault", "runs_of"]


def runs_of(log: EventLog) -> RunFold:
    """Return the read model of the log's runs.

    What appends events brings a `RunLine` along (`EventLog.append`), and what changes a run in another transaction of
    its own calls `store.run_table.RunTable.keep` with one at its end. Whatever does neither leaves the model behind,
    and `rows` catches up.
    """
    return log.runs_folded(RunLine, line_version())


def read_model_fault(log: EventLog, run_id: str | None = None) -> Fault | None:
    """Return the first difference between the read models and the events, of all runs or of one, as a fault."""
    difference = runs_of(log).difference(run_id)
    return None if difference is None else Fault(None, difference.run_id, READ_MODEL_DIFFERS, difference.detail)
