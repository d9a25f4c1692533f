"""An evidence bundle that was exported, read: nothing of it is believed here, and nothing larger than a line kept."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self
from zlib import crc32

import msgspec

from store.bundle.format import (
    CHECKPOINT,
    EVENTS,
    FORMAT_NAME,
    LARGEST_MANIFEST,
    LONGEST_LINE,
    MANIFEST,
    VERSION,
    Manifest,
    artifact_name,
    artifacts_among,
    decode_event,
    expected_names,
)
from store.bundle.zip import ZipReader
from store.errors import ArtifactAltered, ArtifactMissing, BundleAltered, BundleUnreadable
from store.proofs.signed_note import LARGEST_NOTE
from store.records import StoredEvent


class Bundle:
    """A bundle that is being read.

    Attributes:
        name: What to call it in messages.
        manifest: What it says of itself.
        checkpoint: The signed checkpoint, as it is.
        zip: The files themselves.
    """

    def __init__(self, file: BinaryIO, *, name: str) -> None:
        self.name = name
        self._file = file
        self.zip = ZipReader(file, name=name)
        names = list(self.zip.members)
        for there, expected in zip(names, expected_names(artifacts_among(names)), strict=False):
            if there != expected:
                raise self.zip.refusal(f"its file {there!r} stands where {expected!r} must")
        if names[-1:] != [MANIFEST]:
            raise self.zip.refusal("it has not all the files of a bundle, or others behind them")
        self.manifest = self._manifest()
        self.checkpoint = self._small(CHECKPOINT, LARGEST_NOTE)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a bundle.

        Raises:
            BundleUnreadable: It is none, or one of a newer version.
            BundleAltered: It was one.
            OSError: It cannot be read.
        """
        file = path.open("rb")
        try:
            return cls(file, name=str(path))
        except BaseException:
            file.close()
            raise

    def entries(self) -> Iterator[tuple[StoredEvent, list[bytes]]]:
        """Yield the events, each with the proof of what stands before it; nothing of them is checked here.

        Raises:
            BundleAltered: One cannot be read at all.
        """
        try:
            for line in self.lines():
                yield decode_event(line)
        except (ValueError, RecursionError) as error:
            raise BundleAltered from error

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of `events.jsonl`, without their newlines; what stands behind the last one is one too."""
        kept: list[bytes] = []
        size = 0
        for chunk in self.zip.chunks(self.zip.members[EVENTS]):
            *ended, rest = chunk.split(b"\n")
            if ended:
                yield b"".join((*kept, ended[0]))
                yield from ended[1:]
                kept, size = [], 0
            kept.append(rest)
            size += len(rest)
            if size > LONGEST_LINE:
                raise self.zip.refusal(f"it has a line of more than {LONGEST_LINE:,} bytes, which no event is")
        if size:
            yield b"".join(kept)

    def artifact(self, digest: bytes) -> bytes:
        """Return an artifact's bytes.

        Raises:
            ArtifactMissing: It is not in the bundle.
            ArtifactAltered: Its bytes are others.
        """
        member = self.zip.members.get(artifact_name(digest))
        if member is None:
            raise ArtifactMissing(f"{self.name!r} has no artifact {digest.hex()!r}.")
        data = b"".join(self.zip.chunks(member))
        if sha256(data).digest() != digest:
            raise ArtifactAltered(f"Artifact {digest.hex()!r} in {self.name!r} was altered.")
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _manifest(self) -> Manifest:
        data = self._small(MANIFEST, LARGEST_MANIFEST)
        if crc32(data) != self.zip.members[MANIFEST].crc:  # a version in it, say, that is no newer one
            raise self.zip.refusal("its manifest was changed")
        try:
            manifest = Manifest.decode(data)
        except (ValueError, RecursionError) as error:
            self._require_own_version(data)
            raise self.zip.refusal(f"its manifest cannot be read ({error})") from None
        if (manifest.format, manifest.version) != (FORMAT_NAME, VERSION):
            self._require_own_version(data)
            raise self.zip.refusal("its manifest is that of something else")
        return manifest

    def _require_own_version(self, data: bytes) -> None:
        """Tell a bundle of a newer version from one that is damaged."""
        try:
            said = msgspec.json.decode(data, type=_Version)
        except (ValueError, RecursionError):
            return
        if said.format == FORMAT_NAME and said.version > VERSION:
            raise BundleUnreadable(
                f"{self.name!r} was exported by a newer version (its form is {said.version}); upgrade VERITAS to read"
                " it."
            )

    def _small(self, name: str, largest: int) -> bytes:
        member = self.zip.members[name]
        if member.size > largest:
            raise self.zip.refusal(f"its file {name!r} has {member.size:,} bytes")
        return b"".join(self.zip.chunks(member))


class _Version(msgspec.Struct):
    format: str
    version: int
