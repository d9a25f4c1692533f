"""The recorder's events by type, and the event that a log has as one of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from veritas.events.progress import ProgressEvent
from veritas.events.recorder_events.base import RecorderEvent
from veritas.events.recorder_events.batch import (
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetsAdded,
    BatchTargetSkipped,
)
from veritas.events.recorder_events.comparison import ComparisonMade, DifferenceFound
from veritas.events.recorder_events.log import (
    BundleImported,
    CheckpointFailed,
    KeyRotated,
    ObservationRedacted,
    RecordingDelayed,
    RunArchived,
    SpoolIngested,
)
from veritas.events.recorder_events.rollout import RolloutChanged
from veritas.events.recorder_events.run import (
    AuditRequested,
    CaptureRead,
    IpcModeSelected,
    OutputCaptured,
    ProcessExited,
    ProcessReleased,
    ProcessStarted,
    RunFinished,
)
from veritas.events.recorder_events.transport import (
    ConnectionRefused,
    EventsDropped,
    GapFound,
    IpcFellBack,
    LineRejected,
    TransportMeasured,
)

RECORDER_TYPES: Mapping[str, type[RecorderEvent]] = {
    kind.type: kind
    for kind in (
        AuditRequested,
        IpcModeSelected,
        ProcessStarted,
        IpcFellBack,
        EventsDropped,
        GapFound,
        OutputCaptured,
        LineRejected,
        ConnectionRefused,
        RecordingDelayed,
        SpoolIngested,
        ProcessExited,
        ProcessReleased,
        TransportMeasured,
        ObservationRedacted,
        RunArchived,
        DifferenceFound,
        ComparisonMade,
        CaptureRead,
        RunFinished,
        CheckpointFailed,
        BundleImported,
        KeyRotated,
        RolloutChanged,
        BatchCreated,
        BatchTargetsAdded,
        BatchResumed,
        BatchTargetSkipped,
        BatchFinished,
    )
}


def recorder_event(event: ProgressEvent) -> RecorderEvent | None:
    """Return *event* as an instance of its recorder event type.

    None if it is not of such a type, or if a field of the type is missing or has a value of another type, because
    another version or another program may have written it.
    """
    kind = RECORDER_TYPES.get(event.type)
    if kind is None:
        return None
    values = event.extra
    if event.phase or event.step:  # a few types have these two as fields of their own
        values = {**values, "phase": event.phase, "step": event.step}
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError):  # msgspec cannot encode a lone surrogate
        return None
