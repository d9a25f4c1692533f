"""The key of a log's masks belongs to one log and one signing key."""

from __future__ import annotations

from store.log import EventLog, Record
from veritas.archive.keys import create_signing_key
from veritas.archive.mask_key import existing_mask_key, mask_key
from veritas.config import default_key


def _append(log, run_id):
    log.append(
        [Record(run_id=run_id, source="recorder", seq=1, type="x", phase="", step="", emitted_at=None, body=b"{}")]
    )


def test_the_key_is_the_same_for_all_runs_of_a_log(tmp_path):
    """It is there before the first event, and belongs to that event's run."""
    create_signing_key()
    with EventLog.open(tmp_path / "a.db") as log:
        first = mask_key(log, "vrts_1.1")
        _append(log, "vrts_1.1")
        assert mask_key(log, "vrts_2.1") == existing_mask_key(log) == first
    with EventLog.open(tmp_path / "b.db") as log:
        assert mask_key(log, "vrts_3.1") != first


def test_without_a_signing_key_it_is_random(tmp_path, monkeypatch):
    """The masks of two runs are not comparable, and the audit does not fail."""
    monkeypatch.setenv("VERITAS_KEY", str(tmp_path / "missing"))
    with EventLog.open(tmp_path / "a.db") as log:
        assert mask_key(log, "vrts_1.1") != mask_key(log, "vrts_1.1")
        assert existing_mask_key(log) is None


def test_a_new_log_gets_a_new_signing_key(tmp_path, monkeypatch):
    """The masks of its first run are comparable with those of the next one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with EventLog.open(tmp_path / "a.db") as log:
        first = mask_key(log, "vrts_1.1")
        assert default_key().exists()
        _append(log, "vrts_1.1")
        assert mask_key(log, "vrts_2.1") == first
