"""What `veritas list` shows of a run, folded from its events as they are recorded."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from store.log import RunRow, StoredEvent
from store.text import storable
from veritas.archive import recall
from veritas.core.recorded import Redaction
from veritas.core.upcasting import current_version
from veritas.projections.audit_state import AuditState

_FOLD = 2  # raise it where another row is made of the same events
_ERASED = Redaction("", "", 0.0)  # that it was is all that a row shows of it


class _Glimpse(msgspec.Struct, gc=False):
    """What of a child's event tells whether the rest of it matters here; to read that much takes a ninth as long."""

    type: str | None = None
    phase: str | None = None
    seq: int | float | None = None


_glimpse = msgspec.json.Decoder(_Glimpse).decode


def line_version() -> int:
    """Return the version of the fold: where it is another, the rows are made anew."""
    return _FOLD + current_version() - 1


class RunLine:
    """The fold of one run to its row of the read model `run`: an `AuditState` that skips what no row shows.

    Attributes:
        run_id: The run.
        version: Of the fold.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = storable(run_id)
        self.version = line_version()
        self.forget()

    def forget(self) -> None:
        """Begin anew, as if nothing had been taken in."""
        self._state = AuditState()
        self._first = 0

    @property
    def position(self) -> int:
        """The last event that it has taken in; 0 where there is none."""
        return self._state.position

    def take(self, event: StoredEvent) -> None:
        """Take in the run's next event."""
        if not self._first:
            self._first = event.position
        number = _number_of_passing(event)
        if number is None:
            self._state.apply(recall(event, _ERASED if event.body is None else None))
        else:
            self._state.pass_over(event.position, event.source, event.seq, numbered=number == event.seq)

    def row(self) -> RunRow:
        """Return the row after the events taken in, of which there is at least one."""
        state = self._state
        request = state.request
        return RunRow(
            run_id=self.run_id,
            audit_id=self.run_id.rpartition(".")[0],
            position=self._first,
            url=_text(request and request.url),
            tier=_text(request and request.tier),
            origin=_text(request and request.origin),
            status=_text(state.status) or "unknown",
            trust_score=None if state.trust_score is None else float(state.trust_score),
            risk_level=_text(state.risk_level),
            mode=_text(state.mode),
            started_at=None if state.started_at is None else float(state.started_at),
            finished_at=None if state.finished_at is None else float(state.finished_at),
            findings=len(state.findings),
            command=json.dumps(request.command) if request and request.command else None,
        )


def _number_of_passing(event: StoredEvent) -> int | None:
    """Return a child's own number of an event that no row shows anything of; None for one that is to be looked into."""
    if event.source == "recorder" or event.body is None or event.schema_version < current_version():
        return None
    try:
        seen = _glimpse(event.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # perhaps it is read otherwise
    if seen.type == "finding" or seen.phase == "judge":
        return None
    return seen.seq if type(seen.seq) is int and seen.seq >= 0 else 0


def _text(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) else None
