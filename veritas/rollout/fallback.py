"""Kinds of fallbacks: what a recorded cause says is as long as what the system said, and few runs say the same."""

from __future__ import annotations

OTHER = "other"

# How the causes begin that VERITAS writes, in `veritas.core.ipc`, `veritas.channels.queue` and
# `veritas.recording.child`.
_KINDS = {
    "The event queue cannot be created": "could not be created",
    "The event queue at ": "could not be reached",
    "The child was given no queue": "could not be reached",
    "the queue broke": "broke",
    "the queue took and confirmed nothing": "stalled",
}


def kind_of_fallback(cause: str) -> str:
    """Return which kind a recorded cause is of: could not be created, could not be reached, broke, stalled or other."""
    return next((kind for beginning, kind in _KINDS.items() if cause.startswith(beginning)), OTHER)
