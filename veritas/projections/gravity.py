"""The order in which findings are told: the gravest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from veritas.audit.finding import SEVERITIES

_RANK = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}


def gravest_first(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings by severity; those of one severity stay in the order in which they were found."""
    return sorted(findings, key=lambda finding: _rank(severity_of(finding)))


def count_by_severity(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many findings there are of each severity, the gravest first; one that is not known comes last."""
    counts = Counter(map(severity_of, findings))
    return dict(sorted(counts.items(), key=lambda counted: (_rank(counted[0]), counted[0])))


def severity_of(finding: Mapping[str, Any]) -> str:
    """Return how grave a finding is, whatever an emitter wrote there."""
    return str(finding.get("severity") or "unknown")


def _rank(severity: str) -> int:
    return _RANK.get(severity, len(_RANK))
