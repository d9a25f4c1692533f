"""Chips: words on a coloured background."""

from __future__ import annotations

import msgspec

# The tones are classes of the style sheet.
_SEVERITIES = {"critical": "bad", "high": "bad", "medium": "fair", "low": "note"}
_STATUSES = {
    "completed": "good",
    "failed": "bad",
    "interrupted": "fair",
    "unfinished": "fair",
    "abandoned": "fair",
    "running": "note",
}
_RISKS = {
    "trusted": "good",
    "probably_safe": "good",
    "suspicious": "fair",
    "high_risk": "bad",
    "likely_fraudulent": "bad",
    "inconclusive": "note",
}


class Chip(msgspec.Struct, frozen=True):
    """A chip.

    Attributes:
        text: Its words.
        tone: `good`, `fair`, `bad`, `note`, or "" for none.
    """

    text: str
    tone: str = ""


def severity_chip(severity: str, number: int | None = None) -> Chip:
    """Return a finding's severity, or how many findings have it."""
    return Chip(severity if number is None else f"{number:,} {severity}", _SEVERITIES.get(severity, ""))


def status_chip(status: str) -> Chip:
    """Return the status of a run or a phase."""
    return Chip(status, status_tone(status))


def status_tone(status: str) -> str:
    """Return the tone of a status."""
    return _STATUSES.get(status, "")


def risk_chip(level: str) -> Chip:
    """Return a risk level in words."""
    return Chip(level.replace("_", " "), risk_tone(level))


def risk_tone(level: str | None) -> str:
    """Return the tone of a risk level."""
    return _RISKS.get(level or "", "")
