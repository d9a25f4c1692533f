"""The `otlp` format: OpenTelemetry traces in OTLP's JSON encoding, one document on one line, as collectors read it.

A trace is an audit; a run is a root span, and each phase of it is a child span. Events are on the spans: a child's on
its phase's span, the recorder's and those without a phase on the root. An event has only the attributes that identify
and describe it; the `jsonl` format has all its fields.

Ids are hexadecimal, which is OTLP's own deviation from how Protobuf writes bytes in JSON, and enumerations are numbers:
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec

from veritas import __version__
from veritas.events.json import as_text, encode_json
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.events.recorder_events import ObservationRedacted, RunArchived
from veritas.formatting import escape_control_characters
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_recorder_event
from veritas.projections.findings import finding_of
from veritas.projections.phase_state import COMPLETED, FAILED
from veritas.replay.formats.base import Context

_IN_MEMORY = 8 * 1024 * 1024  # bytes of span events before they go to a file
_INTERNAL = 1  # SPAN_KIND_INTERNAL
_UNSET, _OK, _ERROR = 0, 1, 2  # STATUS_CODE_…
_FAILED = (FAILED, "interrupted")

_LATEST = 2**63 / 1e9  # seconds since the epoch: the latest time whose nanoseconds fit into 64 bits


def as_otlp(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the traces of all runs, after the last of *events*; only the wanted events are on the spans."""
    runs: dict[str, _Run] = {}
    with Spool() as spool:
        for _, recorded in events:
            if recorded.run_id not in runs:
                runs[recorded.run_id] = _Run(recorded, spool)
            runs[recorded.run_id].take(recorded, wanted=context.wanted(recorded))
        yield b'{"resourceSpans":['
        for number, run in enumerate(runs.values()):
            yield b"," if number else b""
            yield from run.write()
        yield b"]}\n"


@dataclass(slots=True)
class _Span:
    """A span that grows with its events; `start` and `end` are nanoseconds since the epoch."""

    id: str
    start: int
    end: int
    events: Spooled


class _Run:
    def __init__(self, first: RecordedEvent, spool: Spool) -> None:
        self.state = AuditState()
        self._spool = spool
        self._trace = hashlib.sha256(first.audit_id.encode()).hexdigest()[:32]
        self._root = self._new_span(first.run_id, _time(first))
        self._phases: dict[str, _Span] = {}

    def take(self, recorded: RecordedEvent, *, wanted: bool) -> None:
        """Apply the run's next event, and put it on its span if it is wanted."""
        self.state.apply(recorded)
        time, span = _time(recorded), self._root
        if recorded.source != "recorder" and (phase := recorded.event.phase) in self.state.phases:
            if phase not in self._phases:
                self._phases[phase] = self._new_span(f"{recorded.run_id}/{phase}", time)
            span = self._phases[phase]
        may_be_late = (ObservationRedacted.type, RunArchived.type)  # by years
        if recorded.source != "recorder" or recorded.event.type not in may_be_late:
            for extended in (self._root, span):
                extended.start, extended.end = min(extended.start, time), max(extended.end, time)
        if wanted:
            span.events.append(msgspec.json.encode(_event(recorded, time)))

    def write(self) -> Iterator[bytes]:
        """Yield the run's ResourceSpans."""
        state = self.state
        resource = _attributes({"service.name": "veritas", "service.version": _version_of(state)})
        scope = {"name": "veritas", "version": __version__}
        yield b'{"resource":' + encode_json({"attributes": resource}) + b',"scopeSpans":[{"scope":' + encode_json(scope)
        yield b',"spans":['
        yield from self._span(self._root, "audit", _attributes(_about_run(state)), _status(state.status, state.error))
        for phase in state.ordered_phases():
            yield b","
            about = _attributes(
                {"veritas.phase": phase.name, "veritas.status": phase.status, "veritas.pct": float(phase.pct)}
            )
            status = _status(phase.status, phase.error)
            yield from self._span(self._phases[phase.name], phase.name, about, status, parent=self._root)
        yield b"]}]}"

    def _new_span(self, name: str, time: int) -> _Span:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return _Span(digest[:16], time, time, self._spool.sequence())

    def _span(
        self,
        span: _Span,
        name: str,
        about: list[dict[str, Any]],
        status: Mapping[str, Any],
        *,
        parent: _Span | None = None,
    ) -> Iterator[bytes]:
        head = {
            "traceId": self._trace,
            "spanId": span.id,
            **({} if parent is None else {"parentSpanId": parent.id}),
            "name": escape_control_characters(name),
            "kind": _INTERNAL,
            "startTimeUnixNano": str(span.start),
            "endTimeUnixNano": str(span.end),
            "attributes": about,
            "status": status,
        }
        yield encode_json(head)[:-1] + b',"events":['
        for number, event in enumerate(span.events):
            yield b"," + event if number else event
        yield b"]}"


def _status(status: str, error: str | None) -> dict[str, Any]:
    """Return the status of a run or a phase: unset if it has not ended, or if its result is unknown."""
    if status in _FAILED:
        return {"code": _ERROR, "message": escape_control_characters(error or status)}
    return {"code": _OK if status == COMPLETED else _UNSET}


def _about_run(state: AuditState) -> dict[str, Any]:
    request = state.request
    return {
        "veritas.audit_id": state.audit_id,
        "veritas.run_id": state.run_id,
        "veritas.origin": request.origin if request else None,
        "url.full": request.url if request else None,
        "veritas.tier": request.tier if request else None,
        "veritas.status": state.status,
        "veritas.mode": state.mode,
        "veritas.trust_score": None if state.trust_score is None else float(state.trust_score),
        "veritas.risk_level": state.risk_level,
        "veritas.findings": len(state.findings),
    }


def _version_of(state: AuditState) -> str | None:
    return state.request.veritas_version or None if state.request else None


def _event(recorded: RecordedEvent, time: int) -> dict[str, Any]:
    """Return a span event."""
    event, fact = recorded.event, recorded.from_recorder
    finding = finding_of(event) or {}
    about = {
        "veritas.position": recorded.position,
        "veritas.source": recorded.source,
        "veritas.seq": recorded.seq,
        "veritas.step": event.step or None,
        "veritas.pct": None if recorded.source == "recorder" else float(event.pct),
        "veritas.detail": (describe_recorder_event(fact) if fact else event.detail) or None,
        "veritas.artifact": recorded.artifact,
        **{f"veritas.finding.{name}": as_text(finding.get(name)) for name in ("kind", "severity", "title", "url")},
    }
    return {
        "timeUnixNano": str(time),
        "name": escape_control_characters(event.type) or "event",
        "attributes": _attributes(about),
    }


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the *values* that are not None as OTLP's attributes."""
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return {"intValue": str(value)}
    if isinstance(value, int | float):
        return {"doubleValue": float(value)}
    return {"stringValue": escape_control_characters(str(value))}


def _time(recorded: RecordedEvent) -> int:
    """Return an event's time in nanoseconds since the epoch: the emitter's if it is possible, else the recorder's."""
    claimed = min(recorded.event.timestamp, recorded.recorded_at)
    at = claimed if math.isfinite(claimed) and 0 < claimed < _LATEST else max(recorded.recorded_at, 0.0)
    return round(at * 1_000_000) * 1000


class Spool:
    """Several sequences of lines in one temporary file; only eight bytes of each line stay in memory."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by `__exit__`
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def sequence(self) -> Spooled:
        """Begin a new sequence."""
        return Spooled(self)

    def write(self, line: bytes) -> int:
        """Append a line to the file; return its offset."""
        offset = self._end
        self._end += self._file.write(line + b"\n")
        return offset

    def read(self, offset: int) -> bytes:
        """Return the line at *offset*; after this, no line may be written."""
        self._file.seek(offset)
        return self._file.readline()[:-1]


class Spooled:
    """One sequence of lines in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._offsets = array("Q")

    def append(self, line: bytes) -> None:
        """Append a line, which must not contain a newline."""
        self._offsets.append(self._spool.write(line))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines in order."""
        return map(self._spool.read, self._offsets)
