"""Text that both databases can hold."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return *text* as both databases can hold it: each NUL and each lone surrogate becomes U+FFFD.

    PostgreSQL's text cannot contain NUL, and UTF-8 cannot encode lone surrogates. The event's body keeps the original.
    """
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)
