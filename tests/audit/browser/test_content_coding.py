"""Content codings are decoded as a browser decodes them, up to a limit."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from veritas.audit.browser.content_coding import decode_content

TEXT = b"<script src=a.js></script>" * 50
LIMIT = 10_000

Encode = Callable[[bytes], bytes]


def raw_deflate(body: bytes) -> bytes:
    """Return *body* in the raw deflate format, without zlib's header."""
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(body) + encoder.flush()


CODINGS: list[tuple[str, Encode]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
]


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_every_coding_of_browsers_is_decoded(coding: str, encode: Encode) -> None:
    """Its name is case-insensitive, and an empty body stays empty."""
    assert decode_content(encode(TEXT), [coding.upper()], limit=LIMIT) == (TEXT, "")
    assert decode_content(encode(b""), [coding], limit=LIMIT) == (b"", "")
    assert decode_content(b"", [coding], limit=LIMIT) == (b"", "")


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_a_bomb_ends_at_the_limit(coding: str, encode: Encode) -> None:
    """A body that is exactly as large as the limit is whole; one byte more is too much."""
    assert decode_content(encode(bytes(LIMIT)), [coding], limit=LIMIT) == (bytes(LIMIT), "")
    for size in (LIMIT + 1, 50_000_000):
        body, problem = decode_content(encode(bytes(size)), [coding], limit=LIMIT)
        assert (len(body), problem) == (LIMIT, "has more than 10,000 bytes")


def test_several_codings_are_decoded_in_reverse_order() -> None:
    """They are listed in the order in which they were applied; identity and empty names change nothing."""
    encoded = brotli.compress(gzip.compress(TEXT))
    assert decode_content(encoded, ["gzip", " identity", "", "br"], limit=LIMIT) == (TEXT, "")
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    assert decode_content(bomb, ["gzip", "gzip"], limit=100_000).problem == "has more than 100,000 bytes"


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_a_broken_body_is_a_problem(coding: str, encode: Encode) -> None:
    """What is not in the coding, and what ends before its end, is never taken for a whole body."""
    assert decode_content(b"\xff<p>plain text", [coding], limit=LIMIT).problem
    assert decode_content(encode(TEXT)[:-5], [coding], limit=LIMIT).problem


def test_an_unknown_coding_is_a_problem() -> None:
    """The problem names the coding; so does one of too many codings."""
    assert "'compress'" in decode_content(TEXT, ["compress"], limit=LIMIT).problem
    assert decode_content(TEXT, ["identity"] * 9, limit=LIMIT).problem == "has 9 content codings"


def test_a_body_may_have_several_members() -> None:
    """All of them are the body; bytes that follow a gzip file are ignored."""
    assert decode_content(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", ["gzip"], limit=LIMIT) == (b"ab", "")
    assert decode_content(zstandard.compress(b"a") * 600, ["zstd"], limit=LIMIT) == (b"a" * 600, "")
