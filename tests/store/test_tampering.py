"""Every tampering with a log is found by the check that should find it, or by none, as stated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.schema import metadata
from store.verify.fault import READ_MODEL_DIFFERS, TREE_DIFFERS, Fault
from tests.store import tampering_operations as operations
from tests.store.making import RUN
from tests.store.tampering import REFUSED, TAMPERINGS, Tampering, attempt
from tests.store.target_log import OTHER_RUN, TABLES, TargetLog, media_type


@pytest.fixture
def target(module_target: TargetLog) -> Iterator[TargetLog]:
    """Yield the log as it was recorded, and restore it afterwards."""
    yield module_target
    module_target.restore(module_target.whole)


def test_the_log_has_no_fault_before_tampering(target: TargetLog) -> None:
    for kept in (False, True):
        assert target.verify(trusted=True, kept=kept) is None


def test_every_column_of_every_table_is_tampered_with() -> None:
    declared = {table.name: tuple(table.columns.keys()) for table in metadata.tables.values()}
    assert declared == TABLES
    for table, columns in TABLES.items():
        for column in columns:
            names = [each.operation for each in TAMPERINGS if each.table == table]
            assert sum(name.endswith(f" {column}") for name in names) == 2, (table, column)


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: f"{tampering.table}: {tampering.operation}")
def test_each_tampering_is_found_by_the_expected_check(target: TargetLog, tampering: Tampering) -> None:
    """The checks are the log alone, the key of its checkpoints, and a checkpoint that was kept elsewhere."""
    results = attempt(target, tampering)
    assert [each.what if isinstance(each, Fault) else each for each in results] == [
        tampering.alone,
        tampering.trusted,
        tampering.kept,
    ]
    first = next((each for each in results if each is not None), None)
    if isinstance(first, Fault):
        assert first.position == tampering.position
        assert first.detail
    else:
        assert first in (None, REFUSED)


def test_one_run_is_checked_against_checkpoints_as_well(target: TargetLog) -> None:
    """A run that was rewritten with its hashes is found, and so is a removed tail."""
    log, trusted = target.log, [target.key.public_key]
    assert log.verify(RUN, trusted=trusted, media_type=media_type).fault is None
    for operation in ("… and its run", "… and the tree", "… and sign it with the stolen key", "restore an old copy"):
        next(each for each in TAMPERINGS if each.operation == operation).do(target)
        fault = log.verify(RUN, trusted=trusted, checkpoints=[target.kept], media_type=media_type).fault
        assert fault is not None and fault.what == ("cut tail" if "old" in operation else "rewritten")
        target.restore(target.whole)


def test_a_damaged_node_is_not_taken_for_a_rewritten_history(target: TargetLog) -> None:
    """The run's events are those that the checkpoint covers, and only the stored tree does not match."""
    operations.flipping("tree_node", "hash")(target)
    for run in (RUN, OTHER_RUN):
        fault = target.log.verify(run, trusted=[target.key.public_key], media_type=media_type).fault
        assert fault is not None and (fault.what, fault.position) == (TREE_DIFFERS, 1)
        assert "node 0 of level 1" in fault.detail


def test_a_read_model_that_differs_is_reported_last(target: TargetLog) -> None:
    target.raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", RUN)
    fault = target.verify()
    assert fault is not None and (fault.run_id, fault.what) == (RUN, READ_MODEL_DIFFERS)
    target.raw.execute("UPDATE event SET step = '' WHERE position = 9")
    fault = target.verify()
    assert fault is not None and fault.position == 9
