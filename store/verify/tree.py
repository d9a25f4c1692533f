"""Holding a log's events to its checkpoints, and the kept tree to both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from store.backends.base import Database
from store.errors import ProofImpossible
from store.proofs.checkpoint_claim import Claim
from store.proofs.stored_tree import BLOCK, GrowingTree, KeptTree, Node
from store.verify.fault import CHECKPOINT_DAMAGED, CUT_TAIL, REWRITTEN, TREE_DIFFERS, Fault


class TreeCheck:
    """Grows the tree over a log's events, and compares it with every checkpoint and every kept node on the way.

    Where a checkpoint is of other events, the kept nodes tell which, if they are still those that it was signed over.

    Attributes:
        checkpoints: How many checkpoints the events were held to.
        covered: How many events the largest of those covers.
        disputed: What is wrong by a checkpoint that nobody who is trusted signed; it may be that which is wrong.
    """

    def __init__(self, database: Database, claims: Iterator[Claim], *, head: int) -> None:
        """Make a check of a log's first *head* events against *claims*, which come by size."""
        self.checkpoints = 0
        self.covered = 0
        self.disputed: Fault | None = None
        self._database = database
        self._claims = claims
        self._claim = next(claims, None)
        self._tree = GrowingTree()
        self._kept_tree = KeptTree(database)
        self._kept: dict[int, bytes] = {}  # nodes of level 1, of as many blocks as are under one node above
        self._expected = database.row("SELECT coalesce(max(size), 0) FROM checkpoint WHERE size <= ?", (head,))[0]
        self._sure = 0  # how many events the largest of the given checkpoints covers
        self._suspect: Fault | None = None  # the first kept node that is not that of the events

    def feed(self, leaves: Sequence[bytes], roots: Sequence[bytes]) -> Fault | None:
        """Take in the hashes of the next events, the first of which begins a block.

        Args:
            leaves: Their hashes.
            roots: The roots of the complete blocks of them.
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
        """Return what is wrong with checkpoints of more events than there are, or with the rest of the kept tree."""
        while self._claim is not None:
            if self._claim.fault is not None:
                return replace(self._claim.fault, position=None)  # the log does not reach there
            if (fault := cut_tail(self._database, self._claim)) is not None:
                if not self._claim.foreign:
                    return fault
                self.disputed = self.disputed or fault
            self._claim = next(self._claims, None)
        return self._suspect or self._beyond()

    def doubt(self) -> Fault | None:
        """Return what the kept tree says is wrong, where the check ends before the next checkpoint."""
        next_claim = None if self._claim is None or self._claim.foreign else self._claim
        if self._suspect is not None and next_claim is not None and self._is_sound(next_claim):
            return self._rewritten(next_claim)
        return self._suspect

    def _judge(self, claim: Claim) -> Fault | None:
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
            self._sure = claim.size
        return None

    def _rewritten(self, claim: Claim) -> Fault:
        # Whoever rewrote the log may have signed it anew: against a checkpoint that was kept elsewhere, those in the
        # log tell nothing of where.
        first, last = (self._sure if claim.given else self.covered) + 1, claim.size
        if self._suspect is not None and self._suspect.position is not None and self._is_sound(claim):
            first = max(first, self._suspect.position)
            last = min(last, self._suspect.position + BLOCK - 1)
        where = f"position {first} is" if first >= last else f"something from here to position {last} is"
        return Fault(first, None, REWRITTEN, f"its hashes hold, but {where} not what {claim.name} covers")

    def _is_sound(self, claim: Claim) -> bool:
        """Tell whether the kept nodes are still those that a checkpoint was signed over."""
        try:
            return self._kept_tree.grown_to(claim.size).root() == claim.root
        except ProofImpossible:
            return False

    def _compare(self, node: Node) -> Fault | None:
        """Hold a kept node to the events."""
        if node.level > 1:
            kept = self._kept_tree.kept(node.level, node.number, node.number + 1).get(node.number)
        else:
            if node.number % BLOCK == 0:
                self._kept = self._kept_tree.kept(1, node.number, node.number + BLOCK)
            kept = self._kept.get(node.number)
        if kept == node.hash or (kept is None and node.last > self._expected):
            return None
        state = "is missing" if kept is None else "is not that of the events"
        detail = f"node {node.number} of level {node.level}, over the positions up to {node.last}, {state}"
        return Fault(node.first, None, TREE_DIFFERS, detail)

    def _beyond(self) -> Fault | None:
        """Return the fault of kept nodes that no checkpoint can have left."""
        with self._database.reading() as cursor:
            cursor.execute("SELECT level, min(number), max(number) FROM tree_node GROUP BY level")
            levels = cursor.fetchall()
            cursor.execute("SELECT coalesce(max(size), 0), count(*) - count(size) FROM checkpoint")
            covered, nameless = cursor.fetchall()[0]  # read behind the nodes, which come with their checkpoint
        if nameless:
            return Fault(None, None, CHECKPOINT_DAMAGED, "a checkpoint does not say how many events it covers")
        for level, least, most in levels:
            numbers = all(type(number) is int for number in (level, least, most))
            if not numbers or not 0 < level < 8 or least < 0:
                return Fault(
                    None, None, TREE_DIFFERS, f"it has a node of the level {level!r:.60}, which it cannot have"
                )
            if (last := Node(level, most, b"").last) > covered:
                detail = (
                    f"it reaches to position {last}, and no checkpoint does: it was changed, or a checkpoint is gone"
                )
                return Fault(covered + 1, None, TREE_DIFFERS, detail)
        return None


def cut_tail(database: Database, claim: Claim) -> Fault | None:
    """Return the fault of a log that has fewer events than a checkpoint covers; None where it has them by now."""
    head: int = database.row("SELECT coalesce(max(position), 0) FROM event")[0]
    if claim.size <= head:
        return None
    return Fault(
        head + 1, None, CUT_TAIL, f"{claim.name} covers more than there are: the events behind {head} are gone"
    )
