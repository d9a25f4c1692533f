"""Coverage: what the checkpoints of a log cover, and which keys signed them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from store.log import EventLog, StoredCheckpoint
from store.proofs.checkpoint_claim import claim_of
from veritas.archive.keys import fingerprint, public_key_line
from veritas.archive.rotation import trusted_with_successors
from veritas.formatting import count

LATEST_EVENTS = 5_000  # among those that are not covered, in which the runs are looked for


class LogSigner(msgspec.Struct, frozen=True, kw_only=True):
    """A key that signed checkpoints of the log.

    Attributes:
        fingerprint: Its fingerprint.
        public_key: The key, as a line of `trusted_keys`.
        trusted: Whether it is trusted; null if no key is, so that it is not checked who signed.
        checkpoints: How many it signed.
        size: How many events the last of them covers.
        fault: Why the last of them proves nothing; null if it is valid.
    """

    fingerprint: str
    public_key: str
    trusted: bool | None
    checkpoints: int
    size: int
    fault: str | None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the checkpoints of the log cover.

    Only each key's last checkpoint is examined here, and no event: a verification compares them all.

    Attributes:
        origin: The log's name; null if it is empty.
        events: The position of its last event.
        covered: The last position that a valid checkpoint covers; 0 if there is none. If any key is trusted, a
            checkpoint by another key does not count.
        checkpoint: That checkpoint, to keep elsewhere; null if there is none.
        runs: The runs of the events that it does not cover, the latest first; of many such events, of the latest 5,000.
        signers: The keys that signed checkpoints, the one whose last checkpoint covers the most first.
        unreadable: How many stored checkpoints are not as they were stored, so that no key can be named.
    """

    origin: str | None
    events: int
    covered: int
    checkpoint: str | None
    runs: list[str]
    signers: list[LogSigner]
    unreadable: int


class SignedCheckpoints(NamedTuple):
    """The checkpoints that one key signed: how many, and the last one."""

    number: int
    last: StoredCheckpoint


def checkpoints_by_key(log: EventLog) -> tuple[dict[bytes, SignedCheckpoints], int]:
    """Return the checkpoints of each key, and how many cannot be read.

    The keys are in the order of the sizes of their last checkpoints; of two with one size, the first that signed the
    log is first.
    """
    found: dict[bytes, SignedCheckpoints] = {}
    unreadable = 0
    for checkpoint in log.checkpoints():
        key = checkpoint.public_key
        if not isinstance(key, bytes) or type(checkpoint.size) is not int:
            unreadable += 1
            continue
        before = found.get(key)
        found[key] = SignedCheckpoints(1 if before is None else before.number + 1, checkpoint)
    return dict(sorted(found.items(), key=lambda item: item[1].last.size)), unreadable


def coverage_of(log: EventLog, *, trusted: Collection[bytes]) -> Coverage:
    """Return what the checkpoints of a log cover.

    Args:
        log: The log.
        trusted: Trusted public keys; one that follows them by a recorded rotation is trusted too. If there are none,
            every key's checkpoints count.

    Raises:
        store.errors.StoreError: The log cannot be read.
    """
    origin, keys = log.origin(), trusted_with_successors(log, trusted)
    by_key, unreadable = checkpoints_by_key(log)
    events = log.head()
    signers: list[LogSigner] = []
    last: StoredCheckpoint | None = None
    for key, (number, checkpoint) in by_key.items():
        fault = _fault_of(checkpoint, origin, events)
        is_trusted = key in keys if keys else None
        if fault is None and is_trusted is not False:
            last = checkpoint
        signers.insert(
            0,
            LogSigner(
                fingerprint=fingerprint(key),
                public_key=public_key_line(key),
                trusted=is_trusted,
                checkpoints=number,
                size=checkpoint.size,
                fault=fault,
            ),
        )
    covered = 0 if last is None else last.size
    return Coverage(
        origin=origin,
        events=events,
        covered=covered,
        checkpoint=None if last is None else last.note.decode("utf-8", "replace"),
        runs=log.runs_after(covered, events=LATEST_EVENTS) if events > covered else [],
        signers=signers,
        unreadable=unreadable,
    )


def _fault_of(checkpoint: StoredCheckpoint, origin: str | None, events: int) -> str | None:
    fault = claim_of(checkpoint, origin=origin, trusted=()).fault
    if fault is not None:
        return fault.detail
    if checkpoint.size > events:
        return f"it covers {count(checkpoint.size, 'event')}, and the log has {events:,}: the newest were cut off"
    return None
