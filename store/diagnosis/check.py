"""One thing that was looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, WRONG, UNCHECKED = "ok", "warning", "wrong", "unchecked"


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one look.

    Attributes:
        name: What was looked at.
        result: `ok`, `warning`, `wrong`, or `unchecked` where it could not be looked at.
        finding: What was found.
        remedy: What to do about it; None where there is nothing to do.
    """

    name: str
    result: str
    finding: str
    remedy: str | None = None

    @classmethod
    def of(cls, name: str, result: str, error: Exception) -> Check:
        """Return the check that ended in *error*, whose message has the fault and behind a semicolon the remedy."""
        fault, _, remedy = str(error).removesuffix(".").rpartition("; ")
        return cls(name, result, fault or remedy, remedy if fault else None)
