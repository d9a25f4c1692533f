"""Write runs in the formats, and record the output in a log again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from veritas.archive.archive import Archive
from veritas.channels.framing import MarkerParser
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.recording.recorder import RunRecorder
from veritas.replay.formats import FORMATS, Context
from veritas.replay.timeline import timeline

# Fields of a state that depend on the recording, not on the child's events.
_OF_THE_RECORDING = (
    *("audit_id", "run_id", "url", "tier", "origin", "command", "started_at", "finished_at", "duration", "position"),
    *("mode", "configured_mode", "effective_mode", "mode_reason", "mode_origin", "bucket", "share", "share_origin"),
    *("events", "fallbacks", "gaps", "refused", "comparison", "exit", "captured", "stderr_tail"),
)


def no_bytes(recorded: RecordedEvent) -> bytes:
    """Fail if a format asks for the events' bytes that it does not need."""
    raise AssertionError("the format asked for an event's bytes")


def written(name: str, events: Iterable[RecordedEvent], *, archive: Archive | None = None) -> bytes:
    """Return one run's *events* in a format that must not warn."""
    data, warnings = written_with_warnings(name, events, archive=archive)
    assert warnings == []
    return data


def written_with_warnings(
    name: str, events: Iterable[RecordedEvent], *, archive: Archive | None = None
) -> tuple[bytes, list[str]]:
    """Return *events* in a format, and its warnings."""
    warnings: list[str] = []
    context = Context(archive.wire if archive else no_bytes, warnings.append, at_once=True)
    return b"".join(FORMATS[name].write(timeline(events), context)), warnings


def record_stdout(archive: Archive, run_id: str, output: bytes) -> AuditState:
    """Record what a child writes to stdout, and return the run's state."""
    recorder, parser = RunRecorder(archive.log, run_id), MarkerParser()
    recorder.record([*parser.feed(output), *parser.close()])
    return AuditState.of(archive.events(run_id))


def comparable_state(state: AuditState) -> dict[str, Any]:
    """Return of a state what does not depend on when, where and how the run was recorded."""
    return {name: value for name, value in state.as_dict().items() if name not in _OF_THE_RECORDING}
