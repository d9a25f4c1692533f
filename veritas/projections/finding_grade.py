"""The grade of a finding: how severe it is, and how certain; the worst one of several findings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from veritas.audit.finding import SEVERITIES
from veritas.events.json import as_number
from veritas.projections.findings import severity_of

Key = TypeVar("Key", bound=Hashable)


class FindingGrade(NamedTuple):
    """The severity of a finding, and its confidence.

    Attributes:
        severity: Its severity, as its emitter gave it.
        confidence: Its confidence, 0-1; None if it has none.
    """

    severity: str
    confidence: float | None

    @classmethod
    def of(cls, finding: Mapping[str, Any]) -> Self:
        """Return the grade of a finding."""
        return cls(severity_of(finding), as_number(finding.get("confidence")))

    def __str__(self) -> str:
        """Return both in words."""
        return f"{self.severity}, confidence {_text(self.confidence)}"

    @property
    def rank(self) -> tuple[int, str, float]:
        """Its place among grades, the worst of which has the largest: of severities, that is one that is not known."""
        known = self.severity in SEVERITIES
        place, name = (SEVERITIES.index(self.severity), "") if known else (len(SEVERITIES), self.severity)
        return place, name, float("-inf") if self.confidence is None else self.confidence

    def is_worse_than(self, before: FindingGrade) -> bool:
        """Return whether the severity is higher, or the same with a higher confidence.

        A severity that is not known counts as worse than a known one, and a known one as worse than one that is not
        known.
        """
        if self.severity != before.severity:
            unknown = self.severity not in SEVERITIES or before.severity not in SEVERITIES
            return unknown or SEVERITIES.index(self.severity) > SEVERITIES.index(before.severity)
        if self.confidence is None:
            return False
        return before.confidence is None or self.confidence > before.confidence

    def change_since(self, before: FindingGrade) -> str | None:
        """Return in words how the severity has changed, or else the confidence; None if neither has."""
        if self.severity != before.severity:
            return f"its severity is {self.severity} and was {before.severity}"
        if self.confidence != before.confidence:
            return f"its confidence is {_text(self.confidence)} and was {_text(before.confidence)}"
        return None


def worst_by_key(
    findings: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], Key]
) -> dict[Key, tuple[FindingGrade, Mapping[str, Any]]]:
    """Return the worst finding of each key, the first one of several, after its grade."""
    worst: dict[Key, tuple[FindingGrade, Mapping[str, Any]]] = {}
    for finding in findings:
        identity, grade = key(finding), FindingGrade.of(finding)
        if identity not in worst or grade.rank > worst[identity][0].rank:
            worst[identity] = grade, finding
    return worst


def _text(confidence: float | None) -> str:
    return "unknown" if confidence is None else str(confidence).removesuffix(".0")  # all digits: it may differ in any
