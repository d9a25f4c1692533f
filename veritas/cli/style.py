"""Which colours a terminal shows words in."""

from __future__ import annotations

from veritas.cli.table import Styled

_STATUS = {
    "completed": "green",
    "failed": "red",
    "interrupted": "yellow",
    "abandoned": "yellow",
    "unfinished": "yellow",
    "running": "cyan",
}
_RISK = {
    "trusted": "green",
    "probably_safe": "green",
    "suspicious": "yellow",
    "high_risk": "red",
    "likely_fraudulent": "bold red",
}
_SEVERITY = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_CHECK = {"ok": "green", "warning": "yellow", "wrong": "red", "unchecked": "cyan"}


def status(text: str) -> Styled:
    """Return the status of a run or a phase in its colour."""
    return Styled(text, _STATUS.get(text, ""))


def risk(level: str | None, text: str | None) -> Styled:
    """Return *text* in the colour of a risk level."""
    return Styled(text, _RISK.get(level or "", ""))


def severity(level: str, text: str) -> Styled:
    """Return *text* in the colour of a finding's severity."""
    return Styled(text, _SEVERITY.get(level, ""))


def check(result: str, text: str) -> Styled:
    """Return *text* in the colour of a check's result."""
    return Styled(text, _CHECK.get(result, ""))


def right(text: str) -> Styled:
    """Return what is as it should be in its colour."""
    return Styled(text, "green")


def wrong(text: str | None) -> Styled:
    """Return what went wrong in its colour."""
    return Styled(text, "red")
