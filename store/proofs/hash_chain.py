"""The hash chain, which reveals a changed, removed, inserted or reordered event.

    body_hash = SHA-256(salt ‖ body)
    hash      = SHA-256(0x00 ‖ previous ‖ envelope ‖ body_hash)

`previous` is the hash of the previous event of the same run, in the order of positions; for a run's first event it is
32 zero bytes. `envelope` consists of these ten columns, in this order:

    run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact

Each is written as the number of its bytes (8 bytes, big-endian) followed by the bytes: text in UTF-8, an integer as its
decimal digits in ASCII (with `-` before a negative one), `artifact` as its 32 bytes. A column that is NULL is written
as 8 bytes 0xFF, and nothing follows them, so that NULL and empty differ. `salt` (16 bytes), `body` and `body_hash` (32
bytes) are hashed unchanged. The position is not hashed, so that an exported run has the same hashes in another log.

A redacted event has neither salt nor body. Its body_hash remains, so that the chain still holds; without the salt, a
short body cannot be found by trying. The byte 0x00 makes the hash a leaf hash as defined by RFC 6962, section 2.1.
"""

from __future__ import annotations

from hashlib import sha256

HASH_BYTES = 32
SALT_BYTES = 16
FIRST_PREVIOUS = bytes(HASH_BYTES)

_LONG = 4096  # bytes; below that, a copy takes less time than a second call

_LEAF = b"\x00"
_NULL = b"\xff" * 8
_LENGTHS = tuple(length.to_bytes(8, "big") for length in range(64))
_MOST_CACHED, _LONGEST_CACHED = 1000, 400  # encoded columns, and bytes of each
_streams: dict[tuple[str, str], bytes] = {}  # run_id and source, encoded
_kinds: dict[tuple[str, str, str, int], tuple[bytes, bytes]] = {}  # type, phase and step; schema_version


def body_hash(salt: bytes, body: bytes) -> bytes:
    """Return the hash that represents a body in the chain."""
    if len(body) < _LONG:
        return sha256(salt + body).digest()
    digest = sha256(salt)
    digest.update(body)
    return digest.digest()


def event_hash(
    previous: bytes,
    run_id: str,
    source: str,
    seq: int,
    type_: str,
    phase: str,
    step: str,
    emitted_at: int | None,
    recorded_at: int,
    schema_version: int,
    artifact: bytes | None,
    hash_of_body: bytes,
) -> bytes:
    """Return an event's hash, as this module's docstring defines it."""
    stream = _streams.get((run_id, source)) or _encode_stream(run_id, source)
    kind, version = _kinds.get((type_, phase, step, schema_version)) or _encode_kind(type_, phase, step, schema_version)
    # `str`, not `b"%d"`: a number that was changed to 1.5 must not count as 1.
    number, recorded = str(seq).encode(), str(recorded_at).encode()
    emitted = None if emitted_at is None else str(emitted_at).encode()
    return sha256(
        b"".join(
            (
                _LEAF,
                previous,
                stream,
                _LENGTHS[len(number)],
                number,
                kind,
                _NULL if emitted is None else _LENGTHS[len(emitted)] + emitted,
                _LENGTHS[len(recorded)],
                recorded,
                version,
                _NULL if artifact is None else prefixed(artifact),
                hash_of_body,
            )
        )
    ).digest()


def _encode_stream(run_id: str, source: str) -> bytes:
    """Return two encoded columns; a run repeats them, so short ones are cached."""
    encoded = _prefixed_texts(run_id, source)
    if len(encoded) <= _LONGEST_CACHED:
        if len(_streams) >= _MOST_CACHED:
            _streams.clear()
        _streams[run_id, source] = encoded
    return encoded


def _encode_kind(type_: str, phase: str, step: str, schema_version: int) -> tuple[bytes, bytes]:
    """Return four encoded columns: together the three before the times, and the one after; short ones are cached."""
    encoded = _prefixed_texts(type_, phase, step), _prefixed_texts(str(schema_version))
    if len(encoded[0]) <= _LONGEST_CACHED:
        if len(_kinds) >= _MOST_CACHED:
            _kinds.clear()
        _kinds[type_, phase, step, schema_version] = encoded
    return encoded


def _prefixed_texts(*texts: str) -> bytes:
    return b"".join([prefixed(text.encode()) for text in texts])


def prefixed(value: bytes) -> bytes:
    """Return a column's bytes, preceded by their number."""
    return len(value).to_bytes(8, "big") + value
