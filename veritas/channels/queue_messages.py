"""The messages of the queue's items: what the recorder gets for each."""

from __future__ import annotations

import hashlib

from veritas.channels.messages import QUEUE, ControlReceived, EventReceived, Message, Rejected
from veritas.channels.queue_codec import CONTROL, EVENT, unpack
from veritas.errors import UndecodableEvent
from veritas.events.json import MAX_VALUES, decode_json, encode_json, has_too_many_values


def message_of(packed: bytes, number: int) -> Message:
    """Return the message of a packed item, with the queue's *number* for it."""
    kind, body = packed[:1], packed[1:]
    if has_too_many_values(body):
        return _rejected(body, f"it has more than {MAX_VALUES:,} values", number)
    if kind == EVENT:
        return EventReceived(QUEUE, body, number)
    if kind == CONTROL:
        try:
            return ControlReceived(QUEUE, decode_json(body), body, number)
        except UndecodableEvent:
            return _rejected(body, "it is not a message of the channel", number)
    try:
        value = unpack(packed)
    except Exception as error:  # bytes from another program may raise anything
        return _rejected(body, f"it cannot be unpacked: {error!r}", number)
    if isinstance(value, dict):  # another program may put its events as plain dicts
        return EventReceived(QUEUE, encode_json(value), number)
    return _rejected(body, f"it is of type {type(value).__name__}, not an event", number)


def _rejected(body: bytes, reason: str, number: int) -> Rejected:
    return Rejected(QUEUE, reason, body, len(body), hashlib.sha256(body).hexdigest(), None, number)
