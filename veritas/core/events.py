"""The event, under its documented name; see `veritas.events.progress`."""

from veritas.events.progress import FIELDS, PHASES, Phase, ProgressEvent, decode_event, encode_event

__all__ = ["FIELDS", "PHASES", "Phase", "ProgressEvent", "decode_event", "encode_event"]
