"""An entry: a record to append to the log, with its decoded event."""

from __future__ import annotations

from store.log import Attachment, Record
from veritas.events.attachment import detach, media_type_of
from veritas.events.progress import ProgressEvent
from veritas.events.upcasting import current_version

Entry = tuple[Record, ProgressEvent]

_MICRO = 1_000_000
_YEAR_10000 = 253_402_300_800  # seconds since the epoch; a later timestamp is not valid


def entry_of(
    run_id: str, source: str, seq: int, event: ProgressEvent, body: bytes, attachment: Attachment | None = None
) -> Entry:
    """Return the entry for an event and its wire form, with the attachment apart from it if it is not so already."""
    if event.data:
        stored = detach(body, event.data)
        if stored is not None:
            body, attachment = stored, Attachment(event.data, media_type_of(event))
    record = Record(
        run_id=run_id,
        source=source,
        seq=seq,
        type=event.type,
        phase=event.phase,
        step=event.step,
        emitted_at=round(event.timestamp * _MICRO) if 0 < event.timestamp < _YEAR_10000 else None,
        body=body,
        artifact=attachment,
        schema_version=current_version(),
    )
    return record, event
