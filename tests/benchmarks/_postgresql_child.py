"""A recorder of the benchmark `postgresql`: `python _postgresql_child.py DATABASE`, with the code of any checkout.

It opens the log, or creates it, and prints `ready`. For each line `RUN SIZE BATCHES` it prepares the events of a run
and prints `ready`; for each empty line it appends them, batch by batch, as the recorder does, and prints `done`.
"""

from __future__ import annotations

import sys

from store.log import EventLog
from tests.benchmarks._log_work import append_with_row_work, batches_of


def main(database: str) -> None:
    """Carry out the commands on standard input."""
    with EventLog.open(database) as log:
        print("ready", flush=True)
        work = None
        for line in sys.stdin:
            if line.strip():
                run, size, batches = line.split()
                work = append_with_row_work(log, run, batches_of(run, int(size), int(batches)))
                print("ready", flush=True)
            elif work is not None:
                work()
                print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
