"""The output of `journalctl -o json`, `json-seq` and `json-sse`: one JSON object for each entry of the journal.

A message that is not UTF-8 is an array of its bytes. Without `--all`, one of more than 4,096 bytes is null. journald
cuts a line after 48 KiB, and Docker's driver for it after 16 KiB; both mark the pieces.
"""

from __future__ import annotations

from typing import Any

from veritas.channels.messages import STDOUT
from veritas.errors import UndecodableEvent
from veritas.events.json import as_text, decode_json
from veritas.recording.capture.entry import Entry

_RECORD_SEPARATOR, _SSE = b"\x1e", b"data: "
_LEFT_OUT = "journalctl left out the message, which has more than 4,096 bytes; with --all it writes it"
_NOT_TEXT = "the message is neither text nor an array of bytes"


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it is not one of the journal."""
    text = line.removeprefix(_RECORD_SEPARATOR).removeprefix(_SSE)
    if not text.startswith(b"{") or b'"MESSAGE"' not in text:
        return None
    try:
        fields = decode_json(text)
    except UndecodableEvent:
        return None
    if "MESSAGE" not in fields or not any(name.startswith("_") for name in fields):
        return None
    program, time = _program(fields), as_text(fields.get("__REALTIME_TIMESTAMP"))
    message = fields["MESSAGE"]
    data = _bytes_of(message)
    if data is None:
        return Entry(program, line + b"\n", STDOUT, time, _LEFT_OUT if message is None else _NOT_TEXT)
    return Entry(program, data if _is_cut(fields) else data + b"\n", STDOUT, time)


def _bytes_of(message: object) -> bytes | None:
    several = isinstance(message, list) and all(isinstance(each, (str, list)) for each in message)
    if not isinstance(message, list) or not several:
        return _bytes_of_one(message)
    lines = list(map(_bytes_of_one, message))  # of several fields of that name
    return None if None in lines else b"\n".join(filter(None, lines))


def _bytes_of_one(message: object) -> bytes | None:
    if isinstance(message, str):
        return message.encode("utf-8", "surrogatepass")
    try:
        return bytes(message) if isinstance(message, list) else None
    except (TypeError, ValueError):
        return None


def _is_cut(fields: dict[str, Any]) -> bool:
    by_docker = fields.get("CONTAINER_PARTIAL_MESSAGE") == "true" and fields.get("CONTAINER_PARTIAL_LAST") != "true"
    return by_docker or fields.get("_LINE_BREAK") == "line-max"


def _program(fields: dict[str, Any]) -> str:
    """Return a name for the process: two starts of one service are two programs."""
    container = as_text(fields.get("CONTAINER_NAME"))
    if container:
        return f"{container} {as_text(fields.get('CONTAINER_ID')) or ''}".strip()
    unit, invocation = as_text(fields.get("_SYSTEMD_UNIT")), as_text(fields.get("_SYSTEMD_INVOCATION_ID"))
    if unit and invocation and unit.endswith(".service") and not unit.startswith("user@"):
        return f"{unit} {invocation}"
    name = as_text(fields.get("SYSLOG_IDENTIFIER")) or as_text(fields.get("_COMM")) or unit or ""
    pid = as_text(fields.get("_PID")) or as_text(fields.get("SYSLOG_PID"))
    host = as_text(fields.get("_HOSTNAME"))
    own = f"{name}[{pid}]" if pid else name
    return f"{host} {own}" if host else own
