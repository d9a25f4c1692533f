"""One thing that an audit found, with the evidence that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SEVERITIES = ("info", "low", "medium", "high", "critical")
SIGNALS = ("visual", "structural", "temporal", "graph", "meta", "security")


@dataclass(frozen=True)
class Finding:
    """A finding as the log keeps it; JSON values only.

    Attributes:
        phase: The phase that found it.
        kind: What it is, as a stable slug: `countdown_resets`, `preselected_extra`, `csp-not-implemented` …
        title: A few words for people.
        detail: One sentence that says what was seen and measured.
        severity: One of `SEVERITIES`.
        confidence: 0-1, how sure the detector is.
        signal: Which of `SIGNALS` it counts for in the verdict.
        url: The page it was found on.
        evidence: What proves it: `selector`, `text`, `rect` (x, y, width, height in CSS pixels of the full page),
            `screenshot` (the SHA-256 in hex of a screenshot in the same run) and `measured` (a dict), where they apply.
        taxonomy: Its name in the literature: `mathur2019` and `gray2024`, for dark patterns.
    """

    phase: str
    kind: str
    title: str
    detail: str
    severity: str
    confidence: float
    signal: str
    url: str
    evidence: dict[str, Any] = field(default_factory=dict)
    taxonomy: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Finding:
        """Return the finding that `as_dict` gave; unknown names are passed over, missing ones are empty."""
        blank = cls(
            phase="", kind="", title="", detail="", severity="info", confidence=0.0, signal="", url=""
        ).as_dict()
        return cls(**{name: value.get(name, default) for name, default in blank.items()})
