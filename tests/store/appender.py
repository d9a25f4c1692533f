"""A process that appends: `python -m tests.store.appender DATABASE RUN BATCHES SIZE`.

Once the log is open it says `ready` and waits for a line; then it appends batch after batch and says the positions of
each one as soon as it is committed. With BATCHES 0 it goes on until it is killed.
"""

from __future__ import annotations

import itertools
import sys

from store.log import EventLog
from tests.store.making import record


def main(database: str, run: str, batches: str, size: str) -> None:
    """Append, and say so."""
    with EventLog.open(database) as log:
        last = log.last(run)
        first = last.seq + 1 if last else 1
        print("ready", flush=True)
        sys.stdin.readline()
        for batch in itertools.count() if batches == "0" else range(int(batches)):
            start = first + batch * int(size)
            positions = log.append([record(start + index, run_id=run) for index in range(int(size))])
            print(*positions, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
