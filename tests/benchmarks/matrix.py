"""The whole fault matrix: each fault at each point in time, over each transport.

`python -m tests.benchmarks matrix [OPTIONS OF PYTEST]` runs the tests that are marked as slow; the usual run of the
tests has fewer cases of the same claims.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def main(argv: list[str]) -> int:
    """Run the slow tests; the status is that of pytest."""
    return int(pytest.main([str(Path(__file__).parents[1]), "-m", "slow", *argv]))
