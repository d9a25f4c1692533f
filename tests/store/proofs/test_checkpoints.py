"""A log's checkpoints and proofs, on both backends: true ones are signed and created, false ones are not."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from store.errors import CheckpointRefused, DatabaseReadOnly, ProofImpossible, StoreError
from store.log import EventLog
from store.proofs import checkpoints
from store.proofs.checkpoints import CheckpointSigner
from store.proofs.merkle import is_consistent, root, root_from_inclusion
from store.proofs.signed_note import Checkpoint, SigningKey, open_signed_note
from store.proofs.stored_tree import BLOCK, GrowingTree, StoredTree
from tests.store.making import record, records
from tests.store.raw import REFUSALS, Raw

KEY = SigningKey.generate()
OTHER = SigningKey.generate()


def signed_checkpoint(log: EventLog, key: SigningKey = KEY) -> Checkpoint:
    """Sign a checkpoint, and return it."""
    stored = log.checkpoint(key)
    checkpoint, signer = open_signed_note(stored.note, [key.public_key])
    assert (stored.public_key, stored.size, signer) == (key.public_key, checkpoint.size, key.public_key)
    return checkpoint


def hashes(log: EventLog) -> list[bytes]:
    return [event.hash for event in log.read()]


def test_a_checkpoint_states_the_number_of_events_and_their_root(log: EventLog) -> None:
    """It has the log's name, which is derived from the first event."""
    log.append(records(1, 5))
    checkpoint = signed_checkpoint(log)
    first = hashes(log)[0].hex()
    assert checkpoint == Checkpoint(f"veritas/log/{first[:16]}", 5, root(hashes(log)))
    assert log.origin() == checkpoint.origin
    assert list(log.checkpoints()) == [log.checkpoint(KEY)]


def test_an_empty_log_is_not_signed(log: EventLog) -> None:
    assert log.origin() is None
    with pytest.raises(CheckpointRefused, match="no first event"):
        log.checkpoint(KEY)


def test_a_checkpoint_covers_the_log_as_it_is_when_signed(log: EventLog) -> None:
    """There is one for each size and key; signing the same size again returns the first one."""
    for last in (1, 2, 255, 256, 257, 600):
        log.append(records(log.head() + 1, last))
        assert signed_checkpoint(log).root == signed_checkpoint(log).root == root(hashes(log))
    assert signed_checkpoint(log, OTHER).root == root(hashes(log))
    assert [checkpoint.size for checkpoint in log.checkpoints()] == [1, 2, 255, 256, 257, 600, 600]
    assert [checkpoint.size for checkpoint in log.checkpoints(after=256)] == [257, 600, 600]
    assert {checkpoint.public_key for checkpoint in log.checkpoints(after=599)} == {KEY.public_key, OTHER.public_key}
    result = log.verify(trusted=[KEY.public_key, OTHER.public_key])
    assert (result.fault, result.checkpoints, result.covered, result.signed) == (None, 7, 600, True)


def test_many_checkpoints_are_all_read(log: EventLog, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more than one query reads, with two of each size."""
    monkeypatch.setattr(checkpoints, "_PAGE", 5)
    for size in range(1, 11):
        for key in (b"k" * 32, b"l" * 32):
            raw.execute("INSERT INTO checkpoint (size, public_key, note) VALUES (?, ?, ?)", size, key, b"")
    assert [checkpoint.size for checkpoint in log.checkpoints()] == [size for size in range(1, 11) for _ in "kl"]


def test_the_stored_tree_matches_the_events(log: EventLog, raw: Raw) -> None:
    """Every complete block is stored, whatever the checkpoints' sizes."""
    for last in (100, 512, 513, 1100):
        log.append(records(log.head() + 1, last))
        log.checkpoint(KEY)
    leaves = hashes(log)
    expected = [(1, number, root(leaves[number * BLOCK : (number + 1) * BLOCK])) for number in range(4)]
    assert raw.execute("SELECT level, number, hash FROM tree_node ORDER BY number").fetchall() == expected


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventLog]:
    """Yield a log with a node of the second level, and more events after it."""
    with EventLog.open(tmp_path_factory.mktemp("large") / "log.db") as log:
        for first in range(1, BLOCK**2 + 700, 5000):
            log.append(records(first, min(first + 4999, BLOCK**2 + 700)))
        log.checkpoint(KEY)
        yield log


def test_a_second_level_is_stored(large: EventLog) -> None:
    tree = StoredTree(large._database)
    leaves = hashes(large)
    assert tree.stored(2, 0, 10) == {0: root(leaves[: BLOCK**2])}
    assert sorted(tree.stored(1, 0, 1000)) == list(range(BLOCK + 2))
    assert tree.grown_to(len(leaves)).root() == root(leaves)
    assert large.verify().fault is None


def test_a_tree_grows_from_its_stored_nodes(large: EventLog) -> None:
    """It completes the same nodes as a tree that was grown from the first leaf."""
    leaves, stored = hashes(large), StoredTree(large._database)
    for size in (0, 1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 66_000):
        whole = GrowingTree()
        while whole.size < size:
            whole.append(leaves[whole.size : min(whole.size + whole.room(), size)])
        again = stored.grown_to(size)
        assert (again.size, again.room(), again.root()) == (size, whole.room(), whole.root())
        more = leaves[size : size + whole.room()]
        assert again.append(more) == whole.append(more)
        assert again.root() == whole.root() == root(leaves[: size + len(more)])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1000, 65_536, 65_537, 66_236])
def test_proofs_come_from_the_stored_tree(large: EventLog, size: int) -> None:
    """They exist for any position among any number of events, and for any beginning of them."""
    leaves = hashes(large)
    whole = root(leaves[:size])
    for position in sorted({1, size // 2 + 1, size - 1, size} - {0}):
        proof = large.inclusion_proof(position, size)
        assert root_from_inclusion(position - 1, size, leaves[position - 1], proof) == whole
    for first in sorted({0, 1, size // 3, 256, 65_536, size}):
        if first <= size:
            proof = large.consistency_proof(first, size)
            assert is_consistent(first, size, root(leaves[:first]), whole, proof)


def test_proofs_need_no_checkpoint(log: EventLog) -> None:
    """Nodes that are not stored are computed from the events."""
    log.append(records(1, 700))
    proof = log.inclusion_proof(3, 700)
    assert root_from_inclusion(2, 700, hashes(log)[2], proof) == root(hashes(log))


def test_there_is_no_proof_of_missing_events(log: EventLog) -> None:
    log.append(records(1, 3))
    for position, size in ((0, 3), (4, 3), (4, 4), (1, 4), (-1, 3)):
        with pytest.raises(ProofImpossible, match="no proof"):
            log.inclusion_proof(position, size)
    for first, second in ((4, 3), (-1, 3), (3, 4), (4, 4)):
        with pytest.raises(ProofImpossible, match="no proof"):
            log.consistency_proof(first, second)


def test_the_guards_protect_checkpoints_and_tree(log: EventLog, raw: Raw) -> None:
    """Neither can be changed, removed or replaced."""
    log.append(records(1, 300))
    log.checkpoint(KEY)
    for statement in (
        "UPDATE checkpoint SET note = note",
        "DELETE FROM checkpoint",
        "UPDATE tree_node SET hash = hash",
        "DELETE FROM tree_node",
    ):
        with pytest.raises(REFUSALS):
            raw.execute(statement)


@pytest.mark.parametrize("change", ["body = ?", "hash = ?", "body_hash = ?", "step = ?"])
@pytest.mark.parametrize("position", [12, 20])
def test_nothing_is_signed_over_a_changed_event(log: EventLog, raw: Raw, change: str, position: int) -> None:
    """The event is not covered by a checkpoint yet; the tree and the checkpoints stay unchanged."""
    log.append(records(1, 10))
    log.checkpoint(KEY)
    log.append(records(11, 20))
    raw.remove_guards()
    value = "elsewhere" if change.startswith("step") else b"x" * 32
    raw.execute(f"UPDATE event SET {change} WHERE position = ?", value, position)
    with pytest.raises(CheckpointRefused, match=rf"position {position}: changed"):
        log.checkpoint(KEY)
    assert [checkpoint.size for checkpoint in log.checkpoints()] == [10]


def test_nothing_is_signed_over_events_that_contradict_the_last_checkpoint(log: EventLog, raw: Raw) -> None:
    """A hash that was changed after a checkpoint covered it does not get into a newer checkpoint."""
    log.append(records(1, 300))
    log.checkpoint(KEY)
    log.append(records(301, 310))
    raw.remove_guards()
    raw.execute("UPDATE event SET hash = ? WHERE position = 290", b"x" * 32)
    with pytest.raises(CheckpointRefused, match="its first 300 events are not"):
        log.checkpoint(KEY)


def test_nothing_is_signed_over_a_changed_tree(log: EventLog, raw: Raw) -> None:
    log.append(records(1, 300))
    log.checkpoint(KEY)
    log.append(records(301, 310))
    raw.remove_guards()
    raw.execute("UPDATE tree_node SET hash = ?", b"x" * 32)
    with pytest.raises(CheckpointRefused, match="its first 300 events are not"):
        log.checkpoint(KEY)
    with pytest.raises(CheckpointRefused, match="the stored tree over positions 1 to 256"):
        log.checkpoint(OTHER)


@pytest.mark.parametrize("position", [1, 5, 15, 20])
def test_nothing_is_signed_over_a_gap_or_a_cut_tail(log: EventLog, raw: Raw, position: int) -> None:
    log.append(records(1, 10))
    log.checkpoint(KEY)
    log.append(records(11, 20))
    log.checkpoint(OTHER)
    raw.remove_guards()
    raw.execute("DELETE FROM event WHERE position = ?", position)
    with pytest.raises(CheckpointRefused):
        log.checkpoint(KEY)


def test_nothing_is_signed_that_contradicts_another_keys_checkpoint(log: EventLog, raw: Raw) -> None:
    """With another key's checkpoint nothing is checked less, and what it covers must match."""
    log.append(records(1, 10))
    forged = OTHER.sign(Checkpoint(log.origin() or "", 7, b"x" * 32))
    for note in (b"no note", forged):
        raw.execute("INSERT INTO checkpoint (size, public_key, note) VALUES (7, ?, ?)", OTHER.public_key, note)
        with pytest.raises(CheckpointRefused, match="checkpoint of"):
            log.checkpoint(KEY)
        raw.remove_guards()
        raw.execute("DELETE FROM checkpoint")
    assert signed_checkpoint(log).size == 10


def test_nothing_is_signed_after_a_damaged_checkpoint_of_the_same_key(log: EventLog, raw: Raw) -> None:
    log.append(records(1, 10))
    log.checkpoint(KEY)
    log.append(records(11, 12))
    raw.remove_guards()
    other = KEY.sign(Checkpoint("veritas/log/other", 10, b"x" * 32))
    for note in (b"no note", OTHER.sign(open_signed_note(log.checkpoint(OTHER).note, [])[0]), other):
        raw.execute("UPDATE checkpoint SET note = ? WHERE size = 10", note)
        with pytest.raises(CheckpointRefused, match="10 events is"):
            log.checkpoint(KEY)


@pytest.mark.parametrize("key", [KEY, OTHER], ids=["own", "another's"])
def test_nothing_is_signed_after_a_checkpoint_whose_size_is_not_a_number(sqlite: str, key: SigningKey) -> None:
    """SQLite accepts any value in any column; the message names it."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 10))
        log.checkpoint(key)
        raw = Raw(sqlite)
        raw.remove_guards()
        raw.execute("UPDATE checkpoint SET size = 'ten'")
        raw.close()
        with pytest.raises(CheckpointRefused, match="covers 'ten' events"):
            log.checkpoint(KEY)


def test_a_log_that_cannot_be_written_to_is_not_signed(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with EventLog.open(sqlite) as log:
        log.append(records(1, 3))
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with EventLog.open(sqlite) as log, pytest.raises(DatabaseReadOnly):
        log.checkpoint(KEY)


def test_many_sign_and_append_at_once(log: EventLog) -> None:
    """They use several keys and one object while the log grows; every checkpoint holds in the end."""
    log.append([record(1)])
    keys = [SigningKey.generate() for _ in range(3)]
    failures: list[StoreError] = []

    def work(number: int) -> None:
        try:
            for seq in range(1, 16):
                log.append(records(seq * 20, seq * 20 + 19, run_id=f"run.{number}"))
                signed_checkpoint(log, keys[number % 3])
        except StoreError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    result = log.verify(trusted=[key.public_key for key in keys])
    assert (result.events, result.fault) == (1501, None)
    assert result.checkpoints >= 15


def test_a_checkpoint_signed_during_signing_is_checked(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """If another key's checkpoint is added between the check and the lock, it is checked before ours is written."""
    log.append(records(1, 10))
    compute_root, first = GrowingTree.root, iter([True])
    with EventLog.open(database) as second:

        def interrupted(tree: GrowingTree) -> bytes:
            if next(first, False):
                second.checkpoint(OTHER)
            return compute_root(tree)

        monkeypatch.setattr(GrowingTree, "root", interrupted)
        attempts = []
        attempt = CheckpointSigner._attempt
        monkeypatch.setattr(CheckpointSigner, "_attempt", lambda signer: attempts.append(1) or attempt(signer))
        assert log.checkpoint(KEY).size == 10
    assert len(attempts) == 3  # ours, the other's, and ours again
    assert [checkpoint.size for checkpoint in log.checkpoints()] == [10, 10]
