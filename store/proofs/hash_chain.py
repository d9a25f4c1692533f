"""The hashes that make a changed, removed, inserted or reordered event visible.

    body_hash = SHA-256(salt ‖ body)
    hash      = SHA-256(0x00 ‖ previous ‖ envelope ‖ body_hash)

`previous` is the hash of the event before this one in the same run, in the order of positions; for a run's first event
it is 32 zero bytes. `envelope` is these ten columns, in this order:

    run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact

each written as the number of its bytes (8 bytes, big-endian) and then the bytes: text in UTF-8, an integer as its
decimal digits in ASCII (with `-` before a negative one), `artifact` as its 32 bytes. A column that is NULL is 8 bytes
of 0xFF with nothing behind them, so that NULL and empty differ. `salt` (16 bytes), `body` and `body_hash` (32 bytes)
are taken as they are. The position is not hashed: an exported run proves the same in another log.

A redacted event has neither salt nor body. Its body_hash remains, and with it the chain; the salt is what keeps anyone
from finding a short body by trying. The byte 0x00 makes the hash a leaf hash in the sense of RFC 6962, section 2.1.
"""

from __future__ import annotations

from hashlib import sha256

HASH_BYTES = 32
SALT_BYTES = 16
FIRST_PREVIOUS = bytes(HASH_BYTES)

# run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact
Envelope = tuple[str, str, int, str, str, str, int | None, int, int, bytes | None]

_LEAF = b"\x00"
_NULL = b"\xff" * 8
_LENGTHS = tuple(length.to_bytes(8, "big") for length in range(64))
_MOST_KEPT, _LONGEST_KEPT = 1000, 400  # encoded texts, and bytes of each
_known: dict[tuple[str, ...], bytes] = {}


def body_hash(salt: bytes, body: bytes) -> bytes:
    """Return the hash that stands for a body in the chain."""
    return sha256(salt + body).digest()


def event_hash(previous: bytes, envelope: Envelope, hash_of_body: bytes) -> bytes:
    """Return an event's hash, as this module's docstring defines it."""
    run_id, source, seq, type_, phase, step, emitted_at, recorded_at, schema_version, artifact = envelope
    # `str`, not `b"%d"`: a number that someone turned into 1.5 must not count as 1.
    number, recorded, version = str(seq).encode(), str(recorded_at).encode(), str(schema_version).encode()
    emitted = None if emitted_at is None else str(emitted_at).encode()
    stream, kind = (run_id, source), (type_, phase, step)
    return sha256(
        b"".join(
            (
                _LEAF,
                previous,
                _known.get(stream) or _encode(stream),
                _LENGTHS[len(number)],
                number,
                _known.get(kind) or _encode(kind),
                _NULL if emitted is None else _LENGTHS[len(emitted)] + emitted,
                _LENGTHS[len(recorded)],
                recorded,
                _LENGTHS[len(version)],
                version,
                _NULL if artifact is None else prefixed(artifact),
                hash_of_body,
            )
        )
    ).digest()


def _encode(texts: tuple[str, ...]) -> bytes:
    """Return length-prefixed texts; an audit repeats the same few, so the short ones are kept."""
    encoded = b"".join([prefixed(text.encode()) for text in texts])
    if len(encoded) <= _LONGEST_KEPT:
        if len(_known) >= _MOST_KEPT:
            _known.clear()
        _known[texts] = encoded
    return encoded


def prefixed(value: bytes) -> bytes:
    """Return a column's bytes behind the number of them."""
    return len(value).to_bytes(8, "big") + value
