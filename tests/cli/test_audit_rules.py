"""An audit with rules: its exit status, and the files, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.invoking import invoke_in
from tests.cli.logs import failed_run, write
from tests.processes import wait_until
from tests.serving import PAGE, serving
from veritas.archive.archive import Archive

LENIENT = "risk>=likely_fraudulent"


def outcomes(junit: Path) -> dict[str, str]:
    """Return the outcome of each rule in a JUnit file."""
    (suite,) = ElementTree.parse(junit).getroot().findall("testsuite")
    return {case.get("name", ""): next((broken.tag for broken in case), "passed") for case in suite.findall("testcase")}


def test_an_audit_is_judged_when_it_has_ended(tmp_path: Path) -> None:
    """In a real browser; then a second one, of which nothing is new."""
    invoke, junit = invoke_in(tmp_path / "log.db"), tmp_path / "a.xml"
    with serving(lambda path: PAGE, "text/html") as url:
        command = [url, "--tier", "quick_scan", "--junit", str(junit), "--force"]
        first = invoke(*command, "--fail-on", f"{LENIENT}|finding:csp-not-implemented")
        again = invoke(*command, "--fail-on", f"{LENIENT}|new-findings", "--baseline", "latest", "--json")
    assert first.status == 1
    assert "failed\tfinding:csp-not-implemented\tThe audit has 1 finding." in first.stdout.splitlines()
    assert again.status == 0, again.stderr
    assert again.json["status"] == "completed"  # and nothing else is on stdout
    assert outcomes(junit) == {"completes": "passed", LENIENT: "passed", "new-findings": "passed"}


def test_an_audit_that_failed_passes_no_rule(tmp_path: Path) -> None:
    """And the file says so."""
    invoke, junit = invoke_in(tmp_path / "log.db"), tmp_path / "a.xml"
    done = invoke("http://127.0.0.1:9/", "--tier", "quick_scan", "--fail-on", LENIENT, "--junit", str(junit))
    assert (done.status, outcomes(junit)) == (1, {"completes": "failure", LENIENT: "error"})


@pytest.mark.slow
def test_a_batch_is_judged_as_a_whole(tmp_path: Path) -> None:
    """One file has all of its audits, also the one that failed."""
    invoke, sarif = invoke_in(tmp_path / "log.db"), tmp_path / "a.sarif"
    with serving(lambda path: PAGE, "text/html") as url:
        command = [url, "http://127.0.0.1:9/", "--tier", "quick_scan", "--jobs", "1", "--per-host", "0"]
        done = invoke(*command, "--fail-on", LENIENT, "--sarif", str(sarif))
    (run,) = json.loads(sarif.read_bytes())["runs"]
    assert (done.status, [each["executionSuccessful"] for each in run["invocations"]]) == (1, [True, False])
    assert "1 of 2 audits did not pass." in done.stderr


def test_a_rule_that_is_wrong_is_refused_before_the_audit(tmp_path: Path) -> None:
    """Nothing is recorded."""
    refused = invoke_in(tmp_path / "log.db")("http://127.0.0.1:9/", "--fail-on", "risk>=bad")
    assert (refused.status, refused.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "log.db").exists()


def test_a_baseline_that_does_not_exist_is_refused_before_the_audit(tmp_path: Path) -> None:
    invoke = invoke_in(tmp_path / "log.db")
    refused = invoke("http://127.0.0.1:9/", "--fail-on", "new-findings", "--baseline", "vrts_9")
    assert (refused.status, "No audit's id begins with 'vrts_9'" in refused.stderr) == (2, True)
    assert invoke("list", "--format", "json").json == []


def test_a_baseline_that_did_not_complete_is_refused_before_the_audit(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, failed_run())
    invoke = invoke_in(tmp_path / "log.db")
    for name in (failed_run().run_id, "latest:http://127.0.0.1:9/"):
        refused = invoke("http://127.0.0.1:9/", "--fail-on", "new-findings", "--baseline", name)
        assert (refused.status, "complete" in refused.stderr) == (2, True)
    assert len(invoke("list", "--format", "json").json) == 1


def test_an_interrupted_audit_writes_what_it_saw(tmp_path: Path) -> None:
    """The exit status is that of an interrupt."""
    asked, answer = threading.Event(), threading.Event()

    def page(path: str) -> bytes:
        asked.set()
        answer.wait(60)
        return PAGE

    junit = tmp_path / "a.xml"
    with serving(page, "text/html") as url:
        command = [sys.executable, "-m", "veritas", url, "--fail-on", LENIENT, "--junit", str(junit)]
        environment = os.environ | {"VERITAS_DB": str(tmp_path / "log.db")}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as audit:
            wait_until(asked.is_set)
            audit.send_signal(signal.SIGINT)
            audit.communicate()
            answer.set()
    assert audit.returncode == 130
    assert outcomes(junit) == {"completes": "failure", LENIENT: "error"}
