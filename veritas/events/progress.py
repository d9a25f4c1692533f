"""The ProgressEvent and its wire form.

On the wire an event is one JSON object with `extra` flattened into it. Both transports carry the same bytes, so
two observations of one event are equal exactly when their bytes are.

What JSON cannot say has a fixed outcome:

* NaN and the infinities are written as the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
* Integers keep every digit, those with more than 4,000 as hexadecimal text; lone surrogates are written as `\\udXXX`
  escapes, and come back as they were.
* `data` is base64. Other bytes become base64 text, tuples and sets become lists, anything else its `repr`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from veritas.errors import UndecodableEvent

# What an emitter's own field of this name is called; everything else on the wire is `extra`.
FIELDS = ("type", "phase", "step", "pct", "detail", "summary", "timestamp", "seq", "data")

_TEXT_FIELDS = ("type", "phase", "step", "detail")
_NUMBER_FIELDS = ("pct", "timestamp")
_SCALARS = frozenset((str, int, bool, bytes, type(None)))
_MAX_DEPTH = 100
_LARGEST_DECIMAL = 10**4000  # Python refuses to write or read much longer numbers


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True)
class Phase:
    """One phase of an audit: its name on the wire, the label that people see, its first step and its share of 0-100."""

    name: str
    label: str
    first_step: str
    start_pct: int
    done_pct: int


PHASES: Mapping[str, Phase] = {
    phase.name: phase
    for phase in (
        Phase("init", "Initialization", "starting", 0, 5),
        Phase("scout", "Browser Reconnaissance", "navigating", 10, 25),
        Phase("security", "Security Audit", "scanning", 27, 30),
        Phase("vision", "Visual Intelligence", "analyzing", 30, 55),
        Phase("graph", "Intelligence Network", "investigating", 60, 75),
        Phase("judge", "Forensic Judge", "deliberating", 80, 90),
        Phase("complete", "Complete", "done", 100, 100),
    )
}


@dataclass(slots=True)
class ProgressEvent:
    """One thing that an emitter says about its audit. Treat it as immutable.

    Attributes:
        type: `progress`, `finding`, `screenshot`, or whatever else the emitter sends.
        phase: One of `PHASES`, or a name of the emitter's own.
        step: What the phase is doing, such as `navigating` or `done`.
        pct: How far the whole audit is, 0-100.
        detail: One sentence for people.
        summary: What the phase found out, JSON values only.
        timestamp: When it was emitted, in seconds since the epoch, UTC.
        seq: The emitter's number for it in its run, from 1; 0 where the emitter does not number.
        data: A binary attachment, such as a screenshot.
        extra: Everything else that the emitter sent.
    """

    type: str = "progress"
    phase: str = ""
    step: str = ""
    pct: float = 0
    detail: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    timestamp: float = field(default_factory=time.time)
    seq: int = 0
    data: bytes | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def encode_event(event: ProgressEvent) -> bytes:
    """Return the wire form of *event*: one line of UTF-8 JSON, without a newline.

    A name in `extra` that is also a field's name wins over the field: that is how a value of the wrong type, which
    `decode_event` puts into `extra`, goes out again as it came in.
    """
    wire: dict[str, Any] = {
        "type": event.type,
        "phase": event.phase,
        "step": event.step,
        "pct": event.pct,
        "detail": event.detail,
        "summary": event.summary,
        "timestamp": event.timestamp,
        "seq": event.seq,
    }
    if event.extra:
        wire.update(event.extra)
    if event.data is not None and "data" not in wire:
        wire["data"] = event.data
    return encode_json(wire)


def encode_json(value: Mapping[str, Any]) -> bytes:
    """Return *value* as UTF-8 JSON in the form that this module's docstring lays down."""
    try:
        if _is_plain(value):
            return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # something msgspec has no word for: the slow way has one for everything
    return json.dumps(_plain(value), separators=(",", ":")).encode("ascii")


def decode_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*.

    Raises:
        UndecodableEvent: It is not UTF-8, not JSON, or not an object.
    """
    try:
        value = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        try:  # msgspec refuses NaN, lone surrogates and numbers past a double's range; the standard library reads them
            value = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise UndecodableEvent(f"The bytes are not JSON: {error}.") from error
    except RecursionError as error:
        raise UndecodableEvent("The JSON is nested too deeply.") from error
    if not isinstance(value, dict):
        raise UndecodableEvent(f"The JSON is {_json_kind(value)}, not an object.")
    return value


def decode_event(body: bytes, *, received_at: float = 0.0) -> ProgressEvent:
    """Return the event that *body* is the wire form of.

    Tolerant: a missing or null field takes its default (a missing timestamp takes *received_at*), an unknown field
    goes to `extra`, and so does a known one whose value is of the wrong type.

    Raises:
        UndecodableEvent: It is not a JSON object at all.
    """
    return read_event(decode_json(body), received_at=received_at)


def read_event(wire: dict[str, Any], *, received_at: float = 0.0) -> ProgressEvent:
    """Return the event that a JSON object says, as tolerantly as `decode_event`; *wire* is used up."""
    event = ProgressEvent(timestamp=received_at, extra=wire)
    take, misfits = wire.pop, {}
    for name in _TEXT_FIELDS:
        value = take(name, None)
        if type(value) is str:
            setattr(event, name, value)
        elif value is not None:
            misfits[name] = value
    for name in _NUMBER_FIELDS:
        value = take(name, None)
        if (type(value) is int or type(value) is float) and _is_finite(value):
            setattr(event, name, value)
        elif value is not None:
            misfits[name] = value
    if type(seq := take("seq", None)) is int and seq >= 0:
        event.seq = seq
    elif seq is not None:
        misfits["seq"] = seq
    if type(summary := take("summary", None)) is dict:
        event.summary = summary
    elif summary is not None:
        misfits["summary"] = summary
    if (data := take("data", None)) is not None:
        event.data = _from_base64(data)
        if event.data is None:
            misfits["data"] = data
    wire.update(misfits)
    return event


def is_json_object(body: bytes) -> bool:
    """Whether `decode_json` would accept *body*; nothing is made of what is in it."""
    try:
        _decode_raw(body)
        return body.isascii() or bool(body.decode("utf-8"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # perhaps something that only the standard library reads
    try:
        decode_json(body)
    except UndecodableEvent:
        return False
    return True


def _is_finite(value: float) -> bool:
    """Whether *value* is a finite number that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _from_base64(value: Any) -> bytes | None:
    """Return the bytes that base64 text stands for; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_plain(value: Any) -> bool:
    """Whether msgspec and `_plain` write *value* alike: text, numbers that JSON has, and dicts and lists of them."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # most items are no containers, and told here without a call
            if type(key) is not str:
                return False
            kind = type(item)
            if kind not in _SCALARS and not (math.isfinite(item) if kind is float else _is_plain(item)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind in _SCALARS or (kind is float and math.isfinite(value))


def _plain(value: Any, depth: int = 0) -> Any:
    """Return *value* made of what `json.dumps` writes without loss or complaint."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_DECIMAL else hex(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if depth < _MAX_DEPTH:
        if isinstance(value, Mapping):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_plain(item, depth + 1) for item in value]
        return _named(value)
    return "…"  # deeper than any reader follows, or a cycle


def _named(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # an emitter's own class may do anything
        return f"<{type(value).__name__}>"


def _json_kind(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
