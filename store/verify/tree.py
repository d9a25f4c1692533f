"""TreeCheck: check a log's events against its checkpoints, and the stored tree against both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from store.backends.base import Database
from store.errors import ProofImpossible
from store.proofs.checkpoint_claim import CheckpointClaim
from store.proofs.stored_tree import BLOCK, GrowingTree, Node, StoredTree
from store.verify.fault import CHECKPOINT_DAMAGED, CUT_TAIL, REWRITTEN, TREE_DIFFERS, Fault


class TreeCheck:
    """Grows the tree over a log's events, and compares it with each checkpoint and each stored node as it grows.

    If a checkpoint covers other events, the stored nodes show which events differ, provided that the nodes still match
    the checkpoint.

    Attributes:
        checkpoints: How many checkpoints the events were checked against.
        covered: How many events the largest of those covers.
        disputed: The first fault according to a foreign checkpoint; the checkpoint itself may be wrong.
    """

    def __init__(self, database: Database, claims: Iterator[CheckpointClaim], *, head: int) -> None:
        """Prepare a check of a log's first *head* events against *claims*, which are ordered by size."""
        self.checkpoints = 0
        self.covered = 0
        self.disputed: Fault | None = None
        self._database = database
        self._claims = claims
        self._claim = next(claims, None)
        self._tree = GrowingTree()
        self._stored_tree = StoredTree(database)
        self._stored: dict[int, bytes] = {}  # the stored nodes of level 1 under the current node of level 2
        self._expected = database.row("SELECT coalesce(max(size), 0) FROM checkpoint WHERE size <= ?", (head,))[0]
        self._covered_by_given = 0  # how many events the largest of the given checkpoints covers
        self._suspect: Fault | None = None  # the first stored node that does not match the events

    def feed(self, leaves: Sequence[bytes], roots: Sequence[bytes]) -> Fault | None:
        """Check the next events, and return the first fault; the first of them begins a block.

        Args:
            leaves: The events' hashes.
            roots: The roots of the complete blocks among them.
        """
        at, begin = 0, self._tree.size
        while True:
            while self._claim is not None and self._claim.size <= self._tree.size:
                if (fault := self._judge(self._claim)) is not None:
                    return fault
                self._claim = next(self._claims, None)
            if at == len(leaves):
                return None
            stop = begin + len(leaves) if self._claim is None else self._claim.size
            count = min(self._tree.room(), stop - self._tree.size, len(leaves) - at)
            block = at // BLOCK
            nodes = self._tree.append(leaves[at : at + count], roots[block] if block < len(roots) else None)
            at += count
            if self._suspect is None:
                self._suspect = next(filter(None, map(self._compare, nodes)), None)

    def end(self) -> Fault | None:
        """Return the fault of a checkpoint that covers more events than the log has, or of the rest of the tree."""
        while self._claim is not None:
            if self._claim.fault is not None:
                return replace(self._claim.fault, position=None)  # the log does not have that position
            if (fault := cut_tail(self._database, self._claim)) is not None:
                if not self._claim.foreign:
                    return fault
                self.disputed = self.disputed or fault
            self._claim = next(self._claims, None)
        return self._suspect or self._beyond()

    def doubt(self) -> Fault | None:
        """Return the fault according to the stored tree, for a check that ends before the next checkpoint."""
        next_claim = None if self._claim is None or self._claim.foreign else self._claim
        if self._suspect is not None and next_claim is not None and self._is_sound(next_claim):
            return self._rewritten(next_claim)
        return self._suspect

    def _judge(self, claim: CheckpointClaim) -> Fault | None:
        if claim.fault is not None:
            return claim.fault
        if claim.foreign:
            if claim.root != self._tree.root():
                self.disputed = self.disputed or self._rewritten(claim)
            return None
        if claim.root != self._tree.root():
            return self._rewritten(claim)
        if self._suspect is not None:
            return self._suspect
        self.checkpoints += 1
        self.covered = claim.size
        if claim.given:
            self._covered_by_given = claim.size
        return None

    def _rewritten(self, claim: CheckpointClaim) -> Fault:
        # A rewritten log may contain new checkpoints, so if the claim was given from elsewhere, only other given
        # checkpoints can narrow down the place.
        first, last = (self._covered_by_given if claim.given else self.covered) + 1, claim.size
        if self._suspect is not None and self._suspect.position is not None and self._is_sound(claim):
            first = max(first, self._suspect.position)
            last = min(last, self._suspect.position + BLOCK - 1)
        where = f"position {first} is" if first >= last else f"something from here to position {last} is"
        return Fault(first, None, REWRITTEN, f"its hashes hold, but {where} not what {claim.name} covers")

    def _is_sound(self, claim: CheckpointClaim) -> bool:
        """Return whether the stored nodes still match the root that a checkpoint claims."""
        try:
            return self._stored_tree.grown_to(claim.size).root() == claim.root
        except ProofImpossible:
            return False

    def _compare(self, node: Node) -> Fault | None:
        """Return the fault of the stored node that should equal *node*; None if it does, or need not be stored yet."""
        if node.level > 1:
            stored = self._stored_tree.stored(node.level, node.number, node.number + 1).get(node.number)
        else:
            if node.number % BLOCK == 0:
                self._stored = self._stored_tree.stored(1, node.number, node.number + BLOCK)
            stored = self._stored.get(node.number)
        if stored == node.hash or (stored is None and node.last > self._expected):
            return None
        state = "is missing" if stored is None else "does not match the events"
        detail = f"node {node.number} of level {node.level}, over the positions up to {node.last}, {state}"
        return Fault(node.first, None, TREE_DIFFERS, detail)

    def _beyond(self) -> Fault | None:
        """Return the fault of stored nodes that no checkpoint can have added."""
        with self._database.reading() as cursor:
            cursor.execute("SELECT level, min(number), max(number) FROM tree_node GROUP BY level")
            levels = cursor.fetchall()
            cursor.execute("SELECT coalesce(max(size), 0), count(*) - count(size) FROM checkpoint")
            covered, without_size = cursor.fetchall()[0]  # read after the nodes, which are added with their checkpoint
        if without_size:
            return Fault(None, None, CHECKPOINT_DAMAGED, "a checkpoint does not state how many events it covers")
        for level, least, most in levels:
            numbers = all(type(number) is int for number in (level, least, most))
            if not numbers or not 0 < level < 8 or least < 0:
                return Fault(None, None, TREE_DIFFERS, f"it has a node of level {level!r:.60}, which cannot exist")
            if (last := Node(level, most, b"").last) > covered:
                detail = (
                    f"it reaches to position {last}, and no checkpoint does: it was changed, or a checkpoint is gone"
                )
                return Fault(covered + 1, None, TREE_DIFFERS, detail)
        return None


def cut_tail(database: Database, claim: CheckpointClaim) -> Fault | None:
    """Return the fault of a log that has fewer events than a checkpoint covers; None if it has them by now."""
    head: int = database.row("SELECT coalesce(max(position), 0) FROM event")[0]
    if claim.size <= head:
        return None
    return Fault(
        head + 1, None, CUT_TAIL, f"{claim.name} covers more events than the log has: the events after {head} are gone"
    )
