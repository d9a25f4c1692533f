"""The server as it is used: two tabs on one audit, audits that end badly, and a log that goes away and comes back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocket, expect

from tests.cli.logs import FAILED, failed_run, write
from tests.player.runs import HOSTILE, run_to_play
from tests.projections.recordings import RUN, Recording, requested, selected
from tests.serving import serving as serving_files
from tests.web.test_serve import serving
from veritas.archive.archive import Archive
from veritas.events.recorder_events import IpcFellBack, RunFinished

LIVE, STOPPED, FELL_BACK = "vrts_cccc000000000001", "vrts_cccc000000000002", "vrts_cccc000000000003"
NOTES = "#run-notes"
ATTACK = """async server => {
    const outcome = (path, options) =>
        fetch(server + path, { credentials: "include", ...options }).then(() => "done", () => "refused");
    const stream = new WebSocket(`${server.replace("http", "ws")}/api/audit/stream/latest`);
    return Promise.all([
        outcome("/api/audits/history", {}),
        outcome("/api/audits/history", { mode: "no-cors" }),
        outcome("/api/audits/compare", { mode: "no-cors", method: "POST", body: "{}" }),
        new Promise(resolve => {
            stream.onopen = () => resolve("done");
            stream.onerror = () => resolve("refused");
        }),
    ]);
}"""
GONE = re.compile("was deleted or moved|There is no log")


def live_run(audit: str = LIVE) -> Recording:
    """Return a run that goes on."""
    run = Recording(f"{audit}.1")
    run.recorder(requested(audit_id=audit, url=f"http://{audit[-4:]}.test/"))
    run.recorder(selected("queue"))
    run.child("scout", "navigating", seq=1)
    return run


def stopped_run() -> Recording:
    """Return a run that was interrupted."""
    run = live_run(STOPPED)
    run.recorder(RunFinished("interrupted", "queue", error="The run was interrupted."))
    return run


def fallen_run() -> Recording:
    """Return a run that went on over stdout when the queue broke."""
    run = live_run(FELL_BACK)
    run.recorder(IpcFellBack("queue", "stdout", "broke", f"The pipe broke. {HOSTILE}", last_confirmed=1, sent_again=0))
    run.child("scout", "navigating", seq=2, source="stdout")
    run.recorder(RunFinished("completed", "queue+stdout"))
    return run


@pytest.mark.timeout(120)
async def test_the_pages_under_real_conditions(page: Page, tmp_path: Path) -> None:
    """One server: its pages say what happened to each audit and to the log, and recover with the log."""
    database, other, away = tmp_path / "veritas.db", tmp_path / "other.db", tmp_path / "away.db"
    with Archive.open(other) as archive:
        write(archive, live_run(STOPPED))
    with Archive.open(database) as archive, serving(database) as (url, _):
        for run in (failed_run(), stopped_run(), fallen_run(), run_to_play()):
            write(archive, run)
        await page.goto(url)
        server = url.partition("/?")[0]
        await says_what_happened(page, server, archive)
        await a_page_of_another_port_is_refused(page, server)
        live = live_run()
        write(archive, live)
        await two_tabs_see_every_event_once(page, server, archive, live)

        await page.goto(server)
        tab = await page.context.new_page()
        await tab.goto(f"{server}/audits/{LIVE}")
        await expect(tab.locator("#connection")).to_have_text("Live.")
        database.rename(away)
        await expect(page.locator("#trouble")).to_have_text(GONE)
        await expect(tab.locator("#trouble")).to_have_text(GONE)
        for path in ("/api/health", "/api/audits/history", f"/audits/{LIVE}"):
            answer = await page.request.get(server + path)
            assert answer.status == 503 and GONE.search(await answer.text()), path
        away.rename(database)
        await expect(page.locator("#trouble")).to_be_hidden()
        await expect(tab.locator("#connection")).to_have_text("Live.")
        live.child("scout", "navigating", seq=6)
        write(archive, live)
        await expect(tab.locator("#place")).to_have_text(f"event {len(live.entries)} of {len(live.entries)}")
        await expect(tab.locator("#trouble")).to_be_hidden()

        other.replace(database)
        await expect(page.get_by_role("status")).to_have_text("1 run")
        await expect(page.locator("#trouble")).to_be_hidden()
        await expect(tab.locator("#trouble")).to_contain_text(f"No audit's id begins with '{LIVE}.1'")
        await tab.close()


async def says_what_happened(page: Page, server: str, archive: Archive) -> None:
    """Each page has the status and the cause; text of a page or of a program is text."""
    command = [sys.executable, "-m", "veritas", "record", "--db", archive.log.describe(), "--", "sleep", "60"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as recorder:
        row = page.get_by_role("row").filter(has_text="a recorded command")
        await expect(row).to_contain_text("running", timeout=20_000)
        tab = await page.context.new_page()
        await tab.goto(server + str(await row.get_by_role("link").get_attribute("href")))
        await expect(tab.locator("#connection")).to_have_text("Live.")
        recorder.kill()
    for audit, status, note in (
        (FAILED, "failed", "The child process was killed by SIGKILL."),
        (FAILED, "failed", "The transport changed from queue to stdout: The socket is gone."),
        (STOPPED, "interrupted", "The run was interrupted."),
        (FELL_BACK, "completed", "The transport changed from queue to stdout: The pipe broke."),
        (RUN, "completed", "The transport changed from queue to stdout:"),
    ):
        if audit not in page.url:
            await page.goto(f"{server}/audits/{audit}")
        await expect(page.locator("#run-status")).to_contain_text(status)
        await expect(page.locator(NOTES)).to_contain_text(note)
        await is_only_text(page)
    await expect(tab.locator("#run-status")).to_contain_text("abandoned", timeout=20_000)
    await expect(tab.locator(NOTES)).to_contain_text("has ended without recording the audit's end")
    await expect(tab.locator("#connection")).to_have_text("The audit is over.")
    await tab.close()
    await page.goto(server)
    for audit, status in ((FAILED, "failed"), (STOPPED, "interrupted"), (FELL_BACK, "completed")):
        await expect(page.get_by_role("row").filter(has_text=audit)).to_contain_text(status)
    await expect(page.get_by_role("row").filter(has_text="a recorded command")).to_contain_text("abandoned")
    await is_only_text(page)


async def is_only_text(page: Page) -> None:
    assert await page.evaluate("window.ran") is None
    assert not re.search("[\u202e\x1b]", await page.locator("body").inner_text())


async def a_page_of_another_port_is_refused(page: Page, server: str) -> None:
    """The browser sends it the cookie, because another port is the same site; it can neither read nor do anything."""
    statuses: list[int] = []
    tab = await page.context.new_page()
    with serving_files(lambda path: b"<!doctype html><title>Another</title>", "text/html") as other:
        await tab.goto(other)
        tab.on("response", lambda answer: statuses.append(answer.status))
        assert await tab.evaluate(ATTACK, server) == ["refused"] * 4
    assert {*statuses} <= {403}
    await tab.close()


async def two_tabs_see_every_event_once(page: Page, server: str, archive: Archive, live: Recording) -> None:
    """Closing one changes nothing for the other."""
    tabs = [await page.context.new_page() for _ in range(2)]
    seen: list[list[int]] = [[], []]
    for tab, numbers in zip(tabs, seen, strict=True):
        tab.on("websocket", partial(note_numbers, numbers))
        await tab.goto(f"{server}/audits/{LIVE}")
        await expect(tab.locator("#connection")).to_have_text("Live.")
    for last in (3, 5):
        for seq in (last - 1, last):
            live.child("scout", "navigating", seq=seq)
        write(archive, live)
        for tab in tabs:
            await expect(tab.locator("#place")).to_have_text(f"event {last + 2} of {last + 2}")
        assert all(numbers == [*range(2, last + 1)] for numbers in seen), seen
        if last == 3:
            await tabs.pop().close()
            seen.pop()
    await tabs[0].close()


def note_numbers(numbers: list[int], socket: WebSocket) -> None:
    socket.on("framereceived", lambda payload: numbers.append(json.loads(payload)["number"]))
