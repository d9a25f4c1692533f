"""Recording: a run as the player shows it, made in one pass over its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from veritas.audit.finding import SEVERITIES
from veritas.events.json import as_mapping, as_text, encode_json
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RECORDER
from veritas.player.state_patches import StatePatches
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import StreamMessages
from veritas.projections.descriptions import describe_event, describe_recorder_event
from veritas.projections.findings import finding_of, screenshot_fields, severity_of
from veritas.projections.phase_state import phase_label
from veritas.replay.formats.har import visit_entries
from veritas.replay.timeline import Offsets

_LONGEST = 300  # characters of an event's description; the event itself has the whole text


class NamedColumn(msgspec.Struct):
    """A column of few different names.

    Attributes:
        numbers: The number of each name; the first one has the number 0.
        rows: For each event, the number of its name.
    """

    numbers: dict[str, int] = msgspec.field(default_factory=dict)
    rows: list[int] = msgspec.field(default_factory=list)

    def append(self, name: str) -> None:
        """Append the name of the next event."""
        self.rows.append(self.numbers.setdefault(name, len(self.numbers)))


class EventColumns(msgspec.Struct, kw_only=True):
    """The events of a run, column by column.

    Attributes:
        position: Their positions in the log.
        offset: Seconds from the run's first event; they never decrease.
        source: How they reached the log.
        seq: Their numbers.
        type: Their types.
        phase: Their phases.
        step: Their steps.
        mark: What is to be seen of them on the time line: `recorder`, `screenshot`, `error`, the severity of a finding,
            or `finding` for one of another severity; empty for others.
        line: Their descriptions in one line.
        repeated: The indices of those that only repeat what another transport delivered before.
    """

    position: list[int] = msgspec.field(default_factory=list)
    offset: list[float] = msgspec.field(default_factory=list)
    source: NamedColumn = msgspec.field(default_factory=NamedColumn)
    seq: list[int] = msgspec.field(default_factory=list)
    type: NamedColumn = msgspec.field(default_factory=NamedColumn)
    phase: NamedColumn = msgspec.field(default_factory=NamedColumn)
    step: NamedColumn = msgspec.field(default_factory=NamedColumn)
    mark: NamedColumn = msgspec.field(default_factory=NamedColumn)
    line: list[str] = msgspec.field(default_factory=list)
    repeated: list[int] = msgspec.field(default_factory=list)


class Screenshot(msgspec.Struct, frozen=True):
    """A screenshot of the run.

    Attributes:
        index: The index of its event.
        sha256: The hash of its bytes, in hex.
        url: The page.
        kind: Its kind.
        base: The hash of the screenshot that it is laid on; null if it is whole.
    """

    index: int
    sha256: str
    url: str | None
    kind: str | None
    base: str | None


class Request(msgspec.Struct, frozen=True):
    """A network request.

    Attributes:
        start: Seconds from the run's first event.
        parts: Milliseconds of being blocked, of DNS, of connecting (TLS included), of waiting and of receiving.
        method: Its method.
        url: Its URL.
        status: The status of the answer; 0 if there was none.
        media_type: The media type of the answer.
        size: The bytes of the answer's body, as sent; -1 if that is not known.
        failure: Why it failed; null if it did not.
    """

    start: float
    parts: list[float]
    method: str
    url: str
    status: int
    media_type: str
    size: int
    failure: str | None


class Visit(msgspec.Struct, frozen=True):
    """The requests of one visit of a page.

    Attributes:
        index: The index of the event that describes the visit.
        url: The page.
        requests: Its requests, in the order in which they began.
        untimed: How many requests were recorded without a time, which are not among them.
    """

    index: int
    url: str
    requests: list[Request]
    untimed: int


class Recording:
    """A run's events as the player shows them.

    Attributes:
        start: When the run's first event happened: seconds since the epoch, UTC.
        columns: The events.
        labels: What people call each phase, by its name.
        screenshots: The screenshots.
        visits: The network requests.
        patches: For each event, its patch of the state as one line of JSON; see `veritas.player.state_patches`.
        messages: How many messages a client of the run's stream gets of the events.
    """

    def __init__(self) -> None:
        self.messages = 0
        self.start = 0.0
        self.columns = EventColumns()
        self.labels: dict[str, str] = {}
        self.screenshots: list[Screenshot] = []
        self.visits: list[Visit] = []
        self.patches: list[bytes] = []
        self._fold = StreamMessages()
        self._offsets = Offsets()
        self._patches = StatePatches()

    @property
    def state(self) -> AuditState:
        """The run's state after the last event."""
        return self._fold.state

    @classmethod
    def of(cls, events: Iterable[RecordedEvent]) -> Recording:
        """Return the recording of a run's events, which are in the order of their positions."""
        recording = cls()
        for recorded in events:
            recording.apply(recorded)
        return recording

    def apply(self, recorded: RecordedEvent) -> None:
        """Append the run's next event."""
        columns, event, index = self.columns, recorded.event, len(self.patches)
        if not index:
            self.start = min(event.timestamp, recorded.recorded_at)
        messages = self._fold.fold(recorded)
        self.messages += len(messages)
        is_new = bool(messages) or recorded.source == RECORDER
        if not is_new:
            columns.repeated.append(index)
        self.patches.append(encode_json(self._patches.next(self.state, recorded)))
        columns.position.append(recorded.position)
        columns.offset.append(round(self._offsets.of(recorded), 6))
        columns.source.append(recorded.source)
        columns.seq.append(recorded.seq)
        columns.type.append(event.type)
        columns.phase.append(event.phase)
        columns.step.append(event.step)
        columns.mark.append(_mark(recorded))
        columns.line.append(_line(recorded))
        if recorded.source == RECORDER or not is_new:
            return
        if event.phase not in self.labels:
            self.labels[event.phase] = phase_label(event.phase)
        if event.type == "screenshot" and recorded.artifact and recorded.redacted is None:
            fields = screenshot_fields(event)
            url, kind = as_text(fields["url"]), as_text(fields["kind"])
            self.screenshots.append(Screenshot(index, recorded.artifact, url, kind, as_text(fields.get("base"))))
        if (event.phase, event.step) == ("scout", "page_loaded"):
            self.visits.append(self._visit(index, event.summary))

    def part(self, first: int = 0, stop: int | None = None) -> dict[str, Any]:
        """Return events as JSON values, with all that belongs to them except the patches.

        Args:
            first: The index of the first event.
            stop: The index after the last one; None for all that there are.
        """
        indices = range(len(self.patches))[first:stop]
        columns: dict[str, Any] = {"repeated": [index for index in self.columns.repeated if index in indices]}
        for name in ("position", "offset", "seq", "line"):
            columns[name] = getattr(self.columns, name)[first:stop]
        for name in ("source", "type", "phase", "step", "mark"):
            column: NamedColumn = getattr(self.columns, name)
            columns[name] = {"names": [*column.numbers], "rows": column.rows[first:stop]}
        return {
            "start": self.start,
            "labels": dict(self.labels),
            "events": columns,
            "screenshots": [msgspec.to_builtins(each) for each in self.screenshots if each.index in indices],
            "visits": [msgspec.to_builtins(visit) for visit in self.visits if visit.index in indices],
        }

    def _visit(self, index: int, page: dict[str, Any]) -> Visit:
        entries = [*visit_entries(page, "")]
        requests = [_request(entry, self.start) for entry in entries if entry is not None]
        requests.sort(key=lambda request: request.start)
        return Visit(index, as_text(page.get("url")) or "", requests, len(entries) - len(requests))


def _mark(recorded: RecordedEvent) -> str:
    if recorded.source == RECORDER:
        return "recorder"
    if (finding := finding_of(recorded.event)) is not None:
        severity = severity_of(finding)
        return severity if severity in SEVERITIES else "finding"
    if recorded.event.type == "screenshot" and recorded.artifact:
        return "screenshot"
    return "error" if recorded.event.step == "error" else ""


def _line(recorded: RecordedEvent) -> str:
    event = recorded.from_recorder
    text = describe_event(recorded.event) if event is None else describe_recorder_event(event)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _request(entry: dict[str, Any], run_start: float) -> Request:
    """Return a request, given its entry in a HAR."""
    timings, response = as_mapping(entry["timings"]), entry["response"]
    parts: Sequence[float] = [timings.get(name, 0) for name in ("blocked", "dns", "connect", "wait", "receive")]
    return Request(
        start=round(datetime.fromisoformat(entry["startedDateTime"]).timestamp() - run_start, 6),
        parts=[max(part, 0) for part in parts],
        method=entry["request"]["method"],
        url=entry["request"]["url"],
        status=response["status"],
        media_type=response["content"]["mimeType"],
        size=response["bodySize"],
        failure=as_text(entry.get("comment")),
    )
