"""Checking the log: against its own hashes, and against checkpoints.

What is checked, event by event in the order of positions: that the body is the one its hash was taken of, that the
event's hash follows from the one before it in its run and from its own columns, that its attachment is there and is
what its SHA-256 says, and that a body that is missing was redacted. In the whole log, positions must have no gap, no
attachment may be there that no event has, and the kept tree must be that of the events.

A tail that was cut off leaves a log that is consistent in itself, and so does a history rewritten with all its hashes.
Those show against a checkpoint: each that the log keeps, and each that somebody kept elsewhere. Whoever can rewrite the
log can sign new checkpoints of it as well, but not with a key that others trust; and whoever has that key too is found
out by a checkpoint kept where they could not reach it. A checkpoint by a key that nobody trusts says nothing of the
log, and is told once all else is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from store.backends.base import Database
from store.proofs.checkpoint_claim import Claims, claim_of, given_claim, in_order
from store.proofs.checkpoints import StoredCheckpoint, log_origin, stored_checkpoints
from store.proofs.signed_note import open_note
from store.read_model.verify import RunCheck
from store.records import BIGINT_MIN
from store.verify.artifacts import ArtifactCheck, MediaType
from store.verify.chain import ChainCheck
from store.verify.fault import FOREIGN_SIGNATURE, INSERTED, READ_MODEL_DIFFERS, Fault
from store.verify.inclusion import InclusionCheck
from store.verify.tree import TreeCheck

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification came to.

    Attributes:
        events: How many events were checked and are as they were recorded.
        fault: The first thing that is wrong, or None.
        checkpoints: How many checkpoints they were held to.
        covered: How many events of the log the largest of those covers: the tail behind it could have been cut off.
        signed: Whether the checkpoints' signatures were held to keys that are trusted.
    """

    events: int
    fault: Fault | None
    checkpoints: int = 0
    covered: int = 0
    signed: bool = False


class Verifier:
    """Checks one run, or the whole log, as it is when this begins, in constant memory; see `EventLog.verify`."""

    def __init__(
        self,
        database: Database,
        *,
        checkpoints: Sequence[bytes] = (),
        trusted: Iterable[bytes] = (),
        media_type: MediaType | None = None,
        read_model: RunCheck | None = None,
    ) -> None:
        for note in checkpoints:
            open_note(note, ())  # raises what is wrong with one before the log is read
        self._database = database
        self._given = checkpoints
        self._trusted = frozenset(trusted)
        self._media_type = media_type
        self._read_model = read_model

    def whole(self, progress: Progress) -> Verification:
        """Check event after event of the whole log, up to the first fault."""
        from store.verify.parallel import (
            check_stretches,  # which imports what starts processes, and most commands start none
        )

        least, head, total = self._database.row(
            "SELECT coalesce(min(position), 1), coalesce(max(position), 0), count(*) FROM event"
        )
        if least < 1:
            return Verification(0, Fault(least, None, INSERTED, "the first event of a log has position 1"))
        origin = log_origin(self._database)
        given = [given_claim(note, origin=origin, trusted=self._trusted) for note in self._given]
        kept = (
            claim_of(stored, origin=origin, trusted=self._trusted)
            for stored in stored_checkpoints(self._database, after=BIGINT_MIN)
        )
        held_to = Claims(in_order(kept, given))
        tree = TreeCheck(self._database, iter(held_to), head=head)
        checked = 0
        skim = None if self._read_model is None else self._read_model.skim
        for stretch in check_stretches(self._database, head, self._media_type, skim):
            checked += len(stretch.hashes)
            fault = tree.feed(stretch.hashes, stretch.roots)
            if fault is None and stretch.fault is not None:
                fault = tree.doubt() or stretch.fault
            if fault is not None:
                return self._found(fault, checked, tree)
            if self._read_model is not None:
                self._read_model.feed(stretch.skimmed, checked)
            progress(checked, total)
        fault = tree.end() or ArtifactCheck(self._database, None).orphan() or self._compared()
        return self._found(fault or tree.disputed or held_to.foreign, checked, tree)

    def run(self, run_id: str, progress: Progress) -> Verification:
        """Check one run, and hold it to the given checkpoints and the newest that the log keeps."""
        head, total = self._database.row(
            "SELECT coalesce(max(position), 0), count(*) FROM event WHERE run_id = ?", (run_id,)
        )
        origin = log_origin(self._database)
        claims = [given_claim(note, origin=origin, trusted=self._trusted) for note in self._given]
        newest = self._database.row("SELECT size, public_key, note FROM checkpoint ORDER BY size DESC LIMIT 1")
        if newest is not None:
            claims.append(claim_of(StoredCheckpoint._make(newest), origin=origin, trusted=self._trusted))
        held_to = Claims(claims)
        inclusion = InclusionCheck(self._database, list(held_to))
        check = ChainCheck(self._database, ArtifactCheck(self._database, self._media_type), run_id=run_id)
        fault = inclusion.begin() if total else None
        if fault is None:
            for rows in check.pages(head):
                if (fault := inclusion.feed(rows)) is not None:
                    break
                progress(check.checked, total)
        fault = fault or check.fault or self._compared(run_id)
        return self._found(fault or inclusion.disputed or held_to.foreign, check.checked, inclusion, run_id)

    def _compared(self, run_id: str | None = None) -> Fault | None:
        """Return the first difference between the read model and the events, of all runs or of one."""
        found = None if self._read_model is None else self._read_model.difference(run_id)
        return None if found is None else Fault(None, found.run_id, READ_MODEL_DIFFERS, found.detail)

    def _found(
        self, fault: Fault | None, checked: int, held: TreeCheck | InclusionCheck, run_id: str | None = None
    ) -> Verification:
        if fault is not None and fault.position is not None and fault.what != FOREIGN_SIGNATURE:
            query = "SELECT count(*) FROM event WHERE position < ?"
            if run_id is None:
                before = self._database.row(query, (fault.position,))
            else:
                before = self._database.row(f"{query} AND run_id = ?", (fault.position, run_id))
            checked = min(checked, before[0])
        return Verification(
            checked, fault, held.checkpoints, held.covered, bool(self._trusted) and held.checkpoints > 0
        )
