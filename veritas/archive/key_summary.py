"""KeySummary: the signing key, the keys that are trusted, and those that signed a log."""

from __future__ import annotations

import msgspec

from store.log import EventLog
from store.proofs.key_rotation import with_successors
from veritas.archive.coverage import checkpoints_by_key
from veritas.archive.keys import TRUSTED_KEYS, fingerprint, key_path, parse_public_keys, read_signing_key
from veritas.archive.rotation import has_unfinished, rotations_of
from veritas.errors import InvalidSetting


class TrustedKey(msgspec.Struct, frozen=True):
    """A key that is trusted.

    Attributes:
        fingerprint: Its fingerprint.
        source: Why: the file that has it, or a rotation.
    """

    fingerprint: str
    source: str


class Signer(msgspec.Struct, frozen=True):
    """A key that signed checkpoints of the log.

    Attributes:
        fingerprint: Its fingerprint.
        checkpoints: How many it signed.
        last_size: How many events the last of them covers.
    """

    fingerprint: str
    checkpoints: int
    last_size: int


class RecordedRotation(msgspec.Struct, frozen=True):
    """A rotation that the log records.

    Attributes:
        at: When, by the clock of the machine.
        old: The fingerprint of the key that was replaced.
        new: The fingerprint of the key that follows it.
        reason: Why.
        by: Who replaced it.
        note: The statement that is signed with both keys.
    """

    at: str
    old: str
    new: str
    reason: str
    by: str
    note: str


class KeySummary(msgspec.Struct, frozen=True):
    """What `veritas key show` shows.

    Attributes:
        file: The signing key's file.
        fingerprint: The fingerprint of the key in it; None if it cannot be used.
        fault: Why it cannot be used.
        interrupted: Whether a rotation was interrupted.
        trusted: The keys that are trusted without --trust.
        signers: The keys that signed the log.
        rotations: The rotations that the log records.
    """

    file: str
    fingerprint: str | None
    fault: str | None
    interrupted: bool
    trusted: list[TrustedKey]
    signers: list[Signer]
    rotations: list[RecordedRotation]


def summarize_keys(log: EventLog | None) -> KeySummary:
    """Return the keys of the user, and of *log* if there is one.

    Raises:
        InvalidSetting: The list of trusted keys is invalid.
    """
    file = key_path()
    listed = file.with_name(TRUSTED_KEYS)
    trusted: dict[bytes, str] = {}
    own, fault = None, None
    try:
        key = read_signing_key(file).public_key
        trusted[key], own = str(file), fingerprint(key)
    except InvalidSetting as error:
        fault = str(error)
    if listed.exists():
        for key in sorted(parse_public_keys([str(listed)])):
            trusted.setdefault(key, str(listed))
    rotations = [] if log is None else list(rotations_of(log))
    predecessors = {rotation.new: rotation.old for _, rotation in rotations}
    for key in sorted(with_successors(trusted, (rotation for _, rotation in rotations)) - trusted.keys()):
        trusted[key] = f"follows {fingerprint(predecessors[key])}"
    return KeySummary(
        str(file),
        own,
        fault,
        has_unfinished(file),
        [TrustedKey(fingerprint(key), source) for key, source in trusted.items()],
        [] if log is None else _signers(log),
        [
            RecordedRotation(r.at, fingerprint(r.old), fingerprint(r.new), r.reason, event.by, event.note)
            for event, r in rotations
        ],
    )


def _signers(log: EventLog) -> list[Signer]:
    by_key, _ = checkpoints_by_key(log)
    return [Signer(fingerprint(key), signed.number, signed.last.size) for key, signed in by_key.items()]
