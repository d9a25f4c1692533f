"""Values out of recorded JSON, which any program may have written: of the type that is wanted, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from veritas.events.progress import encode_json
from veritas.formatting import harmless_json


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return an object as it is; anything else counts as an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: object) -> Sequence[Any]:
    """Return an array as it is; anything else counts as an empty one."""
    return value if isinstance(value, list | tuple) else []


def as_text(value: object) -> str | None:
    """Return text as it is, None for anything else."""
    return value if isinstance(value, str) else None


def as_number(value: object) -> float | None:
    """Return a finite number that a double can hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def json_values(value: msgspec.Struct | None) -> dict[str, Any]:
    """Return a struct as JSON values, tuples among them; None is an empty object."""
    return {} if value is None else msgspec.to_builtins(value)


def json_line(value: Mapping[str, Any]) -> bytes:
    """Return one object as a line."""
    return harmless_text(encode_json(value)) + b"\n"


def harmless_text(json: bytes) -> bytes:
    """Return JSON text without characters that could act on a terminal."""
    if json.isascii() and b"\x7f" not in json:
        return json
    return harmless_json(json.decode("utf-8")).encode("utf-8")
