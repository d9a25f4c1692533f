"""Masks for the parts of an output that differ from run to run, so that they do not count in a comparison."""

from __future__ import annotations

import re

_MASKS = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME"),
    (r"(\d+ days? )?\b\d\d:\d\d:\d\d(\.\d+)?", "CLOCK"),
    (r"127\.0\.0\.1:\d*", "127.0.0.1:PORT"),
    (r"[+-]?\d+(\.\d+)? ?(ms|s|min)\b", "DURATION"),
    (r"(?<![\d.])\d+\.\d{3}(?= (\[|[a-z_]+:))", "OFFSET"),  # of an event of a replay
    (r"(?<=duration: none -> )[\d.]+", "DURATION"),
    (r"((?:delay|lead)_ms\.[\w.]+ \d+) [\d.]+ [\d.]+", r"\1 LATENCIES"),
    (r"\b(?<!vrts_)([0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{12}|[0-9a-f]{8}(?=\+))\b", "HASH"),
    (r"(?<=HASH\+)[A-Za-z0-9+/]+", "KEY"),
    (r"“[^”]*”", "“TEXT”"),  # of the shop, where random numbers choose some of it
    (r"\b(queue|stdout) delivered \d+", "ONE delivered SOME"),
    (r"over (queue and stdout|stdout and queue)", "over BOTH"),
    (r"queue \d+, stdout \d+", "queue SOME, stdout SOME"),
    (r"\d+(?= recorder)", "SOME"),
    (r"\d+ (?=(queue|stdout|recorder) +r?\d+ )", "POSITION "),
    (r"[\d,]+ events, [\d.]+ (kB|MB)", "SOME events, SOME bytes"),
    (r"\d+(?= events(, all|, signed|\)| were))", "SOME"),
    (r"[\d.]+% of the pixels differ, at \d+,\d+ \d+x\d+", "SOME pixels differ"),
    (r"vrts_0{8}[0-9a-f]{8}", "GENERATED"),
)


def masked(text: str) -> str:
    """Return *text* with what differs each time replaced, and every run of white space made one space."""
    text = " ".join(text.split())
    for pattern, word in _MASKS:
        text = re.sub(pattern, word, text)
    return text
