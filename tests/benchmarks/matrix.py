"""The whole fault matrix: each fault at each point in time, over each transport.

`python -m tests.benchmarks matrix [OPTIONS OF PYTEST]` runs the tests that are marked as slow, and each property with
more examples; the usual run of the tests has fewer cases of the same claims.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def main(argv: list[str]) -> int:
    """Run the slow tests and the properties; the status is that of pytest."""
    chosen = ["-m", "slow or hypothesis", "--hypothesis-profile", "thorough"]
    return int(pytest.main([str(Path(__file__).parents[1]), *chosen, *argv]))
