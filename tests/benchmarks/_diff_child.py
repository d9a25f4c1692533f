"""Compare two runs of a log, and print how long that took, what it found, and how much memory there was at most.

`python -m tests.benchmarks._diff_child FILE RUN RUN`
"""

from __future__ import annotations

import json
import resource
import sys
import time

from veritas.archive.archive import Archive
from veritas.diff import compare

file, run_a, run_b = sys.argv[1:]
with Archive.open(file) as archive:
    before = time.process_time()
    found = compare(archive.events(run_a), archive.events(run_b))
    seconds = time.process_time() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"seconds": seconds, "differences": len(found), "events": found.a.events, "peak": peak}, sys.stdout)
