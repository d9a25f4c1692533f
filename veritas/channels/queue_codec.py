"""The codec of the queue's items: a ProgressEvent is its wire form, any other plain value is JSON.

JSON has no tuple, no bytes, and no more than one kind of key. What it lacks is written as an object with one name that
begins with `$`:

* `{"$tuple": […]}`, `{"$set": […]}`, `{"$frozenset": […]}`;
* `{"$bytes": "…"}`, `{"$bytearray": "…"}`: base64;
* `{"$int": "0x…"}`: an integer of more than 64 bits; `{"$float": "…"}`: NaN and the infinities;
* `{"$dict": [[key, value], …]}`: a dict with a key that is not text, or begins with `$`.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable
from typing import Any

import msgspec

from veritas.errors import UndecodableEvent
from veritas.events.progress import ProgressEvent, decode_event, encode_event

EVENT, CONTROL, VALUE = b"E", b"C", b"V"  # the first byte of a packed item: the kind of the rest

_LARGEST_INT = 2**63

_READERS: dict[str, Callable[[Any], Any]] = {
    "$tuple": tuple,
    "$set": set,
    "$frozenset": frozenset,
    "$bytes": lambda text: base64.b64decode(text, validate=True),
    "$bytearray": lambda text: bytearray(base64.b64decode(text, validate=True)),
    "$int": lambda text: int(text, 16),
    "$float": float,
    "$dict": dict,
}


def pack(item: Any) -> bytes:
    """Return the bytes that the queue carries for *item*.

    Raises:
        TypeError: It is neither a ProgressEvent nor a plain value.
    """
    if isinstance(item, ProgressEvent):
        return EVENT + encode_event(item)
    try:
        tagged = _tagged(item)
    except (TypeError, RecursionError) as error:
        raise TypeError(f"A queue carries ProgressEvents and plain values, not {item!r:.200}: {error}.") from None
    try:
        return VALUE + msgspec.json.encode(tagged)
    except UnicodeEncodeError:  # a lone surrogate, which the standard library can write
        return VALUE + json.dumps(tagged, separators=(",", ":")).encode("ascii")


def unpack(packed: bytes) -> Any:
    """Return the item that was packed; bytes that are not an event are returned as bytes.

    Raises:
        ValueError, TypeError, RecursionError: They are not a plain value either.
    """
    kind, body = packed[:1], packed[1:]
    if kind == VALUE:
        return _untagged(_read_json(body))
    try:
        return decode_event(body, received_at=time.time())
    except UndecodableEvent:
        return body


def _read_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:  # perhaps a lone surrogate
        return json.loads(body)


def _tagged(value: Any) -> Any:
    """Return *value* with what JSON lacks written as objects of one name; an instance of a subclass is not plain."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_LARGEST_INT <= value < _LARGEST_INT else {"$int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list:
        return [_tagged(item) for item in value]
    if kind is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: _tagged(item) for key, item in value.items()}
        return {"$dict": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
    if kind is tuple or kind is set or kind is frozenset:
        return {f"${kind.__name__}": [_tagged(item) for item in value]}
    if kind is bytes or kind is bytearray:
        return {f"${kind.__name__}": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"{kind.__name__} is not a plain value")


def _untagged(value: Any) -> Any:
    """Return the value that was written as *value*."""
    if type(value) is list:
        return [_untagged(item) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        ((name, content),) = value.items()
        if reader := _READERS.get(name):
            return reader(_untagged(content))
    return {name: _untagged(item) for name, item in value.items()}
