"""Bundle: read an evidence bundle, without trusting its contents or holding more than a line of it in memory."""

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
    """An open evidence bundle.

    Attributes:
        name: Its name in messages.
        manifest: Its manifest, which is not verified here.
        checkpoint: The bytes of the signed checkpoint.
        zip: The zip file with all its files.
    """

    def __init__(self, file: BinaryIO, *, name: str) -> None:
        self.name = name
        self._file = file
        self.zip = ZipReader(file, name=name)
        names = list(self.zip.members)
        for name, expected in zip(names, expected_names(artifacts_among(names)), strict=False):
            if name != expected:
                raise self.zip.refusal(f"its file {name!r} is in the place of {expected!r}")
        if names[-1:] != [MANIFEST]:
            raise self.zip.refusal("it does not have all the files of a bundle, or has others after them")
        self.manifest = self._manifest()
        self.checkpoint = self._small(CHECKPOINT, LARGEST_NOTE)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a bundle.

        Raises:
            BundleUnreadable: The file is not a bundle, or is one of a newer version.
            BundleAltered: The file is a bundle that was changed.
            OSError: The file cannot be read.
        """
        file = path.open("rb")
        try:
            return cls(file, name=str(path))
        except BaseException:
            file.close()
            raise

    def entries(self) -> Iterator[tuple[StoredEvent, list[bytes]]]:
        """Yield the events, each with the proof of the gap before it; they are not verified here.

        Raises:
            BundleAltered: A line cannot be decoded.
        """
        try:
            for line in self.lines():
                yield decode_event(line)
        except (ValueError, RecursionError) as error:
            raise BundleAltered from error

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of `events.jsonl` without their newlines; bytes after the last newline are a line too."""
        pending: list[bytes] = []  # the parts of a line that has not ended yet
        size = 0
        for chunk in self.zip.chunks(self.zip.members[EVENTS]):
            *ended, rest = chunk.split(b"\n")
            if ended:
                yield b"".join((*pending, ended[0]))
                yield from ended[1:]
                pending, size = [], 0
            pending.append(rest)
            size += len(rest)
            if size > LONGEST_LINE:
                raise self.zip.refusal(f"it has a line of more than {LONGEST_LINE:,} bytes, longer than any event")
        if size:
            yield b"".join(pending)

    def artifact(self, digest: bytes) -> bytes:
        """Return an artifact's bytes.

        Raises:
            ArtifactMissing: It is not in the bundle.
            ArtifactAltered: Its bytes do not match its hash.
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
        if crc32(data) != self.zip.members[MANIFEST].crc:  # checked first, so that a changed version is not believed
            raise self.zip.refusal("its manifest was changed")
        try:
            manifest = Manifest.decode(data)
        except (ValueError, RecursionError) as error:
            self._require_own_version(data)
            raise self.zip.refusal(f"its manifest cannot be read ({error})") from None
        if (manifest.format, manifest.version) != (FORMAT_NAME, VERSION):
            self._require_own_version(data)
            raise self.zip.refusal("its manifest is not that of a bundle")
        return manifest

    def _require_own_version(self, data: bytes) -> None:
        """Raise an error if the manifest *data* is of a newer version, and so not damaged."""
        try:
            stated = msgspec.json.decode(data, type=_Version)
        except (ValueError, RecursionError):
            return
        if stated.format == FORMAT_NAME and stated.version > VERSION:
            raise BundleUnreadable(
                f"{self.name!r} was exported by a newer version (its format is {stated.version}); upgrade VERITAS to"
                " read it."
            )

    def _small(self, name: str, largest: int) -> bytes:
        member = self.zip.members[name]
        if member.size > largest:
            raise self.zip.refusal(f"its file {name!r} has {member.size:,} bytes")
        return b"".join(self.zip.chunks(member))


class _Version(msgspec.Struct):
    format: str
    version: int
