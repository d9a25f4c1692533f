"""A batch is found by the beginning of its id, also if only its imported audits are in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.logs import write
from tests.databases import database, postgresql, sqlite
from tests.projections.recordings import Recording, requested
from veritas.archive.archive import Archive
from veritas.archive.batches import resolve_batch
from veritas.errors import UnknownBatch
from veritas.events.recorder_events import BatchCreated

__all__ = ["database", "postgresql", "sqlite"]

FIRST, SECOND, IMPORTED = "btch_aa00000000000001", "btch_ab00000000000002", "btch_ac00000000000003"


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    with Archive.open(database) as opened:
        yield opened


def create(archive: Archive, batch: str) -> None:
    stream = Recording(batch)
    stream.recorder(BatchCreated(batch, "audit", None, [], "quick_scan", 1))
    write(archive, stream)


def import_audit(archive: Archive) -> None:
    """Write an audit of a batch whose own events are in another log."""
    run = Recording("vrts_0000000000000001.1")
    run.recorder(requested(audit_id="vrts_0000000000000001", batch=IMPORTED))
    write(archive, run)


def test_a_batch_is_found_by_the_beginning_of_its_id(archive: Archive) -> None:
    create(archive, FIRST)
    create(archive, SECOND)
    import_audit(archive)
    assert [resolve_batch(archive, name) for name in ("btch_aa", SECOND, "btch_ac", "latest")] == [
        *(FIRST, SECOND, IMPORTED, SECOND)
    ]
    with pytest.raises(UnknownBatch, match=f"several batches begin with 'btch_a' .{SECOND}, {FIRST}, {IMPORTED}."):
        resolve_batch(archive, "btch_a")
    for unknown in ("btch_x", "vrts_", "log", "bx", ""):
        with pytest.raises(UnknownBatch, match=f"There is no batch '{unknown}'; the batches in this log are {SECOND}"):
            resolve_batch(archive, unknown)


def test_only_a_batch_of_this_log_is_the_latest(archive: Archive) -> None:
    with pytest.raises(UnknownBatch, match="There is no batch 'latest'; this log has no batch"):
        resolve_batch(archive, "latest")
    import_audit(archive)
    with pytest.raises(UnknownBatch, match="There is no batch 'latest'"):
        resolve_batch(archive, "latest")


def test_a_batch_is_found_in_a_log_that_cannot_be_written_to(postgresql: str) -> None:
    """Even if the read model does not include its audits, and cannot catch up."""
    with Archive.open(postgresql) as archive:
        import_audit(archive)
        with archive.log._database.writing() as cursor:
            cursor.execute("DELETE FROM run")
            cursor.execute("DELETE FROM read_model")
    with Archive.open(f"{postgresql}%20-cdefault_transaction_read_only%3Don") as standby:
        assert resolve_batch(standby, "btch_") == IMPORTED
