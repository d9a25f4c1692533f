"""Whatever is done to a log behind its guards is found, and by what; or it is said what it takes to find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from store.schema import metadata
from store.verify.fault import READ_MODEL_DIFFERS, TREE_DIFFERS, Fault
from tests.databases import postgresql_schema
from tests.store import tampering_operations as deeds
from tests.store.making import RUN
from tests.store.tampering import REFUSED, TAMPERINGS, Tampering, attempt
from tests.store.target_log import OTHER_RUN, TABLES, Victim, media_type


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """Give a log to tamper with, once on each backend."""
    if request.param == "sqlite":
        with closing(Victim(str(tmp_path_factory.mktemp("victim") / "log.db"))) as victim:
            yield victim
    else:
        with postgresql_schema() as database, closing(Victim(database)) as victim:
            yield victim


@pytest.fixture
def victim(module_victim: Victim) -> Iterator[Victim]:
    """Give the log as it was recorded, and put it back afterwards."""
    yield module_victim
    module_victim.put_back(module_victim.whole)


def test_the_log_is_sound_before(victim: Victim) -> None:
    for kept in (False, True):
        assert victim.verify(trusted=True, kept=kept) is None


def test_every_column_of_every_table_is_tampered_with() -> None:
    declared = {table.name: tuple(table.columns.keys()) for table in metadata.tables.values()}
    assert declared == TABLES
    for table, columns in TABLES.items():
        for column in columns:
            deeds = [each.deed for each in TAMPERINGS if each.table == table and each.deed.endswith(f" {column}")]
            assert len(deeds) == 2, (table, column)


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: f"{tampering.table}: {tampering.deed}")
def test_a_tampering_is_found_by_what_it_takes(victim: Victim, tampering: Tampering) -> None:
    """By the log itself, with the key of its checkpoints, with a checkpoint that was kept elsewhere; or by nothing."""
    found = attempt(victim, tampering)
    assert [each.what if isinstance(each, Fault) else each for each in found] == [
        tampering.alone,
        tampering.trusted,
        tampering.kept,
    ]
    first = next((each for each in found if each is not None), None)
    if isinstance(first, Fault):
        assert first.position == tampering.position
        assert first.detail
    else:
        assert first in (None, REFUSED)


def test_one_run_is_held_to_checkpoints_as_well(victim: Victim) -> None:
    """A run that was written anew with its hashes, and what was cut off behind it."""
    log, trusted = victim.log, [victim.key.public_key]
    assert log.verify(RUN, trusted=trusted, media_type=media_type).fault is None
    for deed in ("… and its run", "… and the tree", "… and sign it with the stolen key", "put an old copy back"):
        next(each for each in TAMPERINGS if each.deed == deed).do(victim)
        fault = log.verify(RUN, trusted=trusted, checkpoints=[victim.kept], media_type=media_type).fault
        assert fault is not None and fault.what == ("cut tail" if "old" in deed else "rewritten")
        victim.put_back(victim.whole)


def test_a_damaged_node_is_not_taken_for_a_rewritten_history(victim: Victim) -> None:
    """The events of the run are those that the checkpoint covers, and only the kept tree is not theirs."""
    deeds.flipping("tree_node", "hash")(victim)
    for run in (RUN, OTHER_RUN):
        fault = victim.log.verify(run, trusted=[victim.key.public_key], media_type=media_type).fault
        assert fault is not None and (fault.what, fault.position) == (TREE_DIFFERS, 1)
        assert "node 0 of level 1" in fault.detail


def test_a_read_model_that_differs_is_told_last(victim: Victim) -> None:
    victim.raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", RUN)
    fault = victim.verify()
    assert fault is not None and (fault.run_id, fault.what) == (RUN, READ_MODEL_DIFFERS)
    victim.raw.execute("UPDATE event SET step = '' WHERE position = 9")
    fault = victim.verify()
    assert fault is not None and fault.position == 9
