"""Compare two runs of a log, and print the processor time, the number of differences, and the peak memory.

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
    difference = compare(archive.events(run_a), archive.events(run_b))
    seconds = time.process_time() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"seconds": seconds, "differences": len(difference), "events": difference.a.events, "peak": peak}, sys.stdout)
