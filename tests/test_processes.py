"""What the tests know of the processes that they started."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import as_found_last, descendants, wait_until


def test_a_process_is_known_by_the_program_that_it_runs_now() -> None:
    """Also if it was seen before it ran its own program, as every process is that another one has just started."""
    script = "import os, sys; sys.stdin.readline(); os.execv(sys.executable, [sys.executable, '-c', 'input() # later'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        seen = {each for each in descendants() if each.pid == process.pid}
        process.stdin.write("\n")
        process.stdin.flush()

        def is_found() -> bool:
            nonlocal seen
            seen = as_found_last(seen, [each for each in descendants() if each.pid == process.pid])
            return any("later" in each.line and "execv" not in each.line for each in seen)

        wait_until(is_found)
        assert len(seen) == 1
        process.stdin.write("\n")
