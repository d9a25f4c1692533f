"""JSON that is exact and yet harmless to a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veritas.core.events import encode_json
from veritas.wording import harmless_json


def json_line(value: Mapping[str, Any]) -> bytes:
    """Return one object as a line."""
    return harmless_text(encode_json(value)) + b"\n"


def harmless_text(json: bytes) -> bytes:
    """Return JSON text without characters that could act on a terminal."""
    if json.isascii() and b"\x7f" not in json:
        return json
    return harmless_json(json.decode("utf-8")).encode("utf-8")
