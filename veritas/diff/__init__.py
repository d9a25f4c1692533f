"""The comparison of two recorded runs.

from veritas.diff import Rules, compare

differences = compare(archive.events(run_a), archive.events(run_b), Rules.of(ignore=["summary.text"]))
for difference in differences:
    print(difference)
"""

from veritas.diff.compare import compare
from veritas.diff.difference import ABSENT, ComparedRun, Difference, Differences, EventRef, Hidden
from veritas.diff.rules import Rules, Tolerance

__all__ = ["ABSENT", "ComparedRun", "Difference", "Differences", "EventRef", "Hidden", "Rules", "Tolerance", "compare"]
