"""What 200 streams of `veritas serve` on one run cost the process that records it.

`python -m tests.benchmarks serve [--json] [--repetitions N]`

`veritas record` records a program that sends events as fast as it can, in turn without a stream and with 200, while a
server runs. The clients run as if they were on another machine: they get the processor only when no one else wants it.

* `recorded`: events a second, from the first to the last one recorded, compared with the same without a stream.
* `server`: its processor time during that time, as a share of it; its processor time until each client has all
  messages; and its peak memory in the end.
* `delivered`: the time from the last event until each client has all messages; all must get the same bytes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks._channels_child import peak
from tests.benchmarks._figure import Figure, compare, print_figures
from tests.benchmarks._files import temporary_path
from veritas.archive.archive import Archive
from veritas.config import child_environment

ROOT = Path(__file__).parents[2]
STREAMS, EVENTS = 200, 10_000
_TICK = os.sysconf("SC_CLK_TCK")


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    repetitions = int(argv[argv.index("--repetitions") + 1]) if "--repetitions" in argv else 5
    print_figures(figures(repetitions), as_json="--json" in argv)
    return 0


def figures(repetitions: int) -> Iterator[Figure]:
    """Record in turn without streams and with them."""
    turns: dict[str, list[float]] = {"alone": [], "streamed": [], "share": [], "work": [], "delivered": []}
    with temporary_path() as database, served(database) as (port, token, pid):
        for _ in range(repetitions):
            turns["alone"].append(recorded(database, pid)[0])
            clients = [sys.executable, "-m", "tests.benchmarks._stream_clients", str(port), token, str(STREAMS)]
            with subprocess.Popen(
                clients, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment(ROOT)
            ) as process:
                before = processor_seconds(pid)
                rate, share, ended = recorded(database, pid, process)
                assert process.stdout is not None
                result = json.loads(process.stdout.readline())
                turns["work"].append(processor_seconds(pid) - before)
            assert result["equal"] and result["codes"] == [1000] and result["messages"] >= EVENTS, result
            turns["streamed"].append(rate)
            turns["share"].append(share)
            turns["delivered"].append(result["ended"] - ended)
        memory = peak(pid)
    yield compare(f"recorded, {STREAMS} streams", "1/s", turns, "streamed", "alone", "without", ">= 0.95")
    yield Figure("server, share of a processor", statistics.median(turns["share"]), "")
    yield Figure("server, processor time for all", statistics.median(turns["work"]), "s")
    yield Figure("server, peak memory", memory, "MB", target="<= 200")
    yield Figure("delivered to all after", statistics.median(turns["delivered"]), "s")


def recorded(database: Path, server: int, clients: subprocess.Popen[str] | None = None) -> tuple[float, float, float]:
    """Record a run; return its events a second, the server's share of a processor meanwhile, and when it ended."""
    start = database.with_suffix(".start")
    burst = f"{sys.executable} -m tests.benchmarks._channels_child burst queue {EVENTS}"
    waiting = ["sh", "-c", f"while [ ! -e {start} ]; do sleep .05; done; exec {burst}"]
    command = (sys.executable, "-m", "veritas", "record", "--use-queue-ipc", "--db", str(database), "--", *waiting)
    with Archive.open(database) as archive:
        after = archive.log.head()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=child_environment(ROOT)
        ) as process:
            while not (begun := next(archive.events(after=after), None)):
                time.sleep(0.05)
            if clients is not None:
                assert clients.stdin is not None and clients.stdout is not None
                clients.stdin.write(f"{begun.run_id}\n")
                clients.stdin.flush()
                clients.stdout.readline()
            time.sleep(1)
            start.touch()
            while not (first := next((e for e in archive.events(begun.run_id) if e.source != "recorder"), None)):
                time.sleep(0.02)
            spent = processor_seconds(server)
            while archive.log.head() < first.position + EVENTS - 1:
                time.sleep(0.02)
            spent = processor_seconds(server) - spent
            process.wait()
        start.unlink()
        times = [each.recorded_at for each in archive.events(begun.run_id) if each.source != "recorder"]
        (end,) = (each.recorded_at for each in archive.events(begun.run_id) if each.event.type == "run_finished")
    assert len(times) == EVENTS
    return EVENTS / (times[-1] - times[0]), spent / (times[-1] - times[0]), end


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def served(database: Path) -> Iterator[tuple[int, str, int]]:
    """Serve a new log; yield the port, the token and the id of the process."""
    Archive.open(database).close()
    command = (sys.executable, "-m", "veritas", "serve", "--port", "0", "--db", str(database))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=child_environment(ROOT)) as process:
        assert process.stderr is not None
        address = process.stderr.readline().partition("http://127.0.0.1:")[2]
        port, _, token = address.split()[0].partition("/?token=")
        try:
            yield int(port), token, process.pid
        finally:
            process.terminate()
