"""A process that redacts: `python -m tests.store.redactor DATABASE RUN FIRST`.

Once the log is open it says `ready` and waits for a line; then it redacts one event of the queue after another, from
FIRST on, and says each number as soon as it is done, until there is none left or it is killed.
"""

from __future__ import annotations

import itertools
import sys

from store.errors import ObservationMissing
from store.log import EventLog, Observation
from tests.store.making import naming


def main(database: str, run: str, first: str) -> None:
    """Redact, and say so."""
    with EventLog.open(database) as log:
        print("ready", flush=True)
        sys.stdin.readline()
        for seq in itertools.count(int(first)):
            try:
                log.redact(run, [Observation("queue", seq)], naming(run))
            except ObservationMissing:
                return
            print(seq, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
