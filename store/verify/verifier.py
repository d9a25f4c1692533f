"""Verifier: check a log against its own hashes and against checkpoints.

The events are checked in the order of positions. The body must match its hash; the event's hash must follow from the
previous event of its run and from its own columns; its attachment must exist and match its SHA-256; and a missing body
must have been redacted. In the whole log, positions must have no gap, every attachment must belong to an event, and the
stored tree must match the events.

A log whose newest events were removed is consistent in itself, and so is a history that was rewritten with all its
hashes. Such changes contradict the checkpoints: those that the log stores, and those that were kept elsewhere. An
attacker who can rewrite the log can sign new checkpoints, but not with a key that others trust; an attacker who has
that key too is detected by a checkpoint that was kept out of their reach. A checkpoint by an untrusted key proves
nothing about the log, and is reported only after everything else is checked.

The database itself is checked too, for the whole log: its tables, indexes and guards must be those that were created. A
difference there is reported after the events, because what was recorded may still be as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from store.backends.base import Database
from store.errors import StoreError
from store.proofs.checkpoint_claim import CheckpointClaims, by_size, claim_of, given_claim
from store.proofs.checkpoints import StoredCheckpoint, log_origin, stored_checkpoints
from store.proofs.signed_note import open_signed_note
from store.read_model.verify import ReadModelCheck
from store.records import BIGINT_MIN
from store.verify.artifacts import ArtifactCheck, MediaType
from store.verify.chain import ChainCheck
from store.verify.fault import FOREIGN_SIGNATURE, INSERTED, READ_MODEL_DIFFERS, Fault
from store.verify.inclusion import InclusionCheck
from store.verify.named_checkpoints import missing_checkpoint
from store.verify.schema import damage, removed_tail, schema_fault
from store.verify.tree import TreeCheck

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification.

    Attributes:
        events: How many events were checked and are as they were recorded.
        fault: The first thing that is wrong, or None.
        checkpoints: How many checkpoints the events were checked against.
        covered: How many events of the log the largest of those covers; later events could have been removed.
        signed: Whether the checkpoints' signatures were checked against trusted keys.
    """

    events: int
    fault: Fault | None
    checkpoints: int = 0
    covered: int = 0
    signed: bool = False


class Verifier:
    """Checks one run, or the whole log as it is at the start, in constant memory; see `EventLog.verify`."""

    def __init__(
        self,
        database: Database,
        *,
        checkpoints: Sequence[bytes] = (),
        trusted: Iterable[bytes] = (),
        media_type: MediaType | None = None,
        read_model: ReadModelCheck | None = None,
    ) -> None:
        for note in checkpoints:
            open_signed_note(note, ())  # raises an error for an invalid one before the log is read
        self._database = database
        self._given = checkpoints
        self._trusted = frozenset(trusted)
        self._media_type = media_type
        self._read_model = read_model

    def whole(self, progress: Progress) -> Verification:
        """Check each event of the whole log, up to the first fault, and the database."""
        schema = schema_fault(self._database)
        try:
            result = self._whole(progress)
        except StoreError:
            if schema is None:
                raise
            return Verification(0, schema)  # the events cannot be read, because of what was changed
        if schema is not None and (result.fault is None or result.fault.what == FOREIGN_SIGNATURE):
            return replace(result, fault=schema)
        return result

    def _whole(self, progress: Progress) -> Verification:
        from store.verify.parallel import check_segments  # slow to import, and most commands verify nothing

        least, head, total = self._database.row(
            "SELECT coalesce(min(position), 1), coalesce(max(position), 0), count(*) FROM event"
        )
        if least < 1:
            return Verification(0, Fault(least, None, INSERTED, "the first event of a log has position 1"))
        origin = log_origin(self._database)
        given = [given_claim(note, origin=origin, trusted=self._trusted) for note in self._given]
        stored = (
            claim_of(checkpoint, origin=origin, trusted=self._trusted)
            for checkpoint in stored_checkpoints(self._database, after=BIGINT_MIN)
        )
        claims = CheckpointClaims(by_size(stored, given))
        tree = TreeCheck(self._database, iter(claims), head=head)
        checked = 0
        prefilter = None if self._read_model is None else self._read_model.prefilter
        for segment in check_segments(self._database, head, self._media_type, prefilter):
            checked += len(segment.hashes)
            fault = tree.feed(segment.hashes, segment.roots)
            if fault is None and segment.fault is not None:
                fault = tree.doubt() or segment.fault
            if fault is not None:
                return self._result(fault, checked, tree)
            if self._read_model is not None:
                self._read_model.feed(segment.prefiltered, checked)
            progress(checked, total)
        fault = (
            tree.end()
            or removed_tail(self._database)
            or missing_checkpoint(self._database, origin)
            or ArtifactCheck(self._database, None).orphan()
            or damage(self._database)
            or self._compared()
        )
        return self._result(fault or tree.disputed or claims.foreign, checked, tree)

    def run(self, run_id: str, progress: Progress) -> Verification:
        """Check one run, also against the given checkpoints and the newest one that the log stores."""
        head, total = self._database.row(
            "SELECT coalesce(max(position), 0), count(*) FROM event WHERE run_id = ?", (run_id,)
        )
        origin = log_origin(self._database)
        candidates = [given_claim(note, origin=origin, trusted=self._trusted) for note in self._given]
        newest = self._database.row("SELECT size, public_key, note FROM checkpoint ORDER BY size DESC LIMIT 1")
        if newest is not None:
            candidates.append(claim_of(StoredCheckpoint._make(newest), origin=origin, trusted=self._trusted))
        claims = CheckpointClaims(candidates)
        inclusion = InclusionCheck(self._database, list(claims))
        check = ChainCheck(self._database, ArtifactCheck(self._database, self._media_type), run_id=run_id)
        fault = inclusion.begin() if total else None
        if fault is None:
            for rows in check.pages(head):
                if (fault := inclusion.feed(rows)) is not None:
                    break
                progress(check.checked, total)
        fault = fault or check.fault or self._compared(run_id)
        return self._result(fault or inclusion.disputed or claims.foreign, check.checked, inclusion, run_id)

    def _compared(self, run_id: str | None = None) -> Fault | None:
        """Return the first difference between the read model and the events, of all runs or of one."""
        difference = None if self._read_model is None else self._read_model.difference(run_id)
        return None if difference is None else Fault(None, difference.run_id, READ_MODEL_DIFFERS, difference.detail)

    def _result(
        self, fault: Fault | None, checked: int, check: TreeCheck | InclusionCheck, run_id: str | None = None
    ) -> Verification:
        """Return the result; *checked* is reduced to the events before the fault."""
        if fault is not None and fault.position is not None and fault.what != FOREIGN_SIGNATURE:
            query = "SELECT count(*) FROM event WHERE position < ?"
            if run_id is None:
                before = self._database.row(query, (fault.position,))
            else:
                before = self._database.row(f"{query} AND run_id = ?", (fault.position, run_id))
            checked = min(checked, before[0])
        return Verification(
            checked, fault, check.checkpoints, check.covered, bool(self._trusted) and check.checkpoints > 0
        )
