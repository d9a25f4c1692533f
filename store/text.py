"""Text that both databases can hold."""

from __future__ import annotations

import re
from functools import lru_cache

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LONGEST_KEPT = 200  # characters; longer texts are rare, and a cache of them could fill the memory


def storable(text: str) -> str:
    """Return *text* as both databases can hold it: with U+FFFD for each NUL and each lone surrogate.

    PostgreSQL has no NUL in its text, and UTF-8 has no lone surrogates. The body keeps what was really sent.
    """
    return _storable_short(text) if len(text) <= _LONGEST_KEPT else _UNSTORABLE.sub("\ufffd", text)


@lru_cache(maxsize=1024)
def _storable_short(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
