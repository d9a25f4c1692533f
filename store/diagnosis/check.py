"""Check: one thing that was examined, and the result."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, WRONG, UNCHECKED = "ok", "warning", "wrong", "unchecked"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of examining one thing.

    Attributes:
        name: The thing.
        result: `ok`, `warning`, `wrong`, or `unchecked` if it could not be examined.
        finding: The finding, as a clause.
        remedy: The advice to the user; None if there is nothing to do.
    """

    name: str
    result: str
    finding: str
    remedy: str | None = None

    @classmethod
    def of(cls, name: str, result: str, error: Exception) -> Check:
        """Return the check that ended in *error*; its message is the fault, a semicolon and the remedy."""
        fault, _, remedy = str(error).removesuffix(".").rpartition("; ")
        return cls(name, result, fault or remedy, remedy if fault else None)
