"""CheckpointClaim: the claim that a checkpoint makes about a log.

The checkpoint is one that the log stores, or one that was kept elsewhere and is given for a verification.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from store.errors import InvalidCheckpoint
from store.proofs.checkpoints import StoredCheckpoint
from store.proofs.signed_note import Checkpoint, VerifierKey, open_signed_note
from store.verify.fault import CHECKPOINT_DAMAGED, FOREIGN_SIGNATURE, REWRITTEN, Fault


class CheckpointClaim(NamedTuple):
    """The claim that a log's first *size* events have a certain Merkle root.

    Attributes:
        size: How many events.
        root: The root; empty if it is unknown, or belongs to another log.
        fault: The reason not to believe the claim, or that it is about another log; None if there is none.
        given: Whether the checkpoint was kept elsewhere.
        foreign: Whether it was signed only by keys that are not trusted.
    """

    size: int
    root: bytes
    fault: Fault | None
    given: bool = False
    foreign: bool = False

    @property
    def name(self) -> str:
        """The checkpoint's name in a sentence."""
        signed = ", which was not signed by a trusted key," if self.foreign else ""
        return f"the {'given ' if self.given else ''}checkpoint of {self.size} events{signed}"


class CheckpointClaims:
    """Yields claims, and marks those that no trusted key signed as foreign.

    The log is checked against foreign claims as well, with lower priority: if it agrees with one, that proves nothing,
    but if it contradicts one, the user should know.

    Attributes:
        foreign: The fault of the first foreign claim.
    """

    def __init__(self, claims: Iterable[CheckpointClaim]) -> None:
        self.foreign: Fault | None = None
        self._claims = claims

    def __iter__(self) -> Iterator[CheckpointClaim]:
        for claim in self._claims:
            if claim.fault is None or claim.fault.what != FOREIGN_SIGNATURE:
                yield claim
                continue
            self.foreign = self.foreign or claim.fault
            if claim.root:
                yield claim._replace(fault=None, foreign=True)


def claim_of(stored: StoredCheckpoint, *, origin: str | None, trusted: Collection[bytes]) -> CheckpointClaim:
    """Return the claim of a checkpoint that the log stores.

    Its signature can be checked even if no key is trusted, because its row has the public key.
    """
    size, public_key, note = stored
    if type(size) is not int:
        return CheckpointClaim(
            0, b"", Fault(None, None, CHECKPOINT_DAMAGED, f"a checkpoint covers {size!r:.60} events")
        )
    position = size if size > 0 else None
    try:
        checkpoint, signer = open_signed_note(note, [public_key])
        is_intact = signer is not None and checkpoint.size == size
    except (InvalidCheckpoint, TypeError, AttributeError):
        is_intact = False
    if not is_intact:
        detail = f"the checkpoint of {size} events is not as it was signed"
        return CheckpointClaim(size, b"", Fault(position, None, CHECKPOINT_DAMAGED, detail))
    if trusted and public_key not in trusted:
        key = VerifierKey(checkpoint.origin, public_key)
        detail = f"the checkpoint of {size} events was signed by {str(key)!r}, which is not a trusted key"
        root = checkpoint.root if checkpoint.origin == origin else b""
        return CheckpointClaim(size, root, Fault(position, None, FOREIGN_SIGNATURE, detail))
    return CheckpointClaim(size, checkpoint.root, _of_another_log(checkpoint, origin))


def given_claim(note: bytes, *, origin: str | None, trusted: Collection[bytes]) -> CheckpointClaim:
    """Return the claim of a checkpoint that was kept elsewhere.

    Raises:
        InvalidCheckpoint: *note* is not a signed checkpoint.
    """
    checkpoint, _ = open_signed_note(note, ())
    size, position = checkpoint.size, checkpoint.size or None
    try:
        _, signer = open_signed_note(note, trusted)
    except InvalidCheckpoint:
        detail = f"the given checkpoint of {size} events is not as it was signed"
        return CheckpointClaim(size, checkpoint.root, Fault(position, None, CHECKPOINT_DAMAGED, detail), given=True)
    if trusted and signer is None:
        detail = f"the given checkpoint of {size} events was not signed by a trusted key"
        root = checkpoint.root if checkpoint.origin == origin else b""
        return CheckpointClaim(size, root, Fault(position, None, FOREIGN_SIGNATURE, detail), given=True)
    return CheckpointClaim(size, checkpoint.root, _of_another_log(checkpoint, origin), given=True)


def by_size(stored: Iterator[CheckpointClaim], given: Sequence[CheckpointClaim]) -> Iterator[CheckpointClaim]:
    """Yield the claims of both kinds, the smallest first."""
    return heapq.merge(stored, sorted(given, key=lambda claim: claim.size), key=lambda claim: claim.size)


def _of_another_log(checkpoint: Checkpoint, origin: str | None) -> Fault | None:
    if origin is None or checkpoint.origin == origin:
        return None
    detail = (
        f"the checkpoint of {checkpoint.size} events is of the log {checkpoint.origin!r:.120}, and this is {origin!r},"
        " which begins with a different event"
    )
    return Fault(1, None, REWRITTEN, detail)
