"""The processes that the benchmark of the log starts: `python -m tests.benchmarks._log_child PROGRAM DATABASE …`."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable

from store.log import EventLog
from tests.benchmarks._channels_child import peak
from tests.benchmarks._log_work import appending_with_row, batches_of
from veritas.cli import cli
from veritas.events.attachment import stored_media_type
from veritas.projections.run_summary import read_model_check


def append(database: str, run_id: str, size: str, batches: str) -> None:
    """Say `ready`, wait for a line, append a run in batches, and say `done`."""
    made = batches_of(run_id, int(size), int(batches))
    with EventLog.open(database, create=False) as log:
        append_batches = appending_with_row(log, run_id, made)
        print("ready", flush=True)
        sys.stdin.readline()
        append_batches()
        print("done", flush=True)


def verify(database: str) -> None:
    """Verify the log, and say how many MB the processes that did it had at most, together."""
    peaks: dict[int, float] = {}

    def look(*_: int) -> None:
        for process in multiprocessing.active_children():
            peaks[process.pid or 0] = peak(process.pid or 0)

    with EventLog.open(database, create=False) as log:
        verification = log.verify(media_type=stored_media_type, read_model=read_model_check(log), progress=look)
    assert verification.fault is None, verification.fault
    print(peak() + sum(peaks.values()))


def replay(database: str, run_id: str, name: str, target: str) -> None:
    """Write a run into a file in the format of that name, and say how many MB the process had at most."""
    cli.main(
        ["replay", run_id, "--db", database, "--no-wait", "--format", name, "-o", target, "--force"],
        standalone_mode=False,
    )
    print(peak())


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"append": append, "verify": verify, "replay": replay}
    programs[sys.argv[1]](*sys.argv[2:])
