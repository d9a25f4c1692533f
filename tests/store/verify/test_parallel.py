"""Two processes come to the same as one, wherever something is wrong, and one is enough where the other is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from store.proofs.signed_note import SigningKey
from store.verify import parallel
from store.verify.artifacts import MediaType
from store.verify.fault import ARTIFACT_DIFFERS, CHANGED, MISSING
from tests.databases import postgresql_schema
from tests.processes import descendants, wait_until
from tests.store.target_log import HEAD, Victim, media_type


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """Give a log to tamper with, once on each backend."""
    if request.param == "sqlite":
        with closing(Victim(str(tmp_path_factory.mktemp("victim") / "log.db"))) as victim:
            yield victim
    else:
        with postgresql_schema() as database, closing(Victim(database)) as victim:
            yield victim


@pytest.fixture(autouse=True)
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check in stretches of one block, the second and the fourth in another process."""
    monkeypatch.setattr(parallel, "_EVENTS", 256)
    monkeypatch.setattr(parallel, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parallel, "_processors", lambda: 2)


def test_a_sound_log_is_checked_whole(victim: Victim) -> None:
    """And told so, stretch by stretch; the other process is gone afterwards."""
    told: list[tuple[int, int]] = []
    before = descendants()
    found = victim.log.verify(
        trusted=[victim.key.public_key], progress=lambda checked, total: told.append((checked, total))
    )
    assert (found.events, found.fault, found.checkpoints) == (HEAD, None, 2)
    assert told == [(256, HEAD), (512, HEAD), (HEAD, HEAD)]
    wait_until(lambda: len(descendants()) <= len(before) + 1)  # what is left is multiprocessing's own


@pytest.mark.parametrize("position", [5, 256, 257, 300, 512, 513, 530])
def test_the_first_fault_is_found_in_whichever_stretch_it_is(victim: Victim, position: int) -> None:
    victim.raw.execute("UPDATE event SET step = 'x' WHERE position IN (?, 530)", position)
    found = victim.log.verify(media_type=media_type)
    victim.put_back(victim.whole)
    assert found.fault is not None
    assert (found.events, found.fault.position, found.fault.what) == (position - 1, position, CHANGED)


def test_a_gap_at_the_seam_is_found(victim: Victim) -> None:
    for position in (256, 257):
        victim.raw.execute("DELETE FROM event WHERE position = ?", position)
        fault = victim.verify()
        victim.put_back(victim.whole)
        assert fault is not None and (fault.position, fault.what) == (position, MISSING)


def other_media_type(body: bytes, data: bytes) -> str:
    """Return what no attachment here was stored with."""
    return "image/other"


@pytest.mark.parametrize(("rule", "what"), [(media_type, None), (other_media_type, ARTIFACT_DIFFERS)])
def test_the_rule_for_media_types_goes_along(victim: Victim, rule: MediaType, what: str | None) -> None:
    fault = victim.log.verify(media_type=rule).fault
    assert (fault and fault.what) == what


def test_the_rest_is_checked_here_where_the_other_process_is_lost(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be killed, or not start at all."""
    monkeypatch.setattr(parallel, "_there", os._exit)
    monkeypatch.setattr(parallel, "_belong_to_the_parent", os.abort)
    found = victim.log.verify()
    assert (found.events, found.fault) == (HEAD, None)
    victim.raw.execute("UPDATE event SET step = 'x' WHERE position = 300")
    fault = victim.verify()
    victim.put_back(victim.whole)
    assert fault is not None and fault.position == 300


def test_a_log_is_signed_and_checked_over_many_stretches(victim: Victim) -> None:
    """Another key's checkpoint of everything is held to as well."""
    other = SigningKey.generate()
    victim.log.checkpoint(other)
    assert victim.log.verify(trusted=[victim.key.public_key, other.public_key]).checkpoints == 3
    victim.put_back(victim.whole)
