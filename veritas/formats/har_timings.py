"""How long the parts of a request took, as HAR counts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from veritas.events.json import as_number
from veritas.formatting import utc_text

_LONGEST = 1e9  # milliseconds, eleven days: what says more says nothing
_NOT_KNOWN = -1  # HAR's sign for a part that did not take place or of which nothing is known


@dataclass(frozen=True)
class Timing:
    """When a request was and how long its parts took.

    Attributes:
        started: As HAR writes moments.
        phases: Milliseconds by part. The browser does not tell when it had sent a request, so `wait` begins when it
            began to, and `send` is 0.
        total: Of all of them, in milliseconds.
    """

    started: str
    phases: dict[str, float]
    total: float

    @classmethod
    def of(cls, timing: Mapping[str, Any]) -> Self | None:
        """Return what *timing* says, which has Playwright's names; None where it does not say when it was."""
        start = as_number(timing.get("startTime"))
        started = None if start is None or start <= 0 else utc_text(start / 1000)
        if started is None:
            return None
        at = {
            name: moment
            for name in timing
            if (moment := as_number(timing[name])) is not None and 0 <= moment <= _LONGEST
        }
        begun = [at[name] for name in ("domainLookupStart", "connectStart", "requestStart") if name in at]
        phases = {
            "blocked": min(begun) if begun else _NOT_KNOWN,
            "dns": _between(at, "domainLookupStart", "domainLookupEnd"),
            "connect": _between(at, "connectStart", "connectEnd"),
            "ssl": _between(at, "secureConnectionStart", "connectEnd"),
            "send": 0,
            "wait": max(_between(at, "requestStart", "responseStart"), 0),
            "receive": max(_between(at, "responseStart", "responseEnd"), 0),
        }
        total = sum(spent for name, spent in phases.items() if name != "ssl" and spent > 0)  # `connect` has it
        return cls(started, phases, round(total, 3))


def _between(at: Mapping[str, float], start: str, end: str) -> float:
    """Return the milliseconds from one moment to another."""
    if start not in at or end not in at or at[end] < at[start]:
        return _NOT_KNOWN
    return round(at[end] - at[start], 3)
