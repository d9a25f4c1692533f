"""Check that a log still has the checkpoints that its own events name.

The event `run_finished` names a checkpoint that the log had when the run ended. Events are chained, and checkpoints are
not: without this, all of them could be removed, and the log would look like one that was never signed.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec

from store.backends.base import Database
from store.records import BIGINT_MAX
from store.verify.fault import CHECKPOINT_MISSING, Fault

_PAGE = 500  # ends of runs in one query


class _Named(msgspec.Struct):
    origin: str
    size: Annotated[int, msgspec.Meta(ge=1, le=BIGINT_MAX)]
    key: str


class _RunFinished(msgspec.Struct):
    checkpoint: _Named | None = None


class _End(NamedTuple):
    run_id: str
    named: _Named


def missing_checkpoint(database: Database, origin: str | None) -> Fault | None:
    """Return the fault of the first run whose end names a checkpoint that the log does not have; None without one.

    A run that was imported names a checkpoint of the log that it comes from, which has another *origin*.
    """
    after = 0
    while True:
        with database.reading() as cursor:
            cursor.execute(
                database.sql(
                    "SELECT position, run_id, body FROM event WHERE source = 'recorder' AND type = 'run_finished'"
                    f" AND position > ? ORDER BY position LIMIT {_PAGE}"
                ),
                (after,),
            )
            rows = cursor.fetchall()
            ends = [
                _End(run_id, named)
                for _, run_id, body in rows
                if (named := _named_in(body)) is not None and named.origin == origin
            ]
            sizes = sorted({end.named.size for end in ends})
            marks = ", ".join("?" * len(sizes))
            if sizes:
                cursor.execute(database.sql(f"SELECT size, public_key FROM checkpoint WHERE size IN ({marks})"), sizes)
            stored = {tuple(row) for row in cursor.fetchall()} if sizes else set()
        for run_id, named in ends:
            if (named.size, bytes.fromhex(named.key)) not in stored:
                detail = f"the end of the run names a checkpoint of {named.size} events, and the log does not have it"
                return Fault(None, run_id, CHECKPOINT_MISSING, f"{detail}: it was removed")
        if len(rows) < _PAGE:
            return None
        after = rows[-1][0]


def _named_in(body: object) -> _Named | None:
    """Return the checkpoint that the body of a run's end names; None if it names none, or is redacted."""
    try:
        named = msgspec.json.decode(body, type=_RunFinished).checkpoint if isinstance(body, bytes) else None
        return named if named is None or bytes.fromhex(named.key) else None
    except (ValueError, RecursionError):
        return None
