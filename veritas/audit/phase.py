"""What every phase of an audit is given, and what it gives back.

A phase is an `async def run(context) -> dict`: it does its work on what the browser sees, emits steps on the way, and
returns its summary in JSON values. The summary stands in the log with `<phase>/done`, and later phases read it from
`context.summaries`. A phase that cannot do its work raises; the others then work with what there is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from veritas.audit.finding import Finding
from veritas.errors import UsageError

if TYPE_CHECKING:
    from veritas.audit.browser import Browser


@dataclass(frozen=True)
class Tier:
    """How thorough an audit is: how many pages of the site it visits at most."""

    name: str
    pages: int


TIERS: Mapping[str, Tier] = {
    tier.name: tier for tier in (Tier("quick_scan", 1), Tier("standard_audit", 5), Tier("deep_forensic", 10))
}


def tier_named(name: str) -> Tier:
    """Return the tier called *name*.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        return TIERS[name]
    except KeyError:
        raise UsageError(f"There is no tier {name!r}; the tiers are {', '.join(TIERS)}.") from None


class Emit(Protocol):
    """How a phase says something: *pct* is of the whole audit; *fields* are fields of the event, or extra ones."""

    def __call__(self, step: str, pct: float, detail: str = "", **fields: Any) -> None: ...


@dataclass
class PhaseContext:
    """One audit, as its phases share it.

    Attributes:
        phase: The name of the phase that runs.
        url: The address to audit.
        tier: How many pages.
        browser: The open browser.
        emit: Says something in the name of this phase.
        summaries: What the phases before this one returned, by name; a failed phase has no entry.
        findings: All findings so far, of every phase; add to it with `report`.
    """

    phase: str
    url: str
    tier: Tier
    browser: Browser
    emit: Emit
    summaries: Mapping[str, dict[str, Any]]
    findings: list[Finding] = field(default_factory=list)

    def report(self, finding: Finding, pct: float) -> None:
        """Emit *finding* and keep it for the judge."""
        self.findings.append(finding)
        self.emit("finding", pct, finding.title, type="finding", finding=finding.as_dict())

    def screenshot(self, png: bytes, pct: float, *, url: str, kind: str, detail: str = "") -> str:
        """Emit a PNG as an artifact and return its SHA-256 in hex; *kind* is `viewport` or `full_page`."""
        sha256 = hashlib.sha256(png).hexdigest()
        self.emit(
            "screenshot",
            pct,
            detail or f"{kind.replace('_', ' ')} of {url}",
            type="screenshot",
            data=png,
            media_type="image/png",
            sha256=sha256,
            url=url,
            kind=kind,
        )
        return sha256
