"""The player of a run of 10,000 events in a browser: how soon it shows something, and how smoothly it is scrubbed.

`python -m tests.benchmarks player [--json] [--repetitions N]`

The run goes through all phases in two minutes, with 200 findings and 40 screenshots. A headless Chromium opens the file
that `veritas report --replay` writes, and twice the page of the audit in a server that was just started. It drags the
pointer over the time line, to and fro, one move for each frame. Each figure is the median of all repetitions.

* `write`: the processor time of `veritas report --replay`, and the size of the file.
* `file`, `first view`, `second view`: from the navigation to the first contentful paint; until the player shows a
  moment on the time line with its screenshot; and until it has all events. The first view is the first request to the
  server.
* `frame`: the intervals between frames while the pointer moves, and the processor time of the main thread for each
  frame, which says how much of the 16.7 ms the player needs.
* `layout shift`: the sum of all shifts from the navigation to the end.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from store.log import EventLog
from tests.benchmarks._figure import Figure, print_figures
from tests.benchmarks._files import temporary_path
from tests.benchmarks._log_work import new_run
from veritas.audit.browser.finder import find_browser
from veritas.channels.messages import EventReceived
from veritas.config import child_environment
from veritas.events.progress import PHASES, ProgressEvent, encode_event
from veritas.events.recorder_events import AuditRequested, ProcessStarted, RunFinished
from veritas.recording.recorder import RunRecorder

ROOT = Path(__file__).parents[2]
EVENTS, FINDINGS, SCREENSHOTS, SECONDS = 10_000, 200, 40, 120
MOVES = 600

_INTERVALS = """() => {
    window.intervals = [];
    let last = performance.now();
    const frame = now => { window.intervals.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
}"""
# When the first frame was drawn in which something was there to be seen.
_WATCH = """
window.seen = {};
window.shifts = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
const look = now => {
    const place = document.getElementById("place")?.textContent ?? "";
    if (place && document.querySelector(".stage img")?.naturalWidth) window.seen.moment ??= now;
    if (/of [0-9,]+$/.test(place)) window.seen.all ??= now;
    if (!(window.seen.moment && window.seen.all)) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_SEEN = """window.seen.moment && window.seen.all && {
    "first paint": performance.getEntriesByName("first-contentful-paint")[0].startTime,
    "moment and screenshot": window.seen.moment,
    "all events": window.seen.all,
}"""
_NEXT_FRAME = "new Promise(requestAnimationFrame)"
_TARGETS = {
    "first paint": "<= 1000",
    "moment and screenshot": "<= 1000",
    "99 of 100 within": "<= 17",
    "layout shift": "<= 0",
}


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    repetitions = int(argv[argv.index("--repetitions") + 1]) if "--repetitions" in argv else 5
    print_figures(figures(repetitions), as_json="--json" in argv)
    return 0


def figures(repetitions: int) -> Iterator[Figure]:
    """Write the file once, and open it and the server's page several times."""
    with written_run() as (database, run_id):
        file = database.with_suffix(".html")
        yield Figure(f"write, {EVENTS:,} events", write(database, run_id, file), "s")
        yield Figure("size of the file", file.stat().st_size / 1e6, "MB")
        measured: dict[str, list[float]] = {}
        for _ in range(repetitions):
            for name, value in (*opened_and_scrubbed(file), *viewed_twice(database, run_id)):
                measured.setdefault(name, []).append(value)
    for name, values in measured.items():
        target = next((target for end, target in _TARGETS.items() if name.endswith(end)), None)
        yield Figure(name, statistics.median(values), "" if name.endswith("shift") else "ms", target=target)


def opened_and_scrubbed(file: Path) -> Iterator[tuple[str, float]]:
    """Open the file in a new browser and scrub through it."""
    with new_page() as page:
        for name, value in seen(page, file.as_uri()).items():
            yield f"file, {name}", value
        page.click("#tab-evidence")
        page.locator("#panel-evidence table").wait_for()
        yield "file, evidence checked", page.evaluate("performance.now()")
        page.click("#tab-event")
        work, intervals = scrub(page)
        yield "frame, median", statistics.median(intervals)
        yield "frame, 99 of 100 within", sorted(intervals)[len(intervals) * 99 // 100]
        yield "frame, main thread's work", work
        yield "file, layout shift", page.evaluate("window.shifts")


def viewed_twice(database: Path, run_id: str) -> Iterator[tuple[str, float]]:
    """Start a server and open the page of the audit, which is the first request to it; open it again."""
    command = (sys.executable, "-m", "veritas", "serve", "--port", "0", "--db", str(database))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=child_environment(ROOT)) as server:
        try:
            assert server.stderr is not None
            printed = re.search(r"(http://\S+)(\?\S+)", server.stderr.readline())
            assert printed is not None
            address, token = printed.groups()
            with new_page() as page:
                for view, url in (
                    ("first", f"{address}audits/{run_id}{token}"),
                    ("second", f"{address}audits/{run_id}"),
                ):
                    for name, value in seen(page, url).items():
                        yield f"{view} view, {name}", value
                    yield f"{view} view, layout shift", page.evaluate("window.shifts")
        finally:
            server.kill()


@contextmanager
def new_page() -> Iterator[Page]:
    """Yield a page of a new browser, which notes what is to be seen on it, and when."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.add_init_script(_WATCH)
        yield page
        browser.close()


def seen(page: Page, url: str) -> dict[str, float]:
    """Open a page; return when it first painted, when it showed a moment, and when it had all events, in ms."""
    page.goto(url, wait_until="commit")
    while not (times := page.evaluate(_SEEN)):
        time.sleep(0.1)
    return dict(times)


def scrub(page: Page) -> tuple[float, list[float]]:
    """Drag the pointer over the time line; return the main thread's work for a frame, and the intervals, in ms."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # the work of other processes is not in it
    box = page.locator("#track").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    page.evaluate(_INTERVALS)
    before = busy(devtools.send("Performance.getMetrics"))
    for move in range(MOVES):
        share = abs((move / MOVES * 6) % 2 - 1)
        page.mouse.move(box["x"] + 10 + share * (box["width"] - 20), y)
        page.evaluate(_NEXT_FRAME)
    spent = busy(devtools.send("Performance.getMetrics")) - before
    intervals: list[float] = page.evaluate("window.intervals")
    page.mouse.up()
    return 1000 * spent / len(intervals), intervals[1:]


def busy(metrics: dict[str, list[dict[str, float]]]) -> float:
    """Return the seconds of processor time that the page's main thread has taken."""
    return next(metric["value"] for metric in metrics["metrics"] if metric["name"] == "TaskDuration")  # type: ignore[comparison-overlap]


def write(database: Path, run_id: str, file: Path) -> float:
    """Write the player's file, and return the seconds of processor time."""
    program = (sys.executable, "-m", "veritas", "report", run_id, "--replay", "--db", str(database), "-o", str(file))
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, env=child_environment(ROOT)) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


@contextmanager
def written_run() -> Iterator[tuple[Path, str]]:
    """Yield a log with the run, and the run's id."""
    run_id, start, draw = new_run(), time.time() - 2 * SECONDS, random.Random(1)
    now = start
    with temporary_path() as file:
        with EventLog.open(file) as log:
            recorder = RunRecorder(log, run_id, clock=lambda: now)
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard_audit", "audit")
            recorder.note(requested, ProcessStarted(1, ["python"]))
            screenshot = ""
            batch: list[EventReceived] = []
            for seq, offset in enumerate(sorted(draw.uniform(0, SECONDS) for _ in range(EVENTS)), 1):
                event, screenshot = made_event(seq, start + offset, screenshot)
                batch.append(EventReceived("queue", encode_event(event)))
                now = start + offset
                if len(batch) == 100:
                    recorder.record(batch)
                    batch = []
            recorder.record(batch)
            recorder.note(RunFinished("completed", "queue"))
        yield file, run_id


def made_event(seq: int, at: float, screenshot: str) -> tuple[ProgressEvent, str]:
    """Return an event of the run, and the hash of the last screenshot, given that of the one before."""
    names = [*PHASES]
    phase = names[min(seq * len(names) // EVENTS, len(names) - 1)]
    pct = 100 * seq // EVENTS
    if seq % (EVENTS // SCREENSHOTS) == 1:
        data = picture(seq)
        extra = {"url": f"https://shop.example/{seq}", "kind": "viewport"}
        shot = ProgressEvent("screenshot", phase, "screenshot", pct, timestamp=at, seq=seq, data=data, extra=extra)
        return shot, hashlib.sha256(data).hexdigest()
    if seq % (EVENTS // FINDINGS) == 2:
        rect = {"x": seq % 900, "y": seq % 600, "width": 120, "height": 40}
        finding = {
            "title": f"Countdown no. {seq} restarts",
            "kind": "countdown_resets",
            "severity": ("critical", "high", "medium", "low")[seq // 50 % 4],
            "confidence": 0.9,
            "evidence": {"screenshot": screenshot, "rect": rect, "text": "05:00"},
        }
        found = ProgressEvent("finding", phase, "finding", pct, timestamp=at, seq=seq, extra={"finding": finding})
        return found, screenshot
    detail = f"Looked at element {seq} of the page, and compared it with the one before. " * 3
    return ProgressEvent("progress", phase, "analyzing", pct, detail=detail, timestamp=at, seq=seq), screenshot


def picture(seed: int) -> bytes:
    """Return a PNG of 1280 x 800 pixels."""
    file = io.BytesIO()
    Image.effect_noise((160, 100), seed % 80 + 20).resize((1280, 800)).convert("RGB").quantize(16).save(file, "png")
    return file.getvalue()
