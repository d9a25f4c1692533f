"""The score and grade of the checks, calculated as the MDN HTTP Observatory does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from veritas.audit.headers.check_result import CheckResult

MINIMUM_SCORE_FOR_EXTRA_CREDIT = 90

GRADES: Mapping[int, str] = {
    100: "A+",
    90: "A",
    85: "A-",
    80: "B+",
    70: "B",
    65: "B-",
    60: "C+",
    50: "C",
    45: "C-",
    40: "D+",
    30: "D",
    25: "D-",
    0: "F",
}


class Score(NamedTuple):
    """The score (0 and up; over 100 with extra credit), its grade, and how many checks passed and failed."""

    score: int
    grade: str
    passed: int
    failed: int


def score(results: Iterable[CheckResult]) -> Score:
    """Return the score of *results*.

    Every site starts at 100. Extra credit counts only if the deductions alone leave at least
    `MINIMUM_SCORE_FOR_EXTRA_CREDIT`. A test that is not among *results* neither adds nor deducts points.
    """
    results = list(results)
    deducted = 100 + sum(min(result.modifier, 0) for result in results)
    credited = deducted + sum(max(result.modifier, 0) for result in results)
    total = max(0, credited if deducted >= MINIMUM_SCORE_FOR_EXTRA_CREDIT else deducted)
    passed = sum(result.passed for result in results)
    return Score(total, grade_of(total), passed, len(results) - passed)


def grade_of(score: int) -> str:
    """Return the grade of a *score* of 0 or more."""
    return next(grade for least, grade in GRADES.items() if score >= least)
