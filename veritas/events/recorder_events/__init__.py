"""The recorder's own events: what happened to a run, as seen from outside its child process.

Each type is a frozen struct of msgspec: every command imports them all, and a dataclass takes ten times as long to
define. On the wire its fields follow `type`, `timestamp` and `seq`.
"""

from veritas.events.recorder_events.base import ABANDONED, COMPLETED, FAILED, INTERRUPTED, RECORDER, RecorderEvent
from veritas.events.recorder_events.batch import (
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetsAdded,
    BatchTargetSkipped,
)
from veritas.events.recorder_events.comparison import RERUN, TEE, ComparisonMade, DifferenceFound
from veritas.events.recorder_events.decode import RECORDER_TYPES, recorder_event
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
    PLAIN,
    AuditRequested,
    CaptureRead,
    IpcModeSelected,
    OutputCaptured,
    ProcessEnd,
    ProcessExited,
    ProcessReleased,
    ProcessStarted,
    RunFinished,
)
from veritas.events.recorder_events.transport import (
    ConnectionRefused,
    DelayMeasured,
    EventsDropped,
    GapFound,
    IpcFellBack,
    LineRejected,
    TransportMeasured,
)

__all__ = [
    "ABANDONED",
    "COMPLETED",
    "FAILED",
    "INTERRUPTED",
    "PLAIN",
    "RECORDER",
    "RECORDER_TYPES",
    "RERUN",
    "TEE",
    "AuditRequested",
    "BatchCreated",
    "BatchFinished",
    "BatchResumed",
    "BatchTargetSkipped",
    "BatchTargetsAdded",
    "BundleImported",
    "CaptureRead",
    "CheckpointFailed",
    "ComparisonMade",
    "ConnectionRefused",
    "DelayMeasured",
    "DifferenceFound",
    "EventsDropped",
    "GapFound",
    "IpcFellBack",
    "IpcModeSelected",
    "KeyRotated",
    "LineRejected",
    "ObservationRedacted",
    "OutputCaptured",
    "ProcessEnd",
    "ProcessExited",
    "ProcessReleased",
    "ProcessStarted",
    "RecorderEvent",
    "RecordingDelayed",
    "RolloutChanged",
    "RunArchived",
    "RunFinished",
    "SpoolIngested",
    "TransportMeasured",
    "recorder_event",
]
