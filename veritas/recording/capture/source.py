"""The bytes of a captured file, with its compression and its encoding undone.

    head, chunks = peek(chunks, until=lambda head: len(head) >= 4)

What was read before an error is yielded first, and the error is raised after it.
"""

from __future__ import annotations

import bz2
import codecs
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Protocol

_MAGIC_BYTES = 6
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_MOST_LAYERS = 3  # of compression
_OUTPUT_BYTES = 1 << 18  # of a chunk after decompression
_ENCODING_BYTES = 64  # that show UTF-16 without a byte order mark


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def peek(chunks: Iterable[bytes], *, until: Callable[[bytes], bool]) -> tuple[bytes, Iterator[bytes]]:
    """Read chunks until what they begin with is enough; return it, and an iterator over all of them."""
    head, rest = b"", iter(chunks)
    try:
        while not until(head):
            chunk = next(rest, None)
            if chunk is None:
                break
            head += chunk
    except (OSError, KeyboardInterrupt) as error:
        return head, chain([head], _raising(error))
    return head, chain([head], rest)


def open_source(chunks: Iterable[bytes]) -> tuple[list[str], Iterator[bytes]]:
    """Undo the compression and the encoding of a file.

    Returns:
        The names of what was undone, outermost first, and the chunks of the text in UTF-8.
    """
    layers: list[str] = []
    head, rest = peek(chunks, until=lambda head: len(head) >= _MAGIC_BYTES)
    while len(layers) < _MOST_LAYERS and (found := _compression(head)) is not None:
        name, make = found
        layers.append(name)
        head, rest = peek(_decompressed(rest, make, name), until=lambda head: len(head) >= _MAGIC_BYTES)
    head, rest = peek(rest, until=lambda head: len(head) >= _ENCODING_BYTES)
    if head.startswith(codecs.BOM_UTF8):
        layers.append("utf-8 with a byte order mark")
        return layers, _without(rest, codecs.BOM_UTF8)
    if (encoding := _utf_16(head)) is not None:
        layers.append(encoding)
        return layers, _utf_8(rest, encoding)
    return layers, rest


def _compression(head: bytes) -> tuple[str, Callable[[], _Decompressor]] | None:
    if head.startswith(_GZIP):
        return "gzip", _Gunzip
    if head.startswith(_BZIP2):
        return "bzip2", bz2.BZ2Decompressor
    if head.startswith(_XZ):
        return "xz", lzma.LZMADecompressor
    return None


class _Gunzip:
    """A gzip decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._decompressor.eof

    @property
    def needs_input(self) -> bool:
        return not self._decompressor.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decompressor.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._decompressor.decompress(self._decompressor.unconsumed_tail + data, max_length)


def _decompressed(chunks: Iterator[bytes], make: Callable[[], _Decompressor], name: str) -> Iterator[bytes]:
    """Yield the content of a compressed file, which may have several parts, in chunks of bounded size.

    Raises:
        OSError: It is damaged, or ends too early.
    """
    decompressor = make()
    for chunk in chunks:
        data, full = chunk, False
        while data or full:
            if decompressor.eof:
                if not data.strip(b"\0"):
                    break  # padding after the last part
                decompressor = make()
            try:
                output = decompressor.decompress(data, _OUTPUT_BYTES)
            except (zlib.error, lzma.LZMAError, OSError) as error:
                raise OSError(f"its {name} data is damaged ({error})") from error
            if output:
                yield output
            data = decompressor.unused_data if decompressor.eof else b""
            full = not decompressor.eof and (len(output) == _OUTPUT_BYTES or not decompressor.needs_input)
    if not decompressor.eof:
        raise OSError(f"its {name} data is not complete")


def _utf_16(head: bytes) -> str | None:
    """Return which UTF-16 a text begins with, from its mark or from the zeros in it; None if it is not UTF-16."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = head[::2], head[1::2]
    if len(odd) < 4:
        return None
    if odd.count(0) > 0.8 * len(odd) and not even.count(0):
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def _utf_8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield UTF-16 as UTF-8. Half characters are written as they are, so that nothing is lost."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    mark, rest = "\ufeff", b""
    for chunk in chunks:
        data = rest + chunk
        rest = data[len(data) & ~1 :]
        text = decoder.decode(data[: len(data) & ~1])
        if text:
            yield text.removeprefix(mark).encode("utf-8", "surrogatepass")
            mark = ""
    held, _ = decoder.getstate()
    if held or rest:
        yield held + rest


def _without(chunks: Iterator[bytes], prefix: bytes) -> Iterator[bytes]:
    yield next(chunks, b"").removeprefix(prefix)
    yield from chunks


def _raising(error: BaseException) -> Iterator[bytes]:
    raise error
    yield b""
