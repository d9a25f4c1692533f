"""Consistency checks: their result, and the facts of a site that they compare.

Each check has a basis: URLs alone (`address`), what a page has or lacks (`page`), how a page's claims about its owner
fit together (`claims`), or what a certificate authority or a name server states (`network`). Only the last is evidence
of who runs a site. A check whose data could not be obtained is `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.claims import OwnerClaim
from veritas.audit.identity.dns import Records
from veritas.audit.identity.domains import Host
from veritas.audit.page import PageFacts

# The bases whose answers are evidence of who runs a site.
EVIDENCE = ("network",)


@dataclass(frozen=True)
class SiteFacts:
    """The facts of a site that the consistency checks compare.

    Attributes:
        requested: The host that was to be audited.
        host: The host that the start page came from; the requested host if the browser visited no page.
        reached: Whether the browser received any response from the site, even an error page.
        pages: The scout's pages, without error pages; may be empty.
        claims: The claims of these pages about their owner.
        certificate: The host's certificate.
        records: The DNS records, by label; empty if the DNS was not queried.
        accepts_mail: For each mail domain, whether it accepts mail; see `dns.check_mail_domains`.
        proxied: Whether the site is reached through a proxy, which resolves its name.
    """

    requested: Host
    host: Host
    reached: bool
    pages: Sequence[PageFacts]
    claims: Sequence[OwnerClaim]
    certificate: Certificate
    records: Mapping[str, Records]
    accepts_mail: Mapping[str, bool | None] = field(default_factory=dict)
    proxied: bool = False


@dataclass(frozen=True)
class FindingDraft:
    """The parts of a finding that a check decides; the attributes are those of `Finding`."""

    kind: str
    title: str
    severity: str
    confidence: float
    signal: str = "graph"
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConsistencyCheck:
    """A consistency check and its answer.

    Attributes:
        question: The check's name, a stable slug.
        basis: `address`, `page`, `claims` or `network`.
        answer: `agrees`, `disagrees` or `unknown`.
        detail: The reason, in one sentence.
        finding: The finding that the answer causes, if any.
    """

    question: str
    basis: str
    answer: str
    detail: str
    finding: FindingDraft | None = None
