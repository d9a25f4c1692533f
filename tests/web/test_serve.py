"""`veritas serve` as a process: a page shows an audit while it is recorded, and a signal ends it with its streams."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.cli.invoking import invoke_in
from tests.cli.logs import HOSTILE, write
from tests.projections.recordings import FINDING, Recording, requested, selected
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished

LIVE = "vrts_cccc000000000001"


@contextmanager
def serving(database: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `veritas serve` on a free port, and give the URL that it prints, and its process."""
    command = [sys.executable, "-m", "veritas", "serve", "--port", "0", "--db", str(database), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://\S+", line)
            assert found, line + process.stderr.read()
            yield found[0], process
        finally:
            process.kill()


@pytest.mark.timeout(120)
async def test_a_page_shows_an_audit_while_it_is_recorded(page: Page, tmp_path: Path) -> None:
    """The list gets its row, its page the phases and findings, and text of the audited page is text."""
    database = tmp_path / "veritas.db"
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    with Archive.open(database) as archive, serving(database) as (url, process):
        await page.goto(url)
        assert "token" not in page.url
        await expect(page.get_by_role("status")).to_have_text("0 runs")
        run = Recording(f"{LIVE}.1")
        run.recorder(requested(audit_id=LIVE))
        run.recorder(selected("stdout"))
        run.child("scout", "navigating", seq=1, source="stdout", pct=10, detail=HOSTILE)
        write(archive, run)
        await page.get_by_role("link", name=f"{LIVE}.1").click()
        await expect(page.locator("#status")).to_have_text("running")
        await expect(page.locator("#messages li")).to_have_count(1)
        finding = FINDING | {"title": "<img src=x onerror=alert(1)>"}
        run.child("vision", "finding", seq=2, source="stdout", type="finding", extra={"finding": finding})
        run.recorder(RunFinished(status="completed", effective_mode="stdout"))
        write(archive, run)
        await expect(page.locator("#status")).to_have_text("completed")
        await expect(page.locator("#findings li")).to_contain_text("<img src=x")
        await expect(page.locator("#connection")).to_have_text("The audit is over.")
        await page.get_by_role("link", name="VERITAS").click()  # this page keeps a stream of the log open
        await expect(page.get_by_role("status")).to_have_text("1 run")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    assert [fault for fault in faults if "ERR_CONNECTION" not in fault and "ERR_INCOMPLETE" not in fault] == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--host", "0.0.0.0"], "--password-file"),
        (["--host", "192.0.2.1", "--password-file", "PASSWORD"], "not an address of this machine"),
        (["--password-file", "SHORT"], "shorter than 12"),
        (["--password-file", "MISSING"], "MISSING"),
        (["--port", "TAKEN"], "another --port"),
    ],
)
def test_a_server_that_cannot_be_started_says_why(tmp_path: Path, log: Path, options: list[str], word: str) -> None:
    """In one sentence, with the exit status 2."""
    (tmp_path / "PASSWORD").write_text("a password that is long")
    (tmp_path / "SHORT").write_text("short")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        known = {"PASSWORD", "SHORT", "MISSING"}
        given = [str(tmp_path / each) if each in known else each for each in options]
        port = str(taken.getsockname()[1])
        outcome = invoke_in(log)("serve", *(port if each == "TAKEN" else each for each in given))
    assert (outcome.status, outcome.stderr.count("\n")) == (2, 1)
    assert word in outcome.stderr


def test_without_a_log_there_is_nothing_to_serve(tmp_path: Path) -> None:
    """A name that is misspelt does not make a new log."""
    outcome = invoke_in(tmp_path / "none.db")("serve")
    assert outcome.status == 2 and "There is no log" in outcome.stderr
