"""The log of a release is refused by every later version until it is upgraded, and then shows the same."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from store.errors import DatabaseOutdated
from store.log import EventLog, Record
from store.upgrade import HEAD, current
from tests.cli.invoking import invoke_in
from tests.releases.conftest import RELEASES, Release
from tests.releases.showing import output_of, replay_digest
from veritas.events.recorder_events import RunFinished


def test_the_log_of_the_first_release_is_stored() -> None:
    assert RELEASES[0] == "0001"


def test_an_older_log_is_refused_with_the_command_that_upgrades_it(release: Release) -> None:
    """The refusal does not change the log."""
    if release.revision == HEAD:
        pytest.skip("this is the log of the current version")
    with pytest.raises(DatabaseOutdated, match=rf"{release.revision}.*{HEAD}.*`veritas db upgrade`"):
        EventLog.open(release.database)
    refused = invoke_in(release.database)("list")
    assert (refused.status, refused.stdout) == (2, "")
    assert "`veritas db upgrade`" in refused.stderr and refused.stderr.count("\n") == 1
    assert current(release.database) == release.revision


def test_an_upgraded_log_shows_the_same(release: Release, kind: str) -> None:
    """Every event by its hash and its wire bytes, every artifact, and the output for every run are the same."""
    upgraded = invoke_in(release.database)("db", "upgrade")
    assert upgraded.status == 0, upgraded.stderr
    assert f"from revision {release.revision} to {HEAD}" in upgraded.stderr
    if kind == "sqlite":
        (copy,) = Path(release.database).parent.glob("*.backup")
        assert re.search(rf"\.{release.revision}\.\d+T[\d.]+Z\.backup$", copy.name)
        assert current(copy) == release.revision
    assert current(release.database) == HEAD

    now = output_of(release.database)
    for name in ("events", "wire", "artifacts"):
        assert now[name] == release.expected[name], name
    for then_row, row in zip(release.expected["list"], now["list"], strict=True):
        assert row | then_row == row  # a later version may have more members
    assert list(now["show"]) == list(release.expected["show"])
    for run, state in release.expected["show"].items():
        check_comparison(state.pop("tee", None), now["show"][run]["comparison"])
        for then_fallback, fallback in zip(state.pop("fallbacks"), now["show"][run]["fallbacks"], strict=True):
            assert fallback | then_fallback == fallback
        assert now["show"][run] | state == now["show"][run]
    for run, digest in release.expected["replay"].items():
        assert replay_digest(release.database, run, release.expected["replay_fields"]) == digest


def test_an_upgraded_log_verifies(release: Release) -> None:
    """The whole log does, and each run."""
    invoke = invoke_in(release.database)
    invoke("db", "upgrade")
    outcome = invoke("verify")
    assert outcome.status == 0, outcome.stdout
    for run in release.expected["show"]:
        assert invoke("verify", run).status == 0
    assert invoke("list", "--format", "json").json  # this rebuilds the read models
    assert invoke("verify").status == 0


def test_an_upgraded_log_is_filtered_by_what_its_events_have(release: Release) -> None:
    """The rows of the read model are computed again, with the columns that the release did not have."""
    invoke = invoke_in(release.database)
    invoke("db", "upgrade")
    rows = invoke("list", "--format", "json").json
    for row in rows:
        findings = invoke("show", row["run_id"], "--json").json["findings"]
        assert row["kinds"] == dict(sorted(Counter(each["kind"] for each in findings if "kind" in each).items()))
    kind = next(kind for row in rows for kind in row["kinds"])
    found = invoke("list", "--finding", kind, "--format", "json").json
    assert found == [row for row in rows if kind in row["kinds"]]
    assert (rows[0]["batch"], rows[0]["tags"], rows[0]["job"]) == (None, [], None)
    host = urlsplit(next(row["url"] for row in rows if row["url"])).netloc
    assert invoke("list", "--url", host, "--format", "json").json == [
        row for row in rows if row["url"] and urlsplit(row["url"]).netloc == host
    ]


def test_events_are_appended_to_an_upgraded_log(release: Release) -> None:
    """This version ends a run that had not ended."""
    invoke = invoke_in(release.database)
    invoke("db", "upgrade")
    (running,) = (row["run_id"] for row in release.expected["list"] if row["status"] == "running")
    invoke("list")
    finish(release.database, running)
    assert [row["run_id"] for row in invoke("list", "--status", "running", "--format", "json").json] == []
    assert invoke("verify").status == 0
    assert invoke("show", running, "--json").json["status"] == "interrupted"


def check_comparison(tee: dict[str, Any] | None, comparison: dict[str, Any] | None) -> None:
    """Check that a comparison states what an older version stated of a tee."""
    if tee is None:
        assert comparison is None
    else:
        assert comparison is not None and comparison["by"] == "tee"
        assert all(comparison[name] == tee[name] for name in ("equal", "counts", "differences"))


def finish(database: str, run_id: str) -> None:
    """End a run, as a recorder that never saw its beginning."""
    with EventLog.open(database, create=False) as log:
        last = max(event.seq for event in log.read(run_id=run_id) if event.source == "recorder")
        body = RunFinished("interrupted", "queue").encode(seq=last + 1, timestamp=1_800_000_000.0)
        log.append([Record(run_id, "recorder", last + 1, "run_finished", "", "", None, body)])
