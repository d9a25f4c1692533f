"""The table of the fleet's page: which failures are tried again."""

from __future__ import annotations

from veritas.fleet.retry import RULES


def table() -> str:
    """Return the rules as a table in Markdown."""
    rows = (f"| `{rule.cause}` | {rule.meaning} | {_again(rule.delays)} |" for rule in RULES)
    return "\n".join(["", "| cause | meaning | tried again after |", "|---|---|---|", *rows, "", ""])


def _again(delays: tuple[float, ...]) -> str:
    return ", ".join(map(_duration, delays)) or "never"


def _duration(seconds: float) -> str:
    if not seconds:
        return "at once"
    return (
        f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min" if seconds < 3_600 else f"{seconds / 3_600:g} h"
    )
