"""The files of an evidence bundle: their names, their order, and the encoding of events and manifest.

`FORMAT.md`, which is part of every bundle, describes what each file means and how it is checked. Events and manifest
have only one valid encoding: after decoding, they are encoded again, and the bytes must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from store.proofs.hash_chain import HASH_BYTES, SALT_BYTES
from store.records import BIGINT_MAX, BIGINT_MIN, INTEGER_MAX, INTEGER_MIN, StoredEvent
from store.text import storable

FORMAT_NAME = "veritas evidence bundle"
VERSION = 1

FORMAT, CHECKPOINT, EVENTS, REPORT, MANIFEST = "FORMAT.md", "checkpoint", "events.jsonl", "report.html", "manifest.json"

LONGEST_LINE = 1 << 27  # bytes; eight times the largest event that the channels accept
LARGEST_MANIFEST = 1 << 24
MOST_REDACTED = 100_000

_ARTIFACT = re.compile(r"artifacts/([0-9a-f]{64})")
_Bigint = Annotated[int, Meta(ge=BIGINT_MIN, le=BIGINT_MAX)]
_Integer = Annotated[int, Meta(ge=INTEGER_MIN, le=INTEGER_MAX)]
_Position = Annotated[int, Meta(ge=1, le=BIGINT_MAX)]
_Count = Annotated[int, Meta(ge=0, le=BIGINT_MAX)]
_Hash = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * HASH_BYTES}}}$")]


class BundledRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run in the manifest: the number of its events and of its redacted events, and the hash of the last event."""

    run_id: str
    events: _Count
    redacted: _Count
    head: _Hash


class BundledFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file in the manifest."""

    name: str
    size: _Count
    sha256: _Hash


class CheckpointSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The checkpoint in the manifest, for readers of the manifest."""

    origin: str
    size: _Position
    root: _Hash


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of a bundle.

    Attributes:
        format: `FORMAT_NAME`.
        version: The format's version.
        runs: The runs, in the order of their first events.
        checkpoint: The checkpoint's name, size and root.
        key: The public key that signed it, as `name+id+key`.
        rest: The roots of the subtrees that cover the log from the last event to the end of the checkpoint.
        files: All files except the manifest, in their order.
    """

    format: str
    version: int
    runs: list[BundledRun]
    checkpoint: CheckpointSummary
    key: str
    rest: list[_Hash]
    files: list[BundledFile]

    @property
    def events(self) -> int:
        """The number of events in the bundle."""
        return sum(run.events for run in self.runs)

    def encode(self) -> bytes:
        """Return the bytes of `manifest.json`."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """Decode `manifest.json`.

        Raises:
            ValueError: *data* is not a manifest.
        """
        manifest = msgspec.json.decode(data, type=cls)
        if manifest.encode() != data:
            raise ValueError("it is not in the form of a manifest")
        return manifest


class _Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of `events.jsonl`; values in hex are checked when they are decoded, because patterns would take 12 µs."""

    position: _Position
    run_id: str
    source: str
    seq: _Bigint
    type: str
    phase: str
    step: str
    emitted_at: _Bigint | None
    recorded_at: _Bigint
    schema_version: _Integer
    artifact: str | None
    salt: str | None
    body: str | UnsetType | None = UNSET
    body_base64: bytes | UnsetType = UNSET
    body_hash: str
    hash: str
    proof: list[str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode
_UNCHANGED = StoredEvent._fields[:10]  # the columns that are written without conversion


def encode_event(event: StoredEvent, proof: Sequence[bytes]) -> bytes:
    """Return the line of an event, including its newline.

    Args:
        event: The event as it is in the log.
        proof: The roots of the subtrees between the previous event and this one; see `store.proofs.merkle`.
    """
    columns: dict[str, Any] = dict(zip(_UNCHANGED, event, strict=False))
    try:
        columns["body"] = None if event.body is None else event.body.decode("utf-8")
    except UnicodeDecodeError:
        columns["body_base64"] = event.body
    line = _Line(
        **columns,
        artifact=_hex(event.artifact),
        salt=_hex(event.salt),
        body_hash=event.body_hash.hex(),
        hash=event.hash.hex(),
        proof=[node.hex() for node in proof],
    )
    return _encode(line) + b"\n"


def decode_event(data: bytes) -> tuple[StoredEvent, list[bytes]]:
    """Return the event and the proof in a line, which is given without its newline.

    Raises:
        ValueError: *data* is not a line of `events.jsonl`.
    """
    line = _decode(data)
    body: bytes | None = None
    if isinstance(line.body_base64, bytes):
        body = line.body_base64
    elif isinstance(line.body, str):
        body = line.body.encode("utf-8")
    if (body is None) != (line.salt is None):
        raise ValueError("it has a salt without a body, or a body without a salt")
    event = StoredEvent._make(
        (
            *(getattr(line, name) for name in _UNCHANGED),
            None if line.artifact is None else _bytes(line.artifact, HASH_BYTES),
            None if line.salt is None else _bytes(line.salt, SALT_BYTES),
            body,
            _bytes(line.body_hash, HASH_BYTES),
            _bytes(line.hash, HASH_BYTES),
        )
    )
    proof = [_bytes(node, HASH_BYTES) for node in line.proof]
    if encode_event(event, proof)[:-1] != data:
        raise ValueError("it is not in the form of an event")
    if storable(texts := "".join((event.run_id, event.source, event.type, event.phase, event.step))) != texts:
        raise ValueError("it contains a character that no log can hold")
    return event, proof


def artifact_name(digest: bytes) -> str:
    """Return the name of an artifact's file."""
    return f"artifacts/{digest.hex()}"


def expected_names(artifacts: Iterable[bytes]) -> Iterator[str]:
    """Yield the names of a bundle's files, in their order."""
    yield from (FORMAT, CHECKPOINT, EVENTS)
    yield from sorted(map(artifact_name, artifacts))
    yield from (REPORT, MANIFEST)


def artifacts_among(names: Iterable[str]) -> list[bytes]:
    """Return the hashes of the artifacts among files with these names."""
    return [bytes.fromhex(match[1]) for name in names if (match := _ARTIFACT.fullmatch(name))]


def format_text() -> bytes:
    """Return `FORMAT.md`."""
    return (files("store.bundle") / FORMAT).read_bytes()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _bytes(value: str, length: int) -> bytes:
    data = bytes.fromhex(value)
    if len(data) != length:
        raise ValueError(f"it has a value of {len(data)} bytes instead of {length}")
    return data
