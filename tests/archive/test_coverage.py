"""What the checkpoints of a log cover."""

from __future__ import annotations

from pathlib import Path

from store.proofs.signed_note import SigningKey
from tests.cli.logs import FAILED, RUNNING, TEE, write_all
from veritas.archive.archive import Archive
from veritas.archive.coverage import coverage_of

OLD, OTHER = SigningKey.generate(), SigningKey.generate()


def test_the_largest_checkpoint_of_a_trusted_key_counts(tmp_path: Path) -> None:
    """If no key is trusted, any key's does, and it is not known whether it is trusted."""
    write_all(tmp_path / "log.db")
    with Archive.open(tmp_path / "log.db") as archive:
        log = archive.log
        empty = coverage_of(log, trusted=())
        assert (empty.covered, empty.checkpoint, empty.signers) == (0, None, [])
        assert empty.runs == [f"{RUNNING}.1", f"{FAILED}.1", f"{TEE}.1"]
        log.checkpoint(OTHER)
        assert coverage_of(log, trusted=()).covered == 44
        assert coverage_of(log, trusted=[OLD.public_key]).covered == 0
        log.checkpoint(OLD)
        covered = coverage_of(log, trusted=[OLD.public_key])
        assert (covered.covered, covered.runs) == (44, [])
        assert sorted(signer.trusted is True for signer in covered.signers) == [False, True]
        assert log.runs_after(0, events=2) == [f"{RUNNING}.1"]
        assert log.runs_after(2**70, events=2) == []


def test_an_empty_log_is_covered_by_nothing(tmp_path: Path) -> None:
    """It has no name yet."""
    with Archive.open(tmp_path / "log.db") as archive:
        covered = coverage_of(archive.log, trusted=[OLD.public_key])
        assert (covered.origin, covered.events, covered.covered, covered.runs) == (None, 0, 0, [])
