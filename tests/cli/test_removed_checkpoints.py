"""The end of a run names a checkpoint, so a log from which the checkpoints were removed does not verify."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.log import EventLog
from tests.cli.invoking import Invoke, invoke_in
from tests.store.raw import raw_connection
from veritas.config import default_key

LINES = '##PROGRESS:{"phase": "init", "step": "starting", "seq": 1}\nnoise\n'


@pytest.fixture
def signed(tmp_path: Path) -> Invoke:
    """A log with one run, whose end names a checkpoint of the events before it."""
    (tmp_path / "captured").write_text(LINES)
    invoke = invoke_in(tmp_path / "log.db")
    assert invoke("ingest", str(tmp_path / "captured")).status == 0
    return invoke


def remove(log: Path, where: str = "true") -> None:
    """Remove checkpoints, and the tree over them; the guards are put back."""
    with raw_connection(str(log)) as raw:
        raw.remove_guards()
        raw.execute(f"DELETE FROM checkpoint WHERE {where}")
        raw.execute("DELETE FROM tree_node")


def test_the_first_run_is_signed_before_and_after_its_end(signed: Invoke, tmp_path: Path) -> None:
    (run,) = signed("list", "--format", "json").json
    end = next(e for e in signed("events", run["run_id"], "--format", "json").json if e["type"] == "run_finished")
    with EventLog.open(tmp_path / "log.db") as log:
        first, last = log.checkpoints()
        assert end["extra"]["checkpoint"] == {"origin": log.origin(), "size": first.size, "key": first.public_key.hex()}
        assert (first.size, last.size) == (end["position"] - 1, end["position"])
    assert signed("verify").status == 0
    assert signed("ingest", str(tmp_path / "captured")).status == 0
    with EventLog.open(tmp_path / "log.db") as log:
        assert len(list(log.checkpoints())) == 3  # the end of a later run names an existing one


def test_removed_checkpoints_are_missed(signed: Invoke, tmp_path: Path) -> None:
    (run,) = signed("list", "--format", "json").json
    remove(tmp_path / "log.db")
    outcome = signed("verify")
    assert outcome.status == 1
    assert outcome.stdout.startswith(
        f"Not as it was recorded: run {run['run_id']}: checkpoint missing: the end of the run names a checkpoint of"
    )
    assert signed("verify", "--format", "json").json["fault"]["what"] == "checkpoint missing"


def test_new_checkpoints_do_not_replace_those_that_were_removed(signed: Invoke, tmp_path: Path) -> None:
    remove(tmp_path / "log.db")
    assert signed("checkpoint").status == 0
    assert signed("verify").status == 1


def test_a_run_that_could_not_be_signed_names_no_checkpoint(tmp_path: Path) -> None:
    default_key().chmod(0o644)
    (tmp_path / "captured").write_text(LINES)
    invoke = invoke_in(tmp_path / "log.db")
    assert "no checkpoint" in invoke("ingest", str(tmp_path / "captured")).stderr.lower()
    default_key().chmod(0o600)
    assert invoke("verify").status == 0


def test_an_imported_run_names_a_checkpoint_of_the_other_log(signed: Invoke, tmp_path: Path) -> None:
    """This log need not have it."""
    (run,) = signed("list", "--format", "json").json
    bundle = str(tmp_path / "bundle.zip")
    assert signed("export", run["run_id"], "-o", bundle).status == 0
    other = invoke_in(tmp_path / "other.db")
    (tmp_path / "more").write_text(LINES)
    assert other("ingest", str(tmp_path / "more")).status == 0
    assert other("import", bundle).status == 0
    assert other("verify").status == 0


@pytest.mark.parametrize(
    "value", ['"x"', "7", '{"origin": "ORIGIN"}', '{"origin": "ORIGIN", "size": 1e99, "key": "xx"}', '[["["]]']
)
def test_a_value_that_names_no_checkpoint_is_passed_over(tmp_path: Path, value: str) -> None:
    """A program's own event may have the type; only the recorder's counts, and only as the recorder writes it."""
    from tests.store.making import record

    with EventLog.open(tmp_path / "log.db") as log:
        log.append([record(1)])
        body = f'{{"checkpoint": {value.replace("ORIGIN", log.origin() or "")}}}'.encode()
        log.append([record(1, body, source="recorder", type="run_finished")])
        assert log.verify().fault is None
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (2,)
