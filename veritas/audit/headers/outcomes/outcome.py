"""The Outcome of a test: its points, its meaning, and its title as a finding."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """An outcome of a test.

    Attributes:
        modifier: The points that it adds to the score.
        passes: Whether the test passes.
        meaning: Its meaning, in one sentence.
        title: The title of its finding; "" if the test passes.
    """

    modifier: int
    passes: bool
    meaning: str
    title: str = ""

    @property
    def severity(self) -> str:
        """The severity of its finding: the more points a failed test costs, the more severe."""
        for lowest, severity in ((-5, "low"), (-25, "medium"), (-40, "high")):
            if self.modifier >= lowest:
                return severity
        return "critical"
