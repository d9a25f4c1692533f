"""KeyRotation: the statement that a new key follows an old one, signed with both.

It is a signed note, as a checkpoint is, with the key's name `veritas/key`:

    veritas/key-rotation/v1
    veritas/key+1f3a52d1+AZ…
    veritas/key+88642c35+Aa…
    2026-11-29T08:00:00Z
    "a yearly rotation"

    — veritas/key HzpS0a…
    — veritas/key iGQsNU…

The second line is the old public key, the third the new one, the fourth the time by the clock of the machine, and the
fifth the reason as a JSON string. The old key's signature proves that its holder has named the new key; the new key's
signature proves that the same person holds the new key. No checkpoint has this first line, so a statement cannot be
used as a checkpoint or the reverse. A person with a copy of the old key can sign such a statement too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from store.errors import InvalidCheckpoint, InvalidKey, InvalidRotation
from store.proofs.signed_note import SigningKey, VerifierKey, is_signed, key_id, split_note

KEY_NAME = "veritas/key"  # the name of a key that does not belong to one log

_HEADER = "veritas/key-rotation/v1"


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """The statement that a key follows another.

    Attributes:
        old: The old public key: the 32 bytes.
        new: The new one.
        at: When, as text.
        reason: Why.
    """

    old: bytes
    new: bytes
    at: str
    reason: str

    @property
    def text(self) -> bytes:
        """The bytes that are signed."""
        keys = [str(VerifierKey(KEY_NAME, key)) for key in (self.old, self.new)]
        return "".join(f"{line}\n" for line in (_HEADER, *keys, self.at, json.dumps(self.reason))).encode()

    def sign(self, old: SigningKey, new: SigningKey) -> bytes:
        """Return the statement as a note signed with both keys."""
        return b"\n".join((self.text, b"".join(key.signature_line(KEY_NAME, self.text) for key in (old, new))))


def open_rotation(note: bytes) -> KeyRotation:
    """Return the statement in a note.

    Raises:
        InvalidRotation: It is not such a statement, or one of the two signatures is missing or does not hold.
    """
    try:
        text, signatures = split_note(note)
        header, old, new, at, reason, end = text.split("\n")
        rotation = KeyRotation(
            VerifierKey.parse(old).public_key, VerifierKey.parse(new).public_key, at, json.loads(reason)
        )
    except (InvalidCheckpoint, InvalidKey, ValueError, RecursionError):
        raise InvalidRotation from None
    if rotation.text != text.encode() or header != _HEADER or end or not isinstance(rotation.reason, str):
        raise InvalidRotation
    for key in (rotation.old, rotation.new):
        own = [signature for name, id_, signature in signatures if (name, id_) == (KEY_NAME, key_id(KEY_NAME, key))]
        if not any(is_signed(text.encode(), signature, key) for signature in own):
            raise InvalidRotation
    return rotation


def with_successors(trusted: Collection[bytes], rotations: Iterable[KeyRotation]) -> set[bytes]:
    """Return the trusted keys, and all keys that follow one of them by these statements."""
    known, rest = set(trusted), list(rotations)
    while following := [rotation for rotation in rest if rotation.old in known]:
        known |= {rotation.new for rotation in following}
        rest = [rotation for rotation in rest if rotation not in following]
    return known
