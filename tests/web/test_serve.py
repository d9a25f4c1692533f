"""`veritas serve` as a process: a page shows an audit while it is recorded, and a signal ends it with its streams."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.cli.invoking import invoke_in
from tests.cli.logs import HOSTILE, write
from tests.player.runs import picture
from tests.projections.recordings import FINDING, VERDICT, Recording, requested, selected
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished

LIVE = "vrts_cccc000000000001"
SCREENS: list[tuple[int, Literal["light", "dark"]]] = [(390, "dark"), (1400, "light")]


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
    """The list gets its row, and the player its events; text of the audited page is text."""
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
        status, place = page.locator("#run-status"), page.locator("#place")
        await expect(status).to_have_text("running")
        await expect(place).to_have_text("event 3 of 3")
        await expect(page.locator("#connection")).to_have_text("Live.")
        finding = FINDING | {"title": "<img src=x onerror=alert(1)>"}
        run.child("vision", "finding", seq=2, source="stdout", type="finding", extra={"finding": finding})
        write(archive, run)
        await expect(place).to_have_text("event 4 of 4")
        await expect(page.locator("#now-line")).to_have_text("<img src=x onerror=alert(1)>")
        await page.keyboard.press("ArrowLeft")
        shot = {"url": "http://shop.test/", "kind": "viewport", "base": "ab" * 32}
        run.child("vision", "screenshot", seq=3, source="stdout", type="screenshot", data=picture("teal"), extra=shot)
        run.child("judge", "done", seq=4, source="stdout", pct=90, summary=VERDICT)
        run.recorder(RunFinished(status="completed", effective_mode="stdout"))
        write(archive, run)
        await expect(status).to_contain_text("completed")
        await expect(page.locator("#run-result")).to_have_text("44 of 100 suspicious")
        await expect(page.locator("#connection")).to_have_text("The audit is over.")
        await expect(place).to_have_text("event 3 of 7")
        await states_are_those_of_the_api(page, archive, run)
        await page.evaluate("location.hash = '#at=4'")
        await page.reload()
        await expect(place).to_have_text("event 4 of 7")
        await expect(page.locator(".raw").first).to_contain_text('"severity":"high"')
        await page.keyboard.press("End")
        await page.wait_for_function("document.querySelector('.stage img').naturalWidth === 400")
        absent = "The picture that this one is laid on cannot be shown. The log has no artifact 'abab"
        await expect(page.locator(".stage .absent")).to_contain_text(absent)
        await fits_and_is_accessible(page)
        await page.route("**/player?*", only_the_first_three)
        await page.reload()
        await expect(page.locator("#trouble")).to_contain_text("Only the first 3 events could be read. The server does")
        await expect(place).to_have_text("event 3 of more than 3")
        await page.get_by_role("link", name="VERITAS").click()  # this page keeps a stream of the log open
        await expect(page.get_by_role("status")).to_have_text("1 run")
        await fits_and_is_accessible(page)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    expected = ("ERR_CONNECTION", "ERR_INCOMPLETE", "status of 404")
    assert [fault for fault in faults if not any(each in fault for each in expected)] == []


async def only_the_first_three(route: Route) -> None:
    """Give the first part with three events, and no answer for a later part."""
    if "limit=" in (url := route.request.url):
        await route.continue_(url=re.sub("limit=[0-9]+", "limit=3", url))
    else:
        await route.abort("connectionfailed")


async def states_are_those_of_the_api(page: Page, archive: Archive, run: Recording) -> None:
    """Going through the events, the player shows the state that the API gives for each."""
    await page.click("#tab-state")
    await page.click("#panel-state summary")
    await page.keyboard.press("Home")
    for number, recorded in enumerate([*archive.events(run.run_id)], 1):
        await expect(page.locator("#place")).to_have_text(f"event {number} of 7")
        at = f"{'r' if recorded.source == 'recorder' else ''}{recorded.seq}"
        state = await page.evaluate(f"fetch('/api/v1/runs/{run.run_id}/state?at={at}').then(answer => answer.json())")
        assert state.pop("at")["position"] == recorded.position
        del state["fault"], state["imported_from"]
        assert json.loads(await page.locator("#state-json").text_content() or "") == state
        await page.keyboard.press("ArrowRight")


async def fits_and_is_accessible(page: Page) -> None:
    """There is no violation that axe knows, and nothing is wider than the window."""
    for width, scheme in SCREENS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        results = await Axe().run(page)
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in results.response["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--host", "0.0.0.0"], "--password-file"),
        (["--host", "192.0.2.1", "--password-file", "PASSWORD"], "not an address of this machine"),
        (["--password-file", "SHORT"], "shorter than 12"),
        (["--password-file", "MISSING"], "MISSING"),
        (["--port", "TAKEN"], "another --port"),
        (["--allow-host", "https://audits.example.com/"], "'https://audits.example.com/' is not a host's name"),
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
