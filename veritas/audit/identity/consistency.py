"""Whether what is known of a site agrees: the form of a question's answer, and the facts that the questions are put to.

An answer rests on addresses alone (`address`), on what a page has or lacks (`page`), on how what it says of its owner
fits together (`claims`), or on what somebody else says: a certificate authority, a name server (`network`). Only the
last two tell who is behind a site. A question that cannot be asked is `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.claims import Claim
from veritas.audit.identity.dns import Records
from veritas.audit.identity.domains import Host
from veritas.audit.page import PageFacts

# Bases whose answers are evidence of who is behind a site.
EVIDENCE = ("network",)


@dataclass(frozen=True)
class Facts:
    """What is known of a site.

    Attributes:
        requested: The host that was to be audited.
        host: The host that the start page was found on; the same where no page was seen.
        reached: Whether the browser got an answer from it, be it an error page.
        pages: The scout's pages that are pages, error pages left out; empty where none was seen.
        claims: What these say of their owner.
        certificate: What the host presents.
        records: What the DNS says, by label; empty where it was not asked.
        mail_reach: By mail domain: whether mail gets there, as `dns.mail_reaches` says it.
    """

    requested: Host
    host: Host
    reached: bool
    pages: Sequence[PageFacts]
    claims: Sequence[Claim]
    certificate: Certificate
    records: Mapping[str, Records]
    mail_reach: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """What makes a disagreement a finding; the words are as `Finding` has them."""

    kind: str
    title: str
    severity: str
    confidence: float
    signal: str = "graph"
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """A question and its answer.

    Attributes:
        question: A stable slug.
        basis: `address`, `page`, `claims` or `network`.
        answer: `agrees`, `disagrees` or `unknown`.
        detail: One sentence that says why.
        mark: Given where it stands against the page.
    """

    question: str
    basis: str
    answer: str
    detail: str
    mark: Mark | None = None
