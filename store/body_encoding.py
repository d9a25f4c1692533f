"""How the database stores an event's body: as it is, or as a Zstandard frame. Hashes and readers have the body itself.

A body of the recorder is stored as it is, because the guards read redactions in SQL. So is a short one: compressing it
would take as long as inserting it.

A frame in a database that was tampered with may claim any size: it is not decoded if it claims more than any body has.
A body that cannot be decoded is given as it is stored, after a byte that begins no text. So it is never what was
recorded, which `verify` reports, and no reader takes it for an erased one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zstandard import ZstdCompressor, ZstdDecompressor

ZSTANDARD = 1  # the value of the column `encoding`; NULL for a body that is stored as it is
LARGEST = 1 << 27  # bytes: eight times the largest event that the channels accept

_UNDECODED = b"\xff"  # no UTF-8 begins with it
_SHORTEST = 512  # bytes; a body of 300 bytes takes 5 µs to compress, and SQLite 7 µs to insert
_LEVEL = 3
_RECORDER = "recorder"

_own = threading.local()  # a compressor is not for two threads at once


def encode_body(source: object, body: bytes | None) -> tuple[bytes | None, int | None]:
    """Return a body as it is to be stored, and its encoding."""
    if body is None or not _SHORTEST <= len(body) <= LARGEST or source == _RECORDER:
        return body, None
    frame = _compressor().compress(body)
    return (frame, ZSTANDARD) if len(frame) < len(body) else (body, None)


def decode_body(stored: Any, encoding: object) -> Any:
    """Return the body that is stored so; b"" if there should be none, or what is stored if it cannot be decoded.

    Args:
        stored: The value of the column `body`; in a database that was tampered with, it may have any type.
        encoding: The value of the column `encoding`, which is not NULL.
    """
    if stored is None:
        return b""  # a redaction removes the encoding too
    if not isinstance(stored, bytes):
        return stored
    if encoding != ZSTANDARD:
        return _UNDECODED + stored
    import zstandard

    try:
        if not 0 <= zstandard.frame_content_size(stored) <= LARGEST:
            return _UNDECODED + stored
        return _decompressor().decompress(stored, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError):
        return _UNDECODED + stored


def _compressor() -> ZstdCompressor:
    compressor: ZstdCompressor | None = getattr(_own, "compressor", None)
    if compressor is None:
        import zstandard  # takes time to import, and few commands read or write bodies

        compressor = _own.compressor = zstandard.ZstdCompressor(_LEVEL)
    return compressor


def _decompressor() -> ZstdDecompressor:
    decompressor: ZstdDecompressor | None = getattr(_own, "decompressor", None)
    if decompressor is None:
        import zstandard

        decompressor = _own.decompressor = zstandard.ZstdDecompressor()
    return decompressor
