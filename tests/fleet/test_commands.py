"""The commands of the fleet: what they print, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.fleet.conftest import Fleet
from veritas.batch.batch import Batch
from veritas.fleet.queue import JobQueue


@pytest.fixture
def invoke(fleet: Fleet) -> Iterator[Invoke]:
    yield invoke_in(fleet.address)


def test_a_list_is_submitted_steered_and_shown(invoke: Invoke, fleet: Fleet, tmp_path: Path) -> None:
    urls = tmp_path / "shops.csv"
    urls.write_text("name,url\na,http://a.test/\nb,http://b.test/\na again,http://a.test/\n")
    submitted = invoke(
        *("submit", "--from", str(urls), "--column", "url", "--tag", "weekly", "--priority", "3", "--format", "json"),
        *("--at", "2030-01-01T00:00", "--locale", "de-DE", "--tier", "quick_scan", "--obey-robots"),
        *("--screenshots", "none"),
    )
    assert submitted.status == 0
    assert "Left out 1 duplicate" in submitted.stderr
    batch = submitted.json["batch"]
    assert submitted.json == {"batch": batch, "queue": "default", "jobs": 2}
    jobs = invoke("fleet", "jobs", "--batch", "latest", "--format", "json").json
    assert [(job["url"], job["priority"], job["status"], job["at"]) for job in jobs] == [
        ("http://b.test/", 3, "waiting", "2030-01-01T00:00:00+00:00"),
        ("http://a.test/", 3, "waiting", "2030-01-01T00:00:00+00:00"),
    ]
    request = JobQueue(fleet.tables, queues=(), jobs=1).request_of(batch)
    assert (request.tier, request.tags) == ("quick_scan", ("weekly",))
    options = request.audit_options(browser=None, proxy=None)
    assert (options.visitor.locale, options.obey_robots, options.screenshots) == ("de-DE", True, "none")
    assert Batch.read(fleet.archive, batch).request.obey_robots
    assert invoke("fleet", "cancel", str(jobs[0]["job"])).stderr == "1 job cancelled.\n"
    status = invoke("fleet", "status", "--format", "json").json
    assert status["queues"] == [
        {"queue": "default", "waiting": 1, "running": 0, "completed": 0, "failed": 0, "cancelled": 1}
    ]
    assert invoke("fleet", "pause").status == 0
    assert "Paused since" in invoke("fleet", "status").stderr
    assert invoke("fleet", "resume").status == 0
    assert "No worker runs" in invoke("fleet", "status").stderr
    assert invoke("fleet", "cancel", "--batch", batch[:9]).stderr == "1 job cancelled.\n"
    shown = invoke("show", batch)
    assert "submit" not in shown.stderr


def test_an_empty_fleet_says_so(invoke: Invoke) -> None:
    status = invoke("fleet", "status")
    assert (status.stdout, status.stderr) == (
        "",
        "The queue has no job; `veritas submit URL` queues an audit.\nNo worker runs; `veritas worker` starts one.\n",
    )
    assert invoke("fleet", "jobs").stderr == "There is no such job; `veritas fleet status` shows what the queue has.\n"
    assert invoke("schedule", "list").stderr == "There is no schedule; `veritas schedule add` adds one.\n"


def test_a_secret_in_a_url_is_not_shown(invoke: Invoke, fleet: Fleet) -> None:
    submitted = invoke("submit", "http://a.test/?token=Wb4x9QmZ7tR2")
    (job,) = fleet.jobs()
    assert submitted.stdout == f"Batch {job.batch}: 1 audit queued in 'default'.\n"
    assert submitted.stderr.splitlines() == [
        "No worker runs; `veritas worker` starts one.",
        f"`veritas show {job.batch}` shows how far the batch is.",
    ]
    for output in ("table", "json", "jsonl"):
        listed = invoke("fleet", "jobs", "--format", output)
        assert "a.test" in listed.stdout
        assert "Wb4x9QmZ7tR2" not in listed.stdout


def test_a_list_with_a_fault_is_not_queued(invoke: Invoke, tmp_path: Path) -> None:
    urls = tmp_path / "shops.txt"
    urls.write_text("http://a.test/\nshop\n")
    for command, outcome in ((("submit",), "queued"), (("schedule", "add", "nightly", "0 3 * * *"), "added")):
        assert f"so nothing was {outcome}; correct them." in invoke(*command, "--from", str(urls)).stderr


def test_schedules_are_added_listed_and_removed(invoke: Invoke) -> None:
    added = invoke("schedule", "add", "nightly", "0 3 * * *", "http://a.test/", "--zone", "Europe/Berlin")
    assert (added.status, added.stderr[:40]) == (0, "The schedule 'nightly' is due first at 2")
    (listed,) = invoke("schedule", "list", "--format", "json").json
    assert (listed["schedule"], listed["cron"], listed["time_zone"], listed["urls"]) == (
        *("nightly", "0 3 * * *", "Europe/Berlin"),
        1,
    )
    assert listed["next_due"].endswith(("01:00:00+00:00", "02:00:00+00:00"))
    assert json.loads(invoke("schedule", "list", "--format", "jsonl").stdout) == listed
    assert "nightly" in invoke("schedule", "list").stdout
    assert invoke("schedule", "remove", "nightly").status == 0
    assert invoke("schedule", "list", "--format", "json").json == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("submit", "http://a.test/", "--header", "env:X"), "A queued audit has no login, and no browser or proxy"),
        (("submit", "http://a.test/", "--proxy", "http://p.test:1"), "A queued audit has no login, and no browser"),
        (("submit", "a.test"), "'a.test' has no scheme; did you mean 'https://a.test'?"),
        (("submit",), "There is nothing to audit; give a URL such as"),
        (("submit", "http://a.test/", "--at", "tomorrow"), "--at 'tomorrow' is not a time; give one such as 2026"),
        (("submit", "http://a.test/", "--at", "2026-01-01"), "--at '2026-01-01' has passed; leave --at out to queue"),
        (("submit", "http://a.test/", "--tier", "x"), "'x'"),
        (("submit", "http://a.test/", "--queue", "q" * 129), "The queue's name is too long; give at most 128"),
        (("schedule", "add", "n", "0 3 * *", "http://a.test/"), "'0 3 * *' is not a cron expression"),
        (("schedule", "add", "n", "0 3 * * *", "http://a.test/", "--zone", "X/Y"), "'X/Y' is not a time zone"),
        (("schedule", "remove", "n"), "There is no schedule 'n'; `veritas schedule list` lists them."),
        (("fleet", "retry"), "Give the numbers of jobs, as `veritas fleet jobs` lists them, or --batch."),
        (("fleet", "retry", "17"), "There is no job 17; `veritas fleet jobs` lists them."),
        (("fleet", "cancel", "--batch", "btch_0"), "There is no batch 'btch_0'; this log has no batch."),
        (("fleet", "statsu"), "No such command 'statsu'. Did you mean 'status'?"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    invoke: Invoke, fleet: Fleet, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = invoke(*arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1, outcome.stderr
    assert sentence in outcome.stderr
    assert fleet.jobs() == []
