"""The tiers: how thorough an audit is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veritas.errors import UsageError


@dataclass(frozen=True)
class Tier:
    """How many pages of a site an audit visits at most."""

    name: str
    pages: int


TIERS: Mapping[str, Tier] = {
    tier.name: tier for tier in (Tier("quick_scan", 1), Tier("standard_audit", 5), Tier("deep_forensic", 10))
}


def tier_named(name: str) -> Tier:
    """Return the tier called *name*.

    Raises:
        UsageError: There is no tier of that name.
    """
    try:
        return TIERS[name]
    except KeyError:
        raise UsageError(f"There is no tier {name!r}; the tiers are {', '.join(TIERS)}.") from None
