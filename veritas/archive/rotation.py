"""Rotate the signing key: replace it by a new one, and record a statement that one follows the other.

    rotation = rotate(archive, reason="a yearly rotation", by="jane@desk")

The statement is signed with both keys. It is an event of the log, and the old key signs a last checkpoint over it, so
that everything up to the rotation is covered by the old key, and everything after it by the new one. The old public key
is listed in `trusted_keys`. The statement is also a file next to the key, from which it is recorded in every other log
that the old key has signed, before the new key signs there.

A rotation that is interrupted is continued by the next one: the new key is in its file before the log names it, and
replaces the old one last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Any

from store.errors import InvalidRotation, ObservationConflict, SummaryOutdated
from store.log import EventLog, Record, RunUpdate
from store.proofs.key_rotation import KeyRotation, open_rotation, with_successors
from store.proofs.signed_note import SigningKey
from store.text import decode_text_file, storable
from veritas.archive.archive import LOG
from veritas.archive.keys import (
    TRUSTED_KEYS,
    key_path,
    public_key_line,
    read_signing_key,
    signers_of,
    signing_key_for,
    trusted_public_keys,
    write_key,
)
from veritas.config import user_name
from veritas.errors import UsageError
from veritas.events.progress import decode_event
from veritas.events.recorded import from_row
from veritas.events.recorder_events import RECORDER, KeyRotated
from veritas.events.upcasting import current_version
from veritas.files import atomic_file, exclusive_lock, sync_directory
from veritas.projections.run_summary import RunSummary

_MICRO = 1_000_000
_NEXT, _LOCK = ".next", ".lock"  # added to the key file's name


@dataclass(frozen=True)
class Rotated:
    """A completed rotation.

    Attributes:
        rotation: The statement.
        note: The statement as a note signed with both keys.
        file: Where it is kept.
        resumed: Whether it continued one that had been interrupted.
    """

    rotation: KeyRotation
    note: bytes
    file: Path
    resumed: bool


def rotate(
    log: EventLog,
    path: str | Path | None = None,
    *,
    reason: str,
    by: str,
    clock: Callable[[], float] = time.time,
) -> Rotated:
    """Replace the signing key by a new one; see the module's docstring.

    Args:
        log: The log in which it is recorded.
        path: The key's file; None for the one that the environment names, or the user's own.
        reason: Why.
        by: Who replaces it.
        clock: Returns the time, in seconds since the epoch.

    Raises:
        UsageError: The reason or the name is empty, or another process is replacing the key.
        InvalidSetting: The key cannot be read, or the new one cannot be written.
        store.errors.StoreError: The log cannot be signed or written to; the key is not replaced.
    """
    reason, by = (storable(text).strip() for text in (reason, by))
    if not reason or not by:
        raise UsageError("A rotation needs a reason and a name; give both --reason and --by.")
    file = key_path(path)
    old = read_signing_key(file)
    with exclusive_lock(_beside(file, _LOCK)) as locked:
        if not locked:
            raise UsageError(f"Another process is replacing the key {str(file)!r}; look at `veritas key show`.")
        if read_signing_key(file).public_key != old.public_key:
            raise UsageError(f"Another process has just replaced the key {str(file)!r}; look at `veritas key show`.")
        return _rotate(log, file, old, reason, by, clock)


def has_unfinished(file: Path) -> bool:
    """Return whether a rotation of the key in *file* was interrupted."""
    return _beside(file, _NEXT).exists()


def rotations_of(log: EventLog) -> Iterator[tuple[KeyRotated, KeyRotation]]:
    """Yield the rotations that a log records, in its order; those whose statement does not hold are left out."""
    for stored in log.recorder_events(KeyRotated.type, run_id=LOG):
        event = from_row(stored).from_recorder
        if isinstance(event, KeyRotated):
            try:
                yield event, open_rotation(event.note.encode("utf-8", "replace"))
            except InvalidRotation:
                continue


def trusted_with_successors(log: EventLog, trusted: Collection[bytes]) -> set[bytes]:
    """Return the trusted keys, and those that follow one of them by a rotation that a log records."""
    return with_successors(trusted, (rotation for _, rotation in rotations_of(log)))


def untrusted_signers(log: EventLog) -> list[bytes]:
    """Return the public keys that signed a log, and are not trusted by default."""
    trusted = trusted_with_successors(log, trusted_public_keys((), warn=lambda sentence: None))
    return [key for key in signers_of(log) if key not in trusted]


def key_to_sign(log: EventLog, path: str | Path | None = None) -> SigningKey:
    """Return the key to sign *log* with; first record the rotations by which it followed the log's last key.

    Raises:
        InvalidSetting, KeyMissing, store.errors.StoreError: See `signing_key_for`.
    """
    key = signing_key_for(log, path)
    kept = {rotation.new: (rotation, note) for rotation, note in _kept_rotations(key_path(path))}
    missing: list[tuple[KeyRotation, bytes]] = []
    signer = key.public_key
    while signer in kept and log.last_checkpoint(signer) is None:
        if any(rotation.new == signer for _, rotation in rotations_of(log)):
            break
        missing.append(kept.pop(signer))
        signer = missing[-1][0].old
    if missing and signers_of(log):
        for rotation, note in reversed(missing):
            _record(log, rotation, note, by=user_name())
    return key


def try_checkpoint(
    log: EventLog, *, attempt: Callable[[Callable[[], object]], object] = lambda sign: sign()
) -> str | None:
    """Sign a checkpoint of a log as it is; return why that failed, or None.

    It never raises, because a run that is recorded must not fail for the lack of a signature.

    Args:
        attempt: Calls a function, and may call it again if the log is not available.
    """
    try:
        attempt(lambda: log.checkpoint(key_to_sign(log)))
    except Exception as error:
        return str(error) or type(error).__name__
    return None


def checkpoint_to_name(log: EventLog) -> dict[str, Any] | None:
    """Return the name of the last checkpoint by the key that signs a log, as an event contains it; sign the first one.

    Return None if that fails; signing the next one fails too, and that is recorded.
    """
    try:
        key = key_to_sign(log)
        checkpoint = log.last_checkpoint(key.public_key) or log.checkpoint(key)
        return {"origin": log.origin(), "size": checkpoint.size, "key": checkpoint.public_key.hex()}
    except Exception:
        return None


def _rotate(log: EventLog, file: Path, old: SigningKey, reason: str, by: str, clock: Callable[[], float]) -> Rotated:
    unfinished = _beside(file, _NEXT)
    resumed = unfinished.exists()
    log.checkpoint(old)
    write_key(unfinished, SigningKey.generate())
    new = read_signing_key(unfinished)
    recorded = next(((r, e.note.encode()) for e, r in rotations_of(log) if r.new == new.public_key), None)
    if recorded is None:
        at = datetime.fromtimestamp(clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rotation = KeyRotation(old.public_key, new.public_key, at, reason)
        recorded = rotation, rotation.sign(old, new)
        _record(log, *recorded, by=by, clock=clock)
    rotation, note = recorded
    log.checkpoint(old)
    kept = _beside(file, f".{new.public_key.hex()[:16]}.rotation")
    with atomic_file(kept, force=True) as opened:
        opened.write(note)
    _trust(file.with_name(TRUSTED_KEYS), rotation)
    unfinished.replace(_real(file))
    sync_directory(unfinished.parent)
    log.checkpoint(new)
    return Rotated(rotation, note, kept, resumed)


def _record(
    log: EventLog, rotation: KeyRotation, note: bytes, *, by: str, clock: Callable[[], float] = time.time
) -> None:
    """Append the event of a rotation to the log's own stream, after whatever others append at the same time."""
    old, new = map(public_key_line, (rotation.old, rotation.new))
    event = KeyRotated(old, new, rotation.reason, by, note.decode())
    while True:
        summary, number = RunSummary(LOG), 1
        for stored in log.read(run_id=LOG):
            summary.apply(stored)
            number = max(number, stored.seq + 1) if stored.source == RECORDER else number
        now, last = clock(), summary.position
        body = event.encode(seq=number, timestamp=now)
        decoded = decode_event(body)
        at, version = round(now * _MICRO), current_version()
        record = Record(LOG, RECORDER, number, event.type, "", "", at, body, schema_version=version)
        summary.apply_decoded(RECORDER, number, decoded)
        try:
            log.append([record], update=RunUpdate(LOG, summary.version, summary.row(), last))
            return
        except (ObservationConflict, SummaryOutdated):
            continue


def _kept_rotations(file: Path) -> Iterator[tuple[KeyRotation, bytes]]:
    real = _real(file)
    for kept in sorted(real.parent.glob(f"{escape(real.name)}.*.rotation")):
        try:
            note = kept.read_bytes()
            yield open_rotation(note), note
        except (OSError, InvalidRotation):
            continue


def _trust(file: Path, rotation: KeyRotation) -> None:
    """Add the old key to the list of trusted keys, unless it is there."""
    text = decode_text_file(file.read_bytes()) if file.exists() else ""
    key = public_key_line(rotation.old)
    if key not in text.split():
        lines = [*text.splitlines(), f"{key} # replaced {rotation.at}"]
        with atomic_file(file, force=True) as opened:
            opened.write("".join(f"{line}\n" for line in lines).encode())


def _beside(file: Path, suffix: str) -> Path:
    """Return a file next to the key, and not next to a link to it: the key itself is replaced."""
    real = _real(file)
    return real.with_name(real.name + suffix)


def _real(file: Path) -> Path:
    return Path(os.path.realpath(file))
