"""What a file without an event looks like, for the message about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from veritas.recording.capture.formats import Format

_MARKER_HINT = "an event is a line with ##PROGRESS: and a JSON object"

# What a file begins with, what it is then, and what can be done with it.
_KINDS: Sequence[tuple[re.Pattern[bytes], str, str]] = tuple(
    (re.compile(pattern, re.DOTALL), what, remedy)
    for pattern, what, remedy in (
        (rb"SQLite format 3\0", "an SQLite database", "if it is a log, `veritas list --db FILE` lists its audits"),
        (rb"PK\x03\x04.{26}FORMAT\.md", "an evidence bundle", "`veritas import FILE` imports it"),
        (rb"PK\x03\x04", "a zip file", "unpack it first"),
        (rb"\x28\xb5\x2f\xfd", "zstd data", "`zstd -dc FILE | veritas ingest -` reads it"),
        (rb"\x04\x22\x4d\x18", "lz4 data", "`lz4 -dc FILE | veritas ingest -` reads it"),
        (rb".{257}ustar", "a tar file", "unpack it first"),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF.{4}WEBP", "an image", _MARKER_HINT),
        (rb"%PDF-", "a PDF file", _MARKER_HINT),
        (rb"\x7fELF|MZ.{58}|\xcf\xfa\xed\xfe", "a program", "`veritas record -- FILE` runs it and records its events"),
        (rb"LPKSHHRH", "a file of the journal", "`journalctl --file FILE -o json --all | veritas ingest -` reads it"),
        (rb"veritas/log/[0-9a-f]+\n", "a signed checkpoint", "`veritas verify --checkpoint FILE` uses it"),
        (rb"\s*(?i:<!doctype html|<html)", "an HTML page", _MARKER_HINT),
        (rb"\s*<\?xml", "XML", _MARKER_HINT),
        (
            rb'\{\s*\n\s+"[^\n]*\n.*"MESSAGE"',
            "the output of `journalctl -o json-pretty`",
            "write it with -o json --all",
        ),
        (rb'\{"position":', "the JSON of `veritas events`", "`veritas export` and `veritas import` copy an audit"),
    )
)
_NO_TEXT = re.compile(rb"\0")


def describe_content(head: bytes, layers: Sequence[str], format: Format | None) -> tuple[str, str]:
    """Return what a file without an event is, and a remedy.

    Args:
        head: What it begins with, after decompression.
        layers: What was undone before, outermost first.
        format: The collector's format, if one was recognised.
    """
    found = next(((what, remedy) for pattern, what, remedy in _KINDS if pattern.match(head)), None)
    if format is not None:
        found = f"{format.title} without progress lines", _MARKER_HINT
    elif not head:
        found = "an empty file", _MARKER_HINT
    elif found is None:
        found = ("binary data" if _NO_TEXT.search(head) else "text without progress lines"), _MARKER_HINT
    what, remedy = found
    return " of ".join((*(f"{layer} data" for layer in layers), what)), remedy
