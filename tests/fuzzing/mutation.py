"""Change bytes at random: what flips bits, cuts, repeats, exchanges, and puts in what programs stumble over."""

from __future__ import annotations

import random
from collections.abc import Sequence

_NUMBERS = (0, 1, -1, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**63, 2**64, 10**40)
_PIECES = (
    *(str(number).encode() for number in _NUMBERS),
    *(number.to_bytes(8, "little", signed=False) for number in (0, 2**32 - 1, 2**63, 2**64 - 1)),
    *(b"null", b"NaN", b"1e999", b"-0.0", b'""', b"{}", b"[]", b'"\\ud800"', b'"\\u0000"', b"[" * 300, b'{"a":' * 300),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r\n", b"\n\n", b"\x1b[2J", "‮‎".encode(), b"\xed\xa0\x80", b"../../x", b"%s%n"),
    *(b"##PROGRESS:", b"##PROGRESS:{", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"SQLite format 3\0", b"A" * 5000),
)
_MOST_CHANGES = 4
_LONGEST = 4_000  # bytes of a part that is cut or repeated


def mutated(data: bytes, randomness: random.Random, others: Sequence[bytes]) -> bytes:
    """Return *data* with a few changes; parts of *others* may be put in."""
    changed = bytearray(data)
    for _ in range(randomness.randint(1, _MOST_CHANGES)):
        start = randomness.randint(0, len(changed))
        stop = min(len(changed), start + randomness.choice((1, 4, 30, _LONGEST)))
        match randomness.randrange(6):
            case 0 if start < len(changed):
                changed[start] ^= 1 << randomness.randrange(8)
            case 1:
                del changed[start:stop]
            case 2:
                changed[start:start] = changed[start:stop] * randomness.choice((1, 2, 50))
            case 3:
                changed[start : start + randomness.choice((0, 1, 8))] = randomness.choice(_PIECES)
            case 4 if others:
                other = randomness.choice(others)
                at = randomness.randint(0, len(other))
                changed[start:stop] = other[at : at + stop - start]
            case _:
                changed[start:stop] = randomness.randbytes(stop - start)
    return bytes(changed)
