"""Run a command, and measure the processor time of it and of all its descendants.

`python _processor_time.py FILE COMMAND…` writes the seconds to FILE. Linux gives a process the time of a descendant
only when each parent in between has waited for it, and a browser that is ended leaves processes that no one waits for.
So this process adopts them.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def main(file: str, *command: str) -> int:
    """Run *command*, and write to *file* the seconds that it and its descendants took; return its exit status."""
    assert ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1) == 0
    status = subprocess.run(command).returncode
    with suppress(ChildProcessError):
        while True:
            os.wait()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(file).write_text(str(usage.ru_utime + usage.ru_stime))
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
