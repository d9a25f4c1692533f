"""Two processes give the same result as one, wherever something is wrong, and one suffices if the other is lost."""

from __future__ import annotations

import os

import pytest

from store.proofs.signed_note import SigningKey
from store.verify import parallel
from store.verify.artifacts import MediaType
from store.verify.fault import ARTIFACT_DIFFERS, CHANGED, MISSING
from tests.processes import descendants, wait_until
from tests.store.target_log import HEAD, TargetLog, media_type


@pytest.fixture
def target(module_target: TargetLog) -> TargetLog:
    """Return the log; a test that alters it restores it."""
    return module_target


@pytest.fixture(autouse=True)
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check in segments of one block, the second and the fourth in another process."""
    monkeypatch.setattr(parallel, "_EVENTS", 256)
    monkeypatch.setattr(parallel, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parallel, "_processors", lambda: 2)


def test_an_unaltered_log_is_checked_completely(target: TargetLog) -> None:
    """Progress is reported segment by segment; the other process has ended afterwards."""
    reports: list[tuple[int, int]] = []
    before = descendants()
    result = target.log.verify(
        trusted=[target.key.public_key], progress=lambda checked, total: reports.append((checked, total))
    )
    assert (result.events, result.fault, result.checkpoints) == (HEAD, None, 2)
    assert reports == [(256, HEAD), (512, HEAD), (HEAD, HEAD)]
    wait_until(lambda: len(descendants()) <= len(before) + 1)  # multiprocessing keeps one process of its own


@pytest.mark.parametrize("position", [5, 256, 257, 513, 530])
def test_the_first_fault_is_found_in_any_segment(target: TargetLog, position: int) -> None:
    target.raw.execute("UPDATE event SET step = 'x' WHERE position IN (?, 530)", position)
    result = target.log.verify(media_type=media_type)
    target.restore(target.whole)
    assert result.fault is not None
    assert (result.events, result.fault.position, result.fault.what) == (position - 1, position, CHANGED)


def test_a_gap_between_segments_is_found(target: TargetLog) -> None:
    for position in (256, 257):
        target.raw.execute("DELETE FROM event WHERE position = ?", position)
        fault = target.verify()
        target.restore(target.whole)
        assert fault is not None and (fault.position, fault.what) == (position, MISSING)


def other_media_type(body: bytes, data: bytes) -> str:
    """Return a media type that no attachment here was stored with."""
    return "image/other"


@pytest.mark.parametrize(("rule", "what"), [(media_type, None), (other_media_type, ARTIFACT_DIFFERS)])
def test_the_other_process_checks_media_types_too(target: TargetLog, rule: MediaType, what: str | None) -> None:
    fault = target.log.verify(media_type=rule).fault
    assert (fault and fault.what) == what


def test_this_process_checks_the_rest_if_the_other_is_lost(target: TargetLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one may be killed, or fail to start."""
    monkeypatch.setattr(parallel, "_check_there", os._exit)
    monkeypatch.setattr(parallel, "_belong_to_the_parent", os.abort)
    result = target.log.verify()
    assert (result.events, result.fault) == (HEAD, None)
    target.raw.execute("UPDATE event SET step = 'x' WHERE position = 300")
    fault = target.verify()
    target.restore(target.whole)
    assert fault is not None and fault.position == 300


def test_a_log_is_signed_and_checked_over_many_segments(target: TargetLog) -> None:
    """It is also checked against another key's checkpoint of everything."""
    other = SigningKey.generate()
    target.log.checkpoint(other)
    assert target.log.verify(trusted=[target.key.public_key, other.public_key]).checkpoints == 3
    target.restore(target.whole)
