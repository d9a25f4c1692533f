"""The content codings of HTTP (RFC 9110, section 8.4), decoded as a browser does, up to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import brotli
import zstandard

# Chromium refuses a zstd window beyond 8 MB (RFC 9659), and a decoder that accepts a larger one can be made to allocate
# gigabytes.
_ZSTD_WINDOW = 8 * 1024 * 1024
_ZSTD_STEP = 256  # bytes, from which a decoder makes 8 MB at most: a block has 128 KB and takes 4 bytes or more
_MAX_CODINGS = 8


class Decoded(NamedTuple):
    """A decoded body, or as much of it as could be decoded.

    Attributes:
        body: The decoded bytes.
        problem: Why these are not the whole body, as the end of a sentence; empty if they are.
    """

    body: bytes
    problem: str = ""


def decode_content(body: bytes, codings: Sequence[str], *, limit: int) -> Decoded:
    """Return *body* without its content codings.

    Args:
        codings: The codings in the order in which they were applied, as `Content-Encoding` lists them.
        limit: The largest number of bytes to decode, at any step.
    """
    if len(codings) > _MAX_CODINGS:
        return Decoded(b"", f"has {len(codings)} content codings")
    problem = ""
    for coding in reversed(codings):
        name = coding.strip().lower()
        if not name or name == "identity":
            continue
        decode = _DECODERS.get(name)
        if decode is None:
            return Decoded(b"", f"has the content coding {coding.strip()[:40]!r}, which is not known")
        try:
            decoded = decode(body, limit)
        except _FAULTS:
            return Decoded(b"", f"is not valid {name}")
        body, problem = decoded.body, problem or decoded.problem
    return Decoded(body, problem)


def _too_large(limit: int) -> str:
    return f"has more than {limit:,} bytes"


def _decode_gzip(body: bytes, limit: int) -> Decoded:
    return _inflate(body, 16 + zlib.MAX_WBITS, limit)


def _decode_deflate(body: bytes, limit: int) -> Decoded:
    """Decode zlib's format or, as some servers send it, the raw one."""
    try:
        return _inflate(body, zlib.MAX_WBITS, limit)
    except zlib.error:
        return _inflate(body, -zlib.MAX_WBITS, limit)


def _inflate(body: bytes, wbits: int, limit: int) -> Decoded:
    """Decompress *body*; a gzip file may have several members (RFC 1952), and what follows them is ignored."""
    if not body:
        return Decoded(b"")
    decoded = bytearray()
    while True:
        member = zlib.decompressobj(wbits)
        try:
            decoded += member.decompress(body, limit + 1 - len(decoded))
        except zlib.error:
            if decoded:
                return Decoded(bytes(decoded))
            raise
        if len(decoded) > limit:
            return Decoded(bytes(decoded[:limit]), _too_large(limit))
        if not member.eof:
            return Decoded(bytes(decoded), "ends before its compressed content does")
        body = member.unused_data
        if not body or wbits < 16:
            return Decoded(bytes(decoded))


def _decode_brotli(body: bytes, limit: int) -> Decoded:
    if not body:
        return Decoded(b"")
    decoder = brotli.Decompressor()
    decoded = bytearray(decoder.process(body, output_buffer_limit=limit + 1))
    while len(decoded) <= limit and not decoder.is_finished():
        more = decoder.process(b"", output_buffer_limit=limit + 1 - len(decoded))
        if not more:
            return Decoded(bytes(decoded), "ends before its compressed content does")
        decoded += more
    return Decoded(bytes(decoded[:limit]), _too_large(limit) if len(decoded) > limit else "")


def _decode_zstd(body: bytes, limit: int) -> Decoded:
    """Decompress *body*, which may have several frames, in steps that are too small to exceed the limit by much."""
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = decoder.decompressobj()
    decoded = bytearray()
    position = 0
    while position < len(body):
        decoded += frame.decompress(body[position : position + _ZSTD_STEP])
        position = min(position + _ZSTD_STEP, len(body)) - len(frame.unused_data)
        if len(decoded) > limit:
            return Decoded(bytes(decoded[:limit]), _too_large(limit))
        if frame.eof and position < len(body):
            frame = decoder.decompressobj()
    complete = frame.eof or not body
    return Decoded(bytes(decoded), "" if complete else "ends before its compressed content does")


_DECODERS: dict[str, Callable[[bytes, int], Decoded]] = {
    "gzip": _decode_gzip,
    "x-gzip": _decode_gzip,
    "deflate": _decode_deflate,
    "br": _decode_brotli,
    "zstd": _decode_zstd,
}
_FAULTS = (zlib.error, brotli.error, zstandard.ZstdError)
