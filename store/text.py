"""Text that both databases can hold."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return *text* as both databases can hold it: with U+FFFD for each NUL and each lone surrogate.

    PostgreSQL has no NUL in its text, and UTF-8 has no lone surrogates. The body keeps what was really sent.
    """
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)
