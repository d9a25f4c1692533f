"""The codec of the queue's items: a ProgressEvent is its wire form, any other plain value a pickle without classes."""

from __future__ import annotations

import io
import pickle
import time
from typing import Any

from veritas.errors import UndecodableEvent
from veritas.events.progress import ProgressEvent, decode_event, encode_event

EVENT, CONTROL, VALUE = b"E", b"C", b"V"  # the first byte of a packed item: the kind of the rest


def pack(item: Any) -> bytes:
    """Return the bytes that the queue carries for *item*.

    Raises:
        TypeError: It is neither a ProgressEvent nor a plain value.
    """
    if isinstance(item, ProgressEvent):
        return EVENT + encode_event(item)
    try:
        pickled = pickle.dumps(item, protocol=5)
        _PlainUnpickler(io.BytesIO(pickled)).load()
    except (pickle.PickleError, AttributeError, TypeError, RecursionError) as error:
        raise TypeError(f"A queue carries ProgressEvents and plain values, not {item!r:.200}: {error}.") from None
    return VALUE + pickled


def unpack(packed: bytes) -> Any:
    """Return the item that was packed; bytes that are not an event are returned as bytes."""
    kind, body = packed[:1], packed[1:]
    if kind == VALUE:
        return _PlainUnpickler(io.BytesIO(body)).load()
    try:
        return decode_event(body, received_at=time.time())
    except UndecodableEvent:
        return body


class _PlainUnpickler(pickle.Unpickler):
    """Reads pickles of built-in values; refuses a pickle that names a class or function."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not a plain value")
