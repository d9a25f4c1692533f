"""What checkpoints say about a log: those that it keeps, and those that somebody kept elsewhere."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from store.errors import InvalidCheckpoint
from store.proofs.checkpoints import StoredCheckpoint
from store.proofs.signed_note import Checkpoint, VerifierKey, open_note
from store.verify.fault import CHECKPOINT_DAMAGED, FOREIGN_SIGNATURE, REWRITTEN, Fault


class Claim(NamedTuple):
    """That a log's first events have a certain root.

    Attributes:
        size: How many events.
        root: The root; empty where it cannot be known, or is of another log.
        fault: Why the claim is not to be believed, or is not one about this log; None where it is.
        given: Whether the checkpoint was kept elsewhere.
        foreign: Whether somebody signed it whom nobody trusts.
    """

    size: int
    root: bytes
    fault: Fault | None
    given: bool = False
    foreign: bool = False

    @property
    def name(self) -> str:
        """What to call the checkpoint in a sentence."""
        signed = ", which nobody who is trusted signed," if self.foreign else ""
        return f"the {'given ' if self.given else ''}checkpoint of {self.size} events{signed}"


class Claims:
    """Passes on what checkpoints say, and takes note of those that somebody signed whom nobody trusts.

    The log is held to those as well, behind all else: that it agrees with them proves nothing, but that it does not is
    worth knowing.

    Attributes:
        foreign: The fault of the first of those.
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        self.foreign: Fault | None = None
        self._claims = claims

    def __iter__(self) -> Iterator[Claim]:
        for claim in self._claims:
            if claim.fault is None or claim.fault.what != FOREIGN_SIGNATURE:
                yield claim
                continue
            self.foreign = self.foreign or claim.fault
            if claim.root:
                yield claim._replace(fault=None, foreign=True)


def claim_of(stored: StoredCheckpoint, *, origin: str | None, trusted: Collection[bytes]) -> Claim:
    """Return what a checkpoint that the log keeps says, and whether it is to be believed.

    Whether it is as it was signed shows without trust in anyone, since its row has the key.
    """
    size, public_key, note = stored
    if type(size) is not int:
        return Claim(0, b"", Fault(None, None, CHECKPOINT_DAMAGED, f"a checkpoint covers {size!r:.60} events"))
    position = size if size > 0 else None
    try:
        checkpoint, signer = open_note(note, [public_key])
        whole = signer is not None and checkpoint.size == size
    except (InvalidCheckpoint, TypeError, AttributeError):
        whole = False
    if not whole:
        detail = f"the checkpoint of {size} events is not as it was signed"
        return Claim(size, b"", Fault(position, None, CHECKPOINT_DAMAGED, detail))
    if trusted and public_key not in trusted:
        key = VerifierKey(checkpoint.origin, public_key)
        detail = f"the checkpoint of {size} events was signed by {str(key)!r}, which nobody said to trust"
        root = checkpoint.root if checkpoint.origin == origin else b""
        return Claim(size, root, Fault(position, None, FOREIGN_SIGNATURE, detail))
    return Claim(size, checkpoint.root, _of_another_log(checkpoint, origin))


def given_claim(note: bytes, *, origin: str | None, trusted: Collection[bytes]) -> Claim:
    """Return what a checkpoint that was kept elsewhere says, and whether it is to be believed.

    Raises:
        InvalidCheckpoint: It is no signed checkpoint.
    """
    checkpoint, _ = open_note(note, ())
    size, position = checkpoint.size, checkpoint.size or None
    try:
        _, signer = open_note(note, trusted)
    except InvalidCheckpoint:
        detail = f"the given checkpoint of {size} events is not as it was signed"
        return Claim(size, checkpoint.root, Fault(position, None, CHECKPOINT_DAMAGED, detail), given=True)
    if trusted and signer is None:
        detail = f"the given checkpoint of {size} events was not signed by any key that is trusted"
        root = checkpoint.root if checkpoint.origin == origin else b""
        return Claim(size, root, Fault(position, None, FOREIGN_SIGNATURE, detail), given=True)
    return Claim(size, checkpoint.root, _of_another_log(checkpoint, origin), given=True)


def in_order(stored: Iterator[Claim], given: Sequence[Claim]) -> Iterator[Claim]:
    """Yield claims by size."""
    return heapq.merge(stored, sorted(given, key=lambda claim: claim.size), key=lambda claim: claim.size)


def _of_another_log(checkpoint: Checkpoint, origin: str | None) -> Fault | None:
    if origin is None or checkpoint.origin == origin:
        return None
    detail = (
        f"the checkpoint of {checkpoint.size} events is of the log {checkpoint.origin!r:.120}, and this is {origin!r},"
        " which begins with another event"
    )
    return Fault(1, None, REWRITTEN, detail)
