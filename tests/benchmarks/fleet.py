"""Many audits: how fast a batch is, and whether a fleet loses one.

`python -m tests.benchmarks fleet [--json] [--repetitions N] [--only FIGURES] [--lighthouse]`

Things that are compared are measured in turn, as whole commands, and a ratio is the median of the ratios of the turns.

* `pages`: a batch of 40 small shops, each on an address of its own, two at a time, as quick scans. The baselines are a
  Playwright script (`tests/benchmarks/_bare_visits.py`) with the same concurrency, which opens each page twice, in
  fresh contexts of one warm browser, takes the same screenshots, and closes; the same with as many loads of each page
  as an audit makes, whose experiments load it again; and one quick scan after another, each by a command of its own.
  What the bare visits reach is the floor for an audit. The seconds are also measured as processor time, which other
  work on the machine changes less.
* `killed`: 200 audits by two workers on PostgreSQL, one of which is killed when a third is done. Each audit must be in
  the log as completed, once.
* `recorders`: the commits of 1, 8 and 32 recorders on one PostgreSQL server, which `python -m tests.benchmarks
  postgresql --before DIRECTORY` compares with those of earlier code.
* `lighthouse`: the same batch and the same bare visits, compared with Lighthouse 12 with its defaults, page by page.
  npm installs it, which takes half a minute and the network: `--lighthouse`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import urljoin

from tests.benchmarks._figure import Figure, Turns, compare, in_turn, measure
from tests.benchmarks._shops import LOADS, serving_shops
from tests.benchmarks.postgresql import figures
from tests.own_postgresql import own_server
from tests.processes import wait_until
from veritas.archive.archive import Archive
from veritas.audit.browser.finder import find_browser
from veritas.projections.run_summary import runs_of

ROOT = Path(__file__).parents[2]
PAGES, AT_ONCE = 40, 2
COLD = LIGHTHOUSE = 4  # pages for what is done page by page
JOBS, BEFORE_THE_KILL = 200, 66
PATIENCE = 3_600.0  # seconds for all jobs


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="fleet",
        doc=__doc__,
        measures={"pages": pages, "killed": killed, "recorders": recorders, "lighthouse": lighthouse},
        repetitions=3,
        optional=("lighthouse", "--lighthouse", "compare with Lighthouse too, which npm installs"),
    )


def pages(repetitions: int) -> Iterator[Figure]:
    """Measure a batch, the bare visits of its pages, and one audit after another."""
    with serving_shops(PAGES) as urls, tempfile.TemporaryDirectory() as directory:
        scratch, timed = Path(directory), Timed()
        loads = loads_of_audit(scratch / "loads.db", urls[0])
        turns = in_turn(
            repetitions,
            {
                "batch": batch_work(scratch, urls, timed),
                "bare": lambda: bare_seconds(urls, timed, "bare"),
                "loads": lambda: bare_seconds(urls, timed, "loads", reloads=loads - 2),
                "quiet": lambda: bare_seconds(urls, timed, "quiet", wait="networkidle"),
                "cold": lambda: cold_seconds(scratch / "cold.db", urls[:COLD]),
            },
        )
    what = f"{PAGES} pages, {AT_ONCE} at a time"
    for name, measured in ((what, turns), (f"{what}: CPU", timed.processor)):
        target = "<= 1.6" if measured is turns else None
        yield compare(name, "s", measured, "batch", "bare", "bare visits, 2 loads", target)
        yield compare(name, "s", measured, "batch", "loads", f"bare visits, {loads} loads as an audit's", None)
    yield compare(what, "s", turns, "batch", "quiet", "bare visits until the network is idle", None)
    yield from _rates(turns, "cold", COLD, "one quick scan after another", ">= 4")


def lighthouse(repetitions: int) -> Iterator[Figure]:
    """Measure a batch, the bare visits of its pages, and Lighthouse page by page."""
    with tempfile.TemporaryDirectory() as directory, serving_shops(PAGES) as urls:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", directory, "lighthouse@12"]
        subprocess.run(command, check=True)
        timed = Timed()
        turns = in_turn(
            repetitions,
            {
                "batch": batch_work(Path(directory), urls, timed),
                "bare": lambda: bare_seconds(urls, timed, "bare"),
                "lighthouse": lambda: lighthouse_seconds(Path(directory), urls[:LIGHTHOUSE]),
            },
        )
    yield from _rates(turns, "lighthouse", LIGHTHOUSE, "Lighthouse 12", ">= 10")


class Timed:
    """The commands that were timed.

    Attributes:
        processor: Their processor time with all descendants, in seconds, by name, one per turn.
    """

    def __init__(self) -> None:
        self.processor: Turns = {}

    def seconds(self, name: str, *command: str | Path) -> float:
        """Run a command, and return the seconds that it took."""
        with tempfile.NamedTemporaryFile("r") as file:
            program = [sys.executable, str(Path(__file__).with_name("_processor_time.py")), file.name]
            begin = time.perf_counter()
            _run([*program, *map(str, command)])
            seconds = time.perf_counter() - begin
            self.processor.setdefault(name, []).append(float(file.read()))
        return seconds


def loads_of_audit(database: Path, url: str) -> int:
    """Return how often a quick scan loads a page, as its server counts."""

    def loads() -> int:
        with urllib.request.urlopen(urljoin(url, LOADS)) as answer:
            return int(answer.read())

    before = loads()
    _veritas("audit", url, "--tier", "quick_scan", "--db", database)
    return loads() - before


def batch_work(directory: Path, urls: list[str], timed: Timed) -> Callable[[], float]:
    """Return a function that audits the pages as a batch into a new log, and returns the seconds that it took."""
    listed, numbers = directory / "urls.txt", count(1)
    listed.write_text("\n".join(urls))

    def work() -> float:
        database = directory / f"batch-{next(numbers)}.db"
        batch = ("--from", listed, "--jobs", str(AT_ONCE), "--tier", "quick_scan", "--db", database)
        seconds = timed.seconds("batch", sys.executable, "-m", "veritas", "audit", *batch)
        statuses = Counter(run["status"] for run in json.loads(_veritas("list", "--format", "json", "--db", database)))
        assert statuses == {"completed": len(urls)}, statuses
        return seconds

    return work


def bare_seconds(urls: list[str], timed: Timed, name: str, *, wait: str = "load", reloads: int = 0) -> float:
    """Return the seconds that the bare visits take."""
    script = Path(__file__).with_name("_bare_visits.py")
    return timed.seconds(name, sys.executable, script, str(AT_ONCE), wait, str(reloads), find_browser(), *urls)


def cold_seconds(database: Path, urls: list[str]) -> float:
    """Return the seconds that quick scans of the pages take, one after another, each in a process of its own."""
    begin = time.perf_counter()
    for url in urls:
        _veritas("audit", url, "--tier", "quick_scan", "--db", database)
    return time.perf_counter() - begin


def lighthouse_seconds(directory: Path, urls: list[str]) -> float:
    """Return the seconds that Lighthouse takes for the pages, one after another."""
    begin = time.perf_counter()
    for url in urls:
        options = ["--quiet", "--output=json", f"--output-path={directory / 'page.json'}"]
        flags = "--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else "")
        command = [str(directory / "node_modules/.bin/lighthouse"), url, *options, f"--chrome-flags={flags}"]
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": str(find_browser())})
        assert json.loads((directory / "page.json").read_bytes())["categories"]["performance"]["score"] is not None
    return time.perf_counter() - begin


def killed(_: int) -> Iterator[Figure]:
    """Let two workers do the jobs, kill one, and count what is in the log."""
    with ExitStack() as stack:
        database = stack.enter_context(own_server()).url()
        urls = stack.enter_context(serving_shops(JOBS))
        listed = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "urls.txt"
        listed.write_text("\n".join(urls))
        _veritas("fleet", "setup", "--db", database)
        _veritas("submit", "--from", str(listed), "--tier", "quick_scan", "--db", database)
        begin = time.perf_counter()
        command = [sys.executable, "-m", "veritas", "worker", "--db", database]
        archive = stack.enter_context(Archive.open(database))

        def number(status: str) -> int:
            time.sleep(0.5)  # a look at the log takes time from the workers
            return sum(run.status == status for run in runs_of(archive.log).rows())

        workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) for _ in range(2)]
        try:
            wait_until(lambda: number("completed") >= BEFORE_THE_KILL, PATIENCE)
            os.kill(workers[0].pid, signal.SIGKILL)
            at_kill = time.perf_counter()
            wait_until(lambda: number("abandoned"), 120)
            taken_over = time.perf_counter() - at_kill
            wait_until(lambda: number("completed") >= JOBS, PATIENCE)
            minutes = (time.perf_counter() - begin) / 60
            workers[1].terminate()
            workers[1].wait(120)
            runs = runs_of(archive.log).rows()
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        queues = json.loads(_veritas("fleet", "status", "--format", "json", "--db", database))["queues"]
    left = sum(queue[name] for queue in queues for name in ("waiting", "running", "failed"))
    statuses = Counter(run.status for run in runs)
    completed, abandoned = statuses.pop("completed"), statuses.pop("abandoned")
    done = len({run.audit_id for run in runs if run.status == "completed"})
    yield Figure(f"{JOBS} jobs, one worker killed: done", float(done), "", target=f">= {JOBS}")
    yield Figure("completed more than once", float(completed - done), "", target="<= 0")
    yield Figure("jobs left in the queue", float(left), "", target="<= 0")
    yield Figure("abandoned runs", float(abandoned), "")
    yield Figure("runs with another end", float(sum(statuses.values())), "", target="<= 0")
    yield Figure("until the first was taken over", taken_over, "s", target="<= 60")
    yield Figure("audits a minute", JOBS / minutes, "")


def recorders(repetitions: int) -> Iterator[Figure]:
    """Measure the commits of many recorders."""
    with own_server("fsync=on") as server:
        yield from figures(server, None, repetitions)


def _veritas(*arguments: str | Path) -> str:
    """Run a command of ours, and return what it printed."""
    return _run([sys.executable, "-m", "veritas", *map(str, arguments)])


def _run(command: list[str]) -> str:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, f"{' '.join(command)}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def _rates(turns: Turns, single: str, pages: int, baseline: str, target: str) -> Iterator[Figure]:
    """Yield the pages a minute of the batch and of the bare visits, compared with *pages* pages one after another."""
    minutes = {"batch": PAGES, "bare": PAGES, single: pages}
    rates = {name: [60 * number / seconds for seconds in turns[name]] for name, number in minutes.items()}
    yield compare("pages a minute", "", rates, "batch", single, baseline, target)
    yield compare("pages a minute of bare visits", "", rates, "bare", single, baseline, None)
