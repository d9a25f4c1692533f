"""What the queue carries: a ProgressEvent as its wire form, any other plain value as a pickle that names no class."""

from __future__ import annotations

import io
import pickle
import time
from typing import Any

from veritas.errors import UndecodableEvent
from veritas.events.progress import ProgressEvent, decode_event, encode_event

EVENT, CONTROL, VALUE = b"E", b"C", b"V"  # the first byte of a packed item says what the rest is


def pack(item: Any) -> bytes:
    """Return *item* as the queue carries it.

    Raises:
        TypeError: It is neither a ProgressEvent nor made of plain values only.
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
    """Return the item that `pack` was given; bytes that are no event come back as bytes."""
    kind, body = packed[:1], packed[1:]
    if kind == VALUE:
        return _PlainUnpickler(io.BytesIO(body)).load()
    try:
        return decode_event(body, received_at=time.time())
    except UndecodableEvent:
        return body


class _PlainUnpickler(pickle.Unpickler):
    """Reads pickles of built-in values; whatever names a class or function is refused."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not a plain value")
