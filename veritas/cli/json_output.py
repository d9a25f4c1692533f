"""Writing results to stdout as JSON, which is exact and yet harmless to a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from veritas.events.json import harmless_text, json_line
from veritas.events.progress import encode_json


def print_json(value: Mapping[str, Any]) -> None:
    """Write one object, indented."""
    write_bytes(json_document(value))


def json_document(value: Mapping[str, Any]) -> bytes:
    """Return one object, indented, as it is written."""
    return harmless_text(msgspec.json.format(encode_json(value), indent=2)) + b"\n"


def print_json_array(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write an array of objects, one a line, as they come; it is whole whatever ends it."""
    opening, closing = b"[", b"[]\n"
    try:
        for value in values:
            write_bytes(opening + b"\n  " + harmless_text(encode_json(value)), flush=flush)
            opening, closing = b",", b"\n]\n"
    finally:
        write_bytes(closing)


def print_json_lines(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write one object a line, as they come."""
    for value in values:
        write_bytes(json_line(value), flush=flush)


def write_bytes(text: bytes, *, flush: bool = False) -> None:
    """Write to stdout; bytes, because what is recorded need not be text in the terminal's encoding."""
    if sys.stdout is None:  # started with stdout closed
        return
    sys.stdout.buffer.write(text)
    if flush:
        sys.stdout.buffer.flush()
