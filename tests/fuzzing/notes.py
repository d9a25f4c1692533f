"""The target `note`: a file that is given as a checkpoint, as a public key, as a list of keys and as a signing key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from store.proofs.key_rotation import KeyRotation
from store.proofs.signed_note import SigningKey
from tests.cli.logs import write_all
from tests.fuzzing.target import Target
from veritas.archive.keys import public_key_line


class NoteTarget(Target):
    """Reads a small file in every place in which one with keys or signatures is read."""

    name = "note"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        write_all(self.log)
        self.prepare("key", "create")
        out = directory / "out"
        self.prepare("checkpoint", "-o", str(out))
        self._checkpoint = out.read_bytes()
        out.unlink()
        self._key = (directory / "config" / "veritas" / "checkpoint.key").read_bytes()
        self._file = directory / "given"
        self._file.touch(0o600)
        self._trusted = directory / "keys" / "trusted_keys"
        self._trusted.parent.mkdir()
        self._trusted.touch()
        (directory / "keys" / "own.key").write_bytes(self._key)
        (directory / "keys" / "own.key").chmod(0o600)

    def seeds(self) -> Mapping[str, bytes]:
        """Return each kind of file."""
        old, new = SigningKey.generate(), SigningKey.generate()
        rotation = KeyRotation(old.public_key, new.public_key, "2026-11-29T08:00:00Z", "fuzzing")
        line = public_key_line(old.public_key).encode()
        return {
            "checkpoint": self._checkpoint,
            "public key": line + b"\n",
            "keys": line + b" # Jane\n\n" + public_key_line(new.public_key).encode() + b"\n",
            "rotation": rotation.sign(old, new),
            "signing key": self._key,
            "utf-16": self._checkpoint.decode().encode("utf-16"),
            "signatures": self._checkpoint + self._checkpoint.splitlines(keepends=True)[-1] * 500,
        }

    def run(self, data: bytes) -> None:
        """Give the file everywhere."""
        self._file.write_bytes(data)
        self._trusted.write_bytes(data)
        given = str(self._file)
        self.invoke("verify", "--checkpoint", given)
        self.invoke("verify", "--trust", given)
        self.invoke("key", "show", VERITAS_KEY=str(self._trusted.with_name("own.key")))
        self.invoke("verify", VERITAS_KEY=str(self._trusted.with_name("own.key")))
        self.invoke("checkpoint", "--public-key", VERITAS_KEY=given)
