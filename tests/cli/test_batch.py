"""Many URLs in one command: real sites, a real browser, processes that are really killed, and a log to resume from."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.batch.sites import Sites, serving_sites
from tests.cli.invoking import Outcome, invoke_in
from tests.own_postgresql import own_server
from tests.processes import descendants, wait_until
from veritas.archive.archive import Archive
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    with serving_sites(3) as served:
        yield served


class RunningBatch:
    """`veritas audit` in a process of its own, whose stderr is read as it comes."""

    def __init__(self, database: Path, *arguments: str, tier: str | None = "quick_scan", **environment: str) -> None:
        self.errors = database.with_suffix(".err")
        options = [] if tier is None else ["--tier", tier]
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "veritas", "audit", "--db", str(database), *arguments, *options],
                env=os.environ | environment,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def stderr(self) -> str:
        return self.errors.read_text("utf-8")

    def wait_for(self, pattern: str) -> str:
        """Wait until stderr has a text that matches, and return it; fail if the process ends without it."""
        wait_until(lambda: re.search(pattern, self.stderr) or self.process.poll() is not None, 240)
        found = re.search(pattern, self.stderr)
        assert found, self.stderr
        return found[0]

    def end(self, number: int) -> None:
        """Send a signal, and wait until the process and all that it started are gone."""
        started = descendants(self.process.pid)
        self.process.send_signal(number)
        self.process.wait(60)
        wait_until(lambda: not any(process.lives for process in started))


@dataclass(frozen=True)
class Resumed:
    """A batch whose process was killed, and that was then resumed.

    Attributes:
        batch: The batch's id.
        killed: Its summary after the kill.
        outcome: What the resuming printed.
        veritas: Runs a command on its log.
    """

    batch: str
    killed: dict[str, Any]
    outcome: Outcome
    veritas: Any


@pytest.fixture(scope="module")
def resumed(sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    """Audit good and broken sites from a file, kill the process in the middle, and resume in another."""
    folder = tmp_path_factory.mktemp("killed")
    urls = [sites.good[0], *sites.broken, sites.good[1], sites.good[0]]
    (folder / "shops.txt").write_text("# our shops\n" + "\n".join(urls))
    environment = {"QUEUE_IPC_MODE": "stdout", "XDG_CONFIG_HOME": str(folder)}  # where the signing key is
    command = ("--from", str(folder / "shops.txt"), "--name", "shops", "--tag", "eu", "--jobs", "2")
    running = RunningBatch(folder / "log.db", *command, **environment)
    running.wait_for(r"\[1/7\] ")
    running.end(signal.SIGKILL)
    veritas = invoke_in(folder / "log.db", **environment)
    batch = running.wait_for("btch_[0-9a-f]{16}")
    assert "Left out 1 duplicate" in running.stderr
    killed = veritas("show", batch, "--json").json
    return Resumed(batch, killed, veritas("audit", "--resume", "latest", "--json"), veritas)


def test_after_a_kill_the_log_says_what_was_done(resumed: Resumed) -> None:
    """What ran is abandoned, and nothing else has begun."""
    counts = resumed.killed["counts"]
    assert resumed.killed["status"] == "abandoned" and sum(counts.values()) == 7
    assert counts["waiting"] >= 3 and 1 <= counts.get("abandoned", 0) <= 2


def test_a_resumed_batch_completes_each_url_once(resumed: Resumed) -> None:
    """The good sites have one completed run each, the broken ones failed, and every run has an end."""
    summary = resumed.outcome.json
    assert summary["status"] == "completed" and summary["counts"] == {"completed": 2, "failed": 5}
    listed = resumed.veritas("list", "--batch", resumed.batch, "--format", "json").json
    completed = Counter(row["url"] for row in listed if row["status"] == "completed")
    assert len(completed) == 2 and set(completed.values()) == {1}
    assert {row["status"] for row in listed} <= {"completed", "failed", "abandoned"}
    assert all(row["tags"] == ["eu"] for row in listed)
    runs = Counter(row["audit_id"] for row in listed)
    assert len(runs) == 7  # a further run belongs to the same audit


def test_a_batch_that_does_not_exist_names_those_that_can_be_resumed(resumed: Resumed) -> None:
    """A completed batch with failed audits is one of them."""
    done = resumed.veritas("audit", "--resume", "nosuch")
    assert done.status == 2
    assert f"There is no batch 'nosuch'; those that can be resumed are {resumed.batch}." in done.stderr


def test_the_exit_status_is_1_if_an_audit_failed(resumed: Resumed) -> None:
    assert resumed.outcome.status == 1


def test_the_failures_are_listed_by_cause(resumed: Resumed) -> None:
    """Each of the five ways of being broken has a cause of its own, in which no address is repeated."""
    causes = " ".join(cause["cause"] for cause in resumed.outcome.json["failures"])
    for words in ("refuses the connection", "cannot be resolved", "No TLS connection", "answered 500", "in a loop"):
        assert words in causes
    assert "127.0.3" not in causes
    assert all(cause["count"] == 1 for cause in resumed.outcome.json["failures"])


def test_the_summary_is_shown_again_from_the_log(resumed: Resumed) -> None:
    """As JSON it is the same; for people, verdicts come from the worst, before what has none."""
    assert resumed.veritas("show", resumed.batch, "--json").json == resumed.outcome.json
    shown = resumed.veritas("show", resumed.batch[:9])
    assert not any(line.startswith("failed\t") for line in shown.stdout.splitlines())  # a status is no risk level
    assert shown.status == 0 and "2 completed, 5 failed" in shown.stdout
    statuses = [audit["status"] for audit in resumed.outcome.json["audits"]]
    assert statuses == ["completed"] * 2 + ["failed"] * 5


def test_the_log_of_a_killed_and_resumed_batch_verifies(resumed: Resumed) -> None:
    assert resumed.veritas("verify").status == 0
    types = [
        json.loads(line)["type"]
        for line in resumed.veritas("events", resumed.batch, "--format", "jsonl").stdout.splitlines()
    ]
    assert types == ["batch_created", "batch_targets_added", "batch_resumed", "batch_finished"]


def test_a_running_batch_is_interrupted_and_cannot_be_resumed_twice(sites: Sites, tmp_path: Path) -> None:
    """While it runs, a second process is refused; after ^C its audits are interrupted, and it says how to go on."""
    database = tmp_path / "log.db"
    slow = [f"{url}slow" for url in sites.good[:2]]
    running = RunningBatch(database, *slow, sites.good[2], "--jobs", "2", "--per-host", "0")
    veritas = invoke_in(database)
    batch = running.wait_for("btch_[0-9a-f]{16}")
    wait_until(lambda: len(veritas("list", "--status", "running", "--format", "json").json) == 2)
    second = veritas("audit", "--resume", batch)
    assert second.status == 2 and f"still runs, in process {running.process.pid}" in second.stderr
    shown = veritas("show", batch, "--json").json
    assert shown["status"] == "running" and shown["counts"] == {"running": 2, "waiting": 1}
    running.end(signal.SIGINT)
    assert running.process.returncode == 130
    assert f"`veritas audit --resume {batch}` continues the batch" in running.stderr
    shown = veritas("show", batch, "--json").json
    assert shown["status"] == "interrupted" and shown["counts"] == {"interrupted": 2, "waiting": 1}


@pytest.mark.slow
def test_a_process_whose_batch_another_one_has_resumed_stops(sites: Sites, tmp_path: Path) -> None:
    """So that no page is audited by both, if it was only taken for gone; the audits that are left do not begin."""
    database = tmp_path / "log.db"
    running = RunningBatch(database, f"{sites.good[0]}slow", f"{sites.good[0]}next", "--per-host", "0")
    batch = running.wait_for("btch_[0-9a-f]{16}")
    veritas = invoke_in(database)
    wait_until(lambda: veritas("list", "--status", "running", "--format", "json").json)
    with Archive.open(database) as archive:
        BatchLog.resume(archive, Batch.read(archive, batch), remaining=2)
    sites.release.set()
    running.process.wait(60)
    sites.release.clear()
    assert running.process.returncode == 2
    assert f"Another process has resumed the batch '{batch}', so this one stops" in running.stderr
    shown = veritas("show", batch, "--json").json
    assert shown["status"] == "running" and shown["counts"] == {"completed": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "{folder}/none.txt"], ["none.txt", "cannot be read"]),
        (["--from", "{folder}/bad.txt"], ["'{folder}/bad.txt' has 1 line without a URL", "line 2: 'b.example'"]),
        (["--from", "{folder}/shops.csv", "--column", "link"], ["no column 'link'", "'shop', 'url'"]),
        (["--column", "url", "http://a.test/"], ["--column", "--from"]),
        (["--name", "x"], ["nothing to audit"]),
        (["http://a.test/", "--name", " "], ["--name is empty; give the batch a name"]),
        (["http://a.test/", "b.test"], ["'b.test' has no scheme"]),
        (["http://a.test/", "--tag", "a b"], ["'a b' is not a tag"]),
        (["http://a.test/", "http://b.test/", "--validate-by", "rerun"], ["--validate-by rerun is for one URL"]),
        (["http://a.test/", "http://b.test/", "--jobs", "0"], ["--jobs"]),
        (["http://a.test/", "http://b.test/", "--cookie", "env:COOKIE"], ["--cookie would go to 2 hosts"]),
        (["http://a.test/", "http://b.test/", "--tier", "foo"], ["'foo'", "quick_scan"]),
        (["http://a.test/", "http://b.test/", "--browser", "/none"], ["/none"]),
        (["--resume", "btch_1"], ["no log", "log.db"]),
    ],
)
def test_what_cannot_be_a_batch_is_refused_before_anything_begins(
    tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    """Nothing is recorded, and the sentence says what is wrong."""
    (tmp_path / "bad.txt").write_text("http://a.test/\nb.example\n")
    (tmp_path / "shops.csv").write_text("shop,url\nA,http://a.test/\n")
    done = invoke_in(tmp_path / "log.db", COOKIE="sid=12345")(
        "audit", *(each.format(folder=tmp_path) for each in arguments)
    )
    assert (done.status, done.stdout) == (2, ""), done.stderr
    for word in words:
        assert word.format(folder=tmp_path) in done.stderr
    assert not (tmp_path / "log.db").exists()


@pytest.mark.parametrize("command", [("report",), ("export",), ("replay",), ("diff", "latest")])
def test_a_command_for_audits_refuses_a_batch_and_says_what_helps(resumed: Resumed, command: tuple[str, ...]) -> None:
    done = resumed.veritas(*command, resumed.batch)
    assert done.status == 2 and f"`veritas list --batch {resumed.batch}` lists its audits" in done.stderr


def test_options_of_the_batch_cannot_be_given_with_resume(resumed: Resumed) -> None:
    """It goes on as it was begun; what does not concern the audits may be given."""
    done = resumed.veritas("audit", "--resume", resumed.batch, "--tier", "deep_forensic")
    assert done.status == 2 and "--tier cannot be given with --resume" in done.stderr
    done = resumed.veritas("audit", "--resume", resumed.batch, "http://other.test/")
    assert done.status == 2 and f"These are not the URLs of the batch '{resumed.batch}'" in done.stderr


@pytest.mark.slow
def test_a_host_is_left_alone_for_as_long_as_it_asks(sites: Sites, tmp_path: Path) -> None:
    """Its next audit begins when the one before has ended, and `Retry-After` has passed."""
    veritas, before = invoke_in(tmp_path / "log.db"), len(sites.visits)
    done = veritas("audit", f"{sites.good[1]}busy", f"{sites.good[1]}next", "--per-host", "0", "--tier", "quick_scan")
    assert done.status == 1 and "127.0.3.2 asks for 2.0 s without a visit" in done.stderr
    times = {path: [at for _, visited, at in sites.visits[before:] if visited == path] for path in ("/busy", "/next")}
    assert min(times["/next"]) - max(times["/busy"]) >= 2.0


def test_a_page_that_robots_txt_disallows_is_not_visited(sites: Sites, tmp_path: Path) -> None:
    """The log has the reason, and the exit status is 0, because nothing failed; nothing is left to resume."""
    veritas = invoke_in(tmp_path / "log.db")
    before = len(sites.visits)
    done = veritas("audit", f"{sites.good[0]}private", "--obey-robots", "--json")
    assert done.status == 0, done.stderr
    assert done.json["counts"] == {"skipped": 1} and "disallows" in done.json["failures"][0]["cause"]
    assert len(sites.visits) == before + 1  # robots.txt
    assert veritas("list", "--format", "json").json == []
    again = veritas("audit", "--resume", "latest")
    assert again.status == 0 and "nothing left to audit" in again.stderr


@pytest.mark.slow
def test_a_secret_of_a_batch_is_given_again_to_resume_it(sites: Sites, tmp_path: Path) -> None:
    """A login and a secret in a URL are in no log, so a resumed batch asks for them; other URLs are refused."""
    database = tmp_path / "log.db"
    url = f"{sites.good[0]}slow?token=Sup3rSecretValue99"
    (tmp_path / "login").write_text("X-Key: an0therSecret77")
    login = ("--header", f"@{tmp_path / 'login'}")
    running = RunningBatch(database, url, "--jobs", "1", *login)
    batch = running.wait_for("btch_[0-9a-f]{16}")
    running.wait_for("Batch")
    running.end(signal.SIGKILL)
    veritas = invoke_in(database)
    for arguments, words in (
        ((), "The log has 1 URL of the batch"),
        ((url,), "begun with --header, whose value no log has"),
        ((url, "http://b.test/", *login), "These are not the URLs of the batch"),
        ((f"{sites.good[1]}slow?token=Sup3rSecretValue99", *login), "These are not the URLs of the batch"),
    ):
        done = veritas("audit", "--resume", batch, *arguments)
        assert done.status == 2 and words in done.stderr, done.stderr
    sites.release.set()
    done = veritas("audit", "--resume", batch, url, *login, "--json")
    assert done.status == 0 and done.json["counts"] == {"completed": 1}, done.stderr
    recorded = b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))
    assert b"Sup3rSecretValue99" not in recorded and b"an0therSecret77" not in recorded


@pytest.mark.slow
def test_forty_sites_of_which_five_are_broken_survive_two_kills(tmp_path: Path) -> None:
    """Each good site has one completed run, whatever was killed; each broken one failed by a cause of its own."""
    database = tmp_path / "log.db"
    veritas = invoke_in(database)
    with serving_sites(35) as sites:
        (tmp_path / "shops.txt").write_text("\n".join([*sites.good[:20], *sites.broken, *sites.good[20:]]))
        running = RunningBatch(database, "--from", str(tmp_path / "shops.txt"), "--jobs", "3")
        for done in (8, 5):
            running.wait_for(rf"\[ ?{done}/")
            running.end(signal.SIGKILL)
            running = RunningBatch(database, "--resume", "latest", "--jobs", "3", tier=None)
        running.process.wait(400)
    assert running.process.returncode == 1, running.stderr
    summary = veritas("show", "btch_", "--json").json
    assert summary["counts"] == {"completed": 35, "failed": 5} and len(summary["failures"]) == 5
    runs = veritas("list", "--format", "json").json
    completed = Counter(row["url"] for row in runs if row["status"] == "completed")
    assert completed == Counter(sites.good)
    assert {row["status"] for row in runs} == {"completed", "failed", "abandoned"}
    assert veritas("verify").status == 0


@pytest.mark.slow
def test_a_batch_waits_for_a_log_that_goes_away_between_two_audits(sites: Sites, tmp_path: Path) -> None:
    """A database server that restarts ends no batch, also if no audit runs at the time."""
    with own_server() as server:
        urls = (sites.good[2], f"{sites.good[2]}next")
        running = RunningBatch(tmp_path / "log", *urls, "--per-host", "5", "--db", server.url())
        running.wait_for(r"\[1/2\]")
        server.stop()
        running.wait_for("waits for the log")
        server.start()
        running.process.wait(120)
        assert running.process.returncode == 0, running.stderr
        assert "The log is available again" in running.stderr
        assert invoke_in(Path("unused"))("verify", "--db", server.url()).status == 0
