"""All formats, by name."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.formats.format import Format, Kind
from veritas.formats.jsonl import as_jsonl
from veritas.formats.terminal import as_terminal

FORMATS: Mapping[str, Format] = {
    "terminal": Format(lambda events, context: as_terminal(events, context.labels), Kind.LINES, folds=True),
    "jsonl": Format(lambda events, context: as_jsonl(events), Kind.STREAM),
}
