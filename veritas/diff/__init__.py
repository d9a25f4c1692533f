"""Two recordings held against each other: what differs between them, and what that says.

from veritas.diff import Rules, compare

differences = compare(archive.events(run_a), archive.events(run_b), Rules.of(ignore=["summary.text"]))
for difference in differences:
    print(difference)
"""

from veritas.diff.compare import compare
from veritas.diff.difference import ABSENT, Difference, Differences, EventRef, Hidden, Side
from veritas.diff.rules import Rules, Tolerance

__all__ = ["ABSENT", "Difference", "Differences", "EventRef", "Hidden", "Rules", "Side", "Tolerance", "compare"]
