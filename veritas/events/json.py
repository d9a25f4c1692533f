"""JSON of unknown origin: encode any value, decode untrusted bytes, and read decoded values by type.

Values that JSON does not have are encoded as follows:

* NaN and the infinities are written as the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
* Integers keep every digit; those with more than 4,000 digits are written as hexadecimal text.
* Lone surrogates are written as `\\udXXX` escapes, and are decoded to the same characters.
* Bytes become base64 text, tuples and sets become lists, anything else becomes its `repr`.

Any program may have written what is decoded. So the `as_…` functions return a value if it has the wanted type, and
None or an empty value otherwise.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from veritas.errors import UndecodableEvent
from veritas.formatting import escape_json_control_characters

_SCALARS = frozenset((str, int, bool, bytes, type(None)))
_MAX_DEPTH = 100
_LARGEST_DECIMAL = 10**4000  # Python refuses to write or read much longer numbers

MAX_VALUES = 200_000  # in large JSON of unknown origin
_LARGE = 1024 * 1024  # bytes
_SEPARATORS = (b",", b"[", b"{")  # each value but the first comes after one of them
_ATTACHMENT = b'"data":"'
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def encode_json(value: Mapping[str, Any]) -> bytes:
    """Return *value* as UTF-8 JSON, with the encodings that this module's docstring lists."""
    try:
        if _is_plain(value):
            return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # msgspec cannot encode some value; `_plain` can replace every value
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


def is_json_object(body: bytes) -> bool:
    """Return whether `decode_json` would accept *body*, mostly without decoding the object's values."""
    try:
        _decode_raw(body)
        return body.isascii() or bool(body.decode("utf-8"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the standard library may still be able to read it
    try:
        decode_json(body)
    except UndecodableEvent:
        return False
    return True


def has_too_many_values(body: bytes) -> bool:
    """Return whether JSON of more than a megabyte has more than `MAX_VALUES` values.

    A value takes two bytes in JSON, and a hundred in memory: 16 MiB of empty arrays became 500 MB.
    """
    if len(body) <= _LARGE:
        return False
    # Almost all of a large event is its attachment, in base64, which is skipped. A quote inside of a text is escaped,
    # so what is found is a member, or the JSON is broken.
    start = max(body.find(_ATTACHMENT), 0)
    end = max(body.find(b'"', start + len(_ATTACHMENT)), 0) if start else 0
    most = sum(body.count(mark, 0, start) + body.count(mark, end) for mark in _SEPARATORS)
    if most <= MAX_VALUES:
        return False
    in_text = sum(text[0].count(mark) for text in _TEXT.finditer(body) for mark in _SEPARATORS)
    return most - in_text > MAX_VALUES


def json_document(value: Mapping[str, Any]) -> bytes:
    """Return *value* as an indented JSON document that is safe to print on a terminal."""
    encoded = encode_json(value)
    try:
        document = msgspec.json.format(encoded, indent=2)
    except msgspec.DecodeError:  # msgspec cannot read a lone surrogate; the standard library can
        document = json.dumps(json.loads(encoded), indent=2).encode("ascii")
    return terminal_safe_json(document) + b"\n"


def json_line(value: Mapping[str, Any]) -> bytes:
    """Return *value* as one line of JSON that is safe to print on a terminal."""
    return terminal_safe_json(encode_json(value)) + b"\n"


def terminal_safe_json(encoded: bytes) -> bytes:
    """Return JSON text with the characters that could act on a terminal escaped."""
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return escape_json_control_characters(encoded.decode("utf-8")).encode("utf-8")


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return *value* if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: object) -> Sequence[Any]:
    """Return *value* if it is an array, else an empty one."""
    return value if isinstance(value, list | tuple) else []


def as_text(value: object) -> str | None:
    """Return *value* if it is text, else None."""
    return value if isinstance(value, str) else None


def as_number(value: object) -> float | None:
    """Return *value* if it is a finite number that a double can hold, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def short_json(value: object, limit: int = 200) -> str:
    """Return *value* as JSON, cut after *limit* characters."""
    text = encode_json({"": value})[4:-1].decode("utf-8")
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def json_values(value: msgspec.Struct | None) -> dict[str, Any]:
    """Return a struct's fields as JSON values (tuples stay tuples); an empty object for None."""
    return {} if value is None else msgspec.to_builtins(value)


def _is_plain(value: Any) -> bool:
    """Return whether msgspec and `_plain` write *value* alike: text, numbers that JSON has, dicts and lists of them."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # most items are not containers, and are checked here without a call
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
    """Return *value* with every part that `json.dumps` would refuse or lose replaced; see the module's docstring."""
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
        return _repr(value)
    return "…"  # nested deeper than any reader accepts, or a cycle


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # the repr of an emitter's own class may raise anything
        return f"<{type(value).__name__}>"


def _json_kind(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
