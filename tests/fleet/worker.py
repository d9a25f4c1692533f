"""`python -m tests.fleet.worker JOBS`: a worker of the log in VERITAS_DB that takes others for gone after some seconds.

Its other parts are those of `veritas worker`.
"""

from __future__ import annotations

import asyncio
import sys

from veritas.archive.archive import Archive
from veritas.config import Settings
from veritas.fleet.database import FleetDatabase
from veritas.fleet.takeover import Timing
from veritas.fleet.worker import Worker

SHORT = Timing(heartbeat=0.5, stale=10.0, look=0.5)


async def main() -> None:
    """Work until a signal comes."""
    with Archive.open(Settings.from_environment().database) as archive, FleetDatabase.of(archive) as fleet:
        worker = Worker(
            archive,
            fleet,
            jobs=int(sys.argv[1]),
            timing=SHORT,
            report=lambda sentence: print(sentence, file=sys.stderr, flush=True),
        )
        worker.handle_signals()
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
