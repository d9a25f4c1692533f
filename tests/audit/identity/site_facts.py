"""Facts of a made-up site, and summaries of the consistency checks on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.audit.facts import page as page_of
from veritas.audit.finding import SEVERITIES, SIGNALS
from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.claims import OwnerClaim
from veritas.audit.identity.consistency import ConsistencyCheck, SiteFacts
from veritas.audit.identity.domains import Host, host_named

URL = "https://www.acme.com/"
SHOP_TEXT = "Lamp $19.99 Add to cart. " * 20


def host(name: str) -> Host:
    """Return the host called *name*."""
    host = host_named(name)
    assert host
    return host


def facts(name: str = "www.acme.com", *claims: OwnerClaim, **changes: Any) -> SiteFacts:
    """Return the facts of a shop on the host *name* whose pages make *claims*."""
    page = page_of(URL, text=SHOP_TEXT, canonical=URL)
    defaults = SiteFacts(host(name), host(name), True, [page], claims, Certificate("not_applicable"), {})
    return replace(defaults, **changes)


def claim(kind: str, value: str, source: str = "text", **changes: Any) -> OwnerClaim:
    """Return a claim of the shop's start page."""
    return OwnerClaim(kind, value, source, URL, **changes)


def answers(checks: Iterable[ConsistencyCheck]) -> dict[str, str]:
    """Return the answer of each check, by question."""
    return {check.question: check.answer for check in checks}


def findings(checks: Iterable[ConsistencyCheck]) -> dict[str, str]:
    """Return the severity of each finding, by kind; each finding has a valid severity, signal and confidence."""
    drafts = [check.finding for check in checks if check.finding]
    assert all(draft.severity in SEVERITIES and draft.signal in SIGNALS for draft in drafts)
    assert all(0 < draft.confidence <= 1 for draft in drafts)
    return {draft.kind: draft.severity for draft in drafts}
