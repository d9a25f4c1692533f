"""The rows of the exported tables: one for a run, one for each of its events, and one for each of its findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from store.records import StoredEvent
from store.text import storable
from veritas.archive.archive import Archive, RunProvenance
from veritas.archive.liveness import UNENDED
from veritas.events.json import as_number, as_text, encode_json, is_json_object
from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent, Redaction, from_row
from veritas.events.recorder_events import ABANDONED
from veritas.formatting import run_duration
from veritas.projections.audit_state import is_numbered
from veritas.projections.findings import finding_of
from veritas.projections.run_summary import RunRow, RunSummary

Row = dict[str, Any]  # the values by column; times are in microseconds since the epoch, UTC

_MICRO = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
_FIRST, _LAST = (int(year.timestamp()) * _MICRO for year in _YEARS)
# A pair of surrogates, a lone one, or anything else that a backslash begins.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_FINDING_TEXTS = ("phase", "kind", "severity", "signal", "title", "detail", "url")


def run_row(run: RunRow, imported: RunProvenance | None) -> Row:
    """Return the row of one run.

    Args:
        run: The run, as `RunEvents.run` gives it.
        imported: Where it was imported from; None if it was recorded in this log.
    """
    return {
        **run._asdict(),
        "imported_from": imported.origin if imported else None,
        "started_at": _microseconds(run.started_at),
        "finished_at": _microseconds(run.finished_at),
        "duration": run_duration(run.origin, run.started_at, run.finished_at),
        "tags": _texts(run.tags) if run.tags else [],
        "command": _texts(run.command) if run.command else None,
    }


class RunEvents:
    """The rows of one run's events and findings, from one reading of the log.

    Attributes:
        damaged: How many events so far cannot be read, although none of them was redacted.
    """

    def __init__(self, archive: Archive, run: RunRow) -> None:
        self.damaged = 0
        self._archive = archive
        self._listed = run
        self._summary = RunSummary(run.run_id)
        self._of_run = {"run_id": run.run_id, "audit_id": run.audit_id}
        self._redactions: Mapping[tuple[str, int], Redaction] = {}
        self._is_archived: bool | None = None  # known when it matters
        self._seen = RangeSet()  # the numbers of the child's events, over all transports

    def rows(self) -> Iterator[tuple[Row, Row | None]]:
        """Yield the row of each event and that of its finding, if it is the first observation of one."""
        for stored in self._archive.log.read(run_id=self._of_run["run_id"]):
            recorded = from_row(stored)
            self._summary.apply(stored)
            yield self._event_row(stored), self._finding_row(stored, recorded)

    def run(self) -> RunRow:
        """Return the run as the events that were read show it; it may have more of them than when it was listed."""
        row = self._summary.row()
        return row._replace(status=ABANDONED) if self._listed.status == ABANDONED and row.status in UNENDED else row

    def _event_row(self, stored: StoredEvent) -> Row:
        redacted = stored.body is None and self._is_redacted(stored)
        body = None if stored.body is None or not is_json_object(stored.body) else _json_text(stored.body)
        self.damaged += body is None and not redacted
        return {
            **stored._asdict(),
            **self._of_run,
            "emitted_at": _in_range(stored.emitted_at),
            "recorded_at": _in_range(stored.recorded_at),
            "artifact": None if stored.artifact is None else stored.artifact.hex(),
            "body": body,
            "redacted": redacted,
        }

    def _finding_row(self, stored: StoredEvent, recorded: RecordedEvent) -> Row | None:
        if recorded.source == "recorder" or (is_numbered(recorded) and not self._seen.add(recorded.seq)):
            return None
        finding = finding_of(recorded.event)
        if finding is None:
            return None
        texts = {name: as_text(finding.get(name)) for name in _FINDING_TEXTS}
        return {
            **self._of_run,
            "position": stored.position,
            "seq": stored.seq,
            "emitted_at": _in_range(stored.emitted_at),
            **{name: text and storable(text) for name, text in texts.items()},
            "confidence": _float(as_number(finding.get("confidence"))),
            "finding": _json_text(encode_json(finding)),
        }

    def _is_redacted(self, stored: StoredEvent) -> bool:
        observation = (stored.source, stored.seq)
        if self._is_archived is None:
            self._is_archived = self._archive.archival(stored.run_id) is not None
        if not self._is_archived and observation not in self._redactions:
            self._redactions = self._archive.redactions(stored.run_id)
        return self._is_archived or observation in self._redactions


def month_of(run: RunRow, archive: Archive) -> str:
    """Return the month, such as `2026-11`, in which a run was requested or, if that is unknown, first recorded; UTC."""
    at = _microseconds(run.started_at)
    if at is None:
        first = next(archive.log.read(after=run.position - 1, limit=1))
        at = _in_range(first.recorded_at) or 0
    day = _EPOCH + timedelta(microseconds=at)
    return f"{day.year:04}-{day.month:02}"


def _microseconds(seconds: float | None) -> int | None:
    if seconds is None or not _FIRST <= seconds * _MICRO <= _LAST:
        return None
    return round(seconds * _MICRO)


def _in_range(microseconds: int | None) -> int | None:
    """Return a time that every reader knows; None for one outside of the years 1 to 9999, which a program made up."""
    return microseconds if microseconds is not None and _FIRST <= microseconds <= _LAST else None


def _float(number: float | None) -> float | None:
    """Return a number as a double, to which pyarrow does not round an integer; None if it is too large for one."""
    try:
        return None if number is None else float(number)
    except OverflowError:
        return None


def _texts(array: str) -> list[str]:
    """Return the texts in a JSON array."""
    return [storable(text) for text in json.loads(array)]


def _json_text(body: bytes) -> str:
    """Return JSON that every reader accepts: a lone surrogate, of which there is no character, becomes U+FFFD."""
    if b"\\u" in body:
        body = _ESCAPE.sub(lambda match: b"\\ufffd" if match[1] else match[0], body)
    return body.decode("utf-8")
