"""The processes that the benchmark of the log starts: `python -m tests.benchmarks._log_child PROGRAM DATABASE …`."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable

from store.log import EventLog
from tests.benchmarks._channels_child import peak
from tests.benchmarks._log_work import append_with_row_work, batches_of
from veritas.cli import cli
from veritas.events.attachment import stored_media_type
from veritas.projections.run_summary import read_model_check


def append(database: str, run_id: str, size: str, batches: str) -> None:
    """Print `ready`, wait for a line, append a run in batches, and print `done`."""
    with EventLog.open(database, create=False) as log:
        append_batches = append_with_row_work(log, run_id, batches_of(run_id, int(size), int(batches)))
        print("ready", flush=True)
        sys.stdin.readline()
        append_batches()
        print("done", flush=True)


def verify(database: str) -> None:
    """Verify the log, and print the sum of the peak memory of all processes that verify it, in MB."""
    peaks: dict[int, float] = {}

    def note_peaks(*_: int) -> None:
        for process in multiprocessing.active_children():
            peaks[process.pid or 0] = peak(process.pid or 0)

    with EventLog.open(database, create=False) as log:
        verification = log.verify(media_type=stored_media_type, read_model=read_model_check(log), progress=note_peaks)
    assert verification.fault is None, verification.fault
    print(peak() + sum(peaks.values()))


def replay(database: str, run_id: str, name: str, target: str) -> None:
    """Write a run to the file *target* in the format *name*, and print this process's peak memory in MB."""
    cli.main(
        ["replay", run_id, "--db", database, "--no-wait", "--format", name, "-o", target, "--force"],
        standalone_mode=False,
    )
    print(peak())


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"append": append, "verify": verify, "replay": replay}
    programs[sys.argv[1]](*sys.argv[2:])
