"""The result of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.headers.outcomes import OUTCOMES

MAX_VALUE = 1024  # characters of a header's value that a check reads or repeats


@dataclass(frozen=True)
class CheckResult:
    """The result of a check.

    Attributes:
        test: The test's name.
        result: The outcome's name, one of those that `OUTCOMES` lists for the test.
        passed: Whether the test passes.
        modifier: The points that the outcome adds to the score.
        detail: The outcome's meaning, in one sentence.
        header: The header that was checked; "" if the test does not check one header.
        value: That header's value, or what the test checked instead; may be "".
        measured: Other observed values.
    """

    test: str
    result: str
    passed: bool
    modifier: int
    detail: str
    header: str = ""
    value: str = ""
    measured: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        test: str,
        result: str,
        *,
        answered: bool = True,
        header: str = "",
        value: str = "",
        measured: Mapping[str, Any] | None = None,
    ) -> CheckResult:
        """Return the result of *test* whose outcome is called *result*; without a response no test passes."""
        outcome = OUTCOMES[test][result]
        return cls(
            test=test,
            result=result,
            passed=outcome.passes and answered,
            modifier=outcome.modifier,
            detail=outcome.meaning,
            header=header,
            value=value[:MAX_VALUE],
            measured=dict(measured or {}),
        )
