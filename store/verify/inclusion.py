"""InclusionCheck: check the events of one run against checkpoints of the whole log."""

from __future__ import annotations

from collections.abc import Sequence

from store.backends.base import Database, Row
from store.errors import ProofImpossible
from store.proofs.checkpoint_claim import CheckpointClaim
from store.proofs.merkle import inclusion_proof, root, root_from_inclusion
from store.proofs.stored_tree import BLOCK, StoredTree
from store.verify.fault import REWRITTEN, TREE_DIFFERS, Fault
from store.verify.tree import TreeCheck, cut_tail

_READ_AT_ONCE = 64 * BLOCK  # hashes


class InclusionCheck:
    """Proves, block by block, that events are in the tree that a checkpoint was signed over.

    Attributes:
        checkpoints: How many checkpoints the events are checked against.
        covered: How many events of the log the largest of those covers.
        disputed: The same as in `TreeCheck`.
    """

    def __init__(self, database: Database, claims: Sequence[CheckpointClaim]) -> None:
        self._database = database
        self._tree = StoredTree(database)
        self._claims = claims
        self._block = -1  # the last one that was proved
        sizes = [claim.size for claim in claims if not claim.foreign]
        self.checkpoints, self.covered = len(sizes), max(sizes, default=0)
        self.disputed: Fault | None = None

    def begin(self) -> Fault | None:
        """Return the first fault of the checkpoints themselves."""
        for claim in self._claims:
            fault = claim.fault or cut_tail(self._database, claim)
            if fault is not None and not claim.foreign:
                return fault
            self.disputed = self.disputed or fault
        return None

    def feed(self, rows: Sequence[Row]) -> Fault | None:
        """Check the run's next events against the checkpoints, and return the first fault."""
        for row in rows:
            block = (row[0] - 1) // BLOCK
            if block == self._block:
                continue
            for claim in self._claims:
                if row[0] <= claim.size and not self._includes(claim, block):
                    detail = f"its hashes hold, but it, or an event near it, is not what {claim.name} covers"
                    fault = self._damaged_node(claim) or Fault(row[0], row[1], REWRITTEN, detail)
                    if not claim.foreign:
                        return fault
                    self.disputed = self.disputed or fault
            self._block = block
        return None

    def _damaged_node(self, claim: CheckpointClaim) -> Fault | None:
        """Return the fault of a stored node that does not match the events, if the events do match the claim.

        This needs the hashes of all events that the claim covers, and takes as long as reading them.
        """
        tree = TreeCheck(self._database, iter([claim]), head=claim.size)
        fault: Fault | None = None
        for first in range(0, claim.size, _READ_AT_ONCE):
            try:
                leaves = self._tree.nodes(0, first, min(first + _READ_AT_ONCE, claim.size))
            except ProofImpossible:
                return None
            fault = fault or tree.feed(leaves, ())
        return fault if fault is not None and fault.what == TREE_DIFFERS else None

    def _includes(self, claim: CheckpointClaim, block: int) -> bool:
        """Return whether the events of a block are in the tree that a checkpoint was signed over."""
        blocks = -(-claim.size // BLOCK)
        try:
            leaves = self._tree.nodes(0, block * BLOCK, min((block + 1) * BLOCK, claim.size))
            proof = inclusion_proof(
                block,
                blocks,
                lambda start, stop: self._tree.subtree_root(start * BLOCK, min(stop * BLOCK, claim.size)),
            )
        except ProofImpossible:
            return False
        return root_from_inclusion(block, blocks, root(leaves), proof) == claim.root
