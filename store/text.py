"""Text that both databases can hold, and text in files that other programs have rewritten."""

from __future__ import annotations

import codecs
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def storable(text: str) -> str:
    """Return *text* as both databases can hold it: each NUL and each lone surrogate becomes U+FFFD.

    PostgreSQL's text cannot contain NUL, and UTF-8 cannot encode lone surrogates. The event's body keeps the original.
    """
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def decode_text_file(data: bytes) -> str:
    """Return the text in a file, in the encoding that its byte order mark names, and with newlines as line ends.

    Editors and shells on Windows write the mark, CRLF, and UTF-16.

    Raises:
        UnicodeDecodeError: It is neither UTF-16 with such a mark nor UTF-8.
    """
    text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")
