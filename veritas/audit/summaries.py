"""The summaries of an audit's phases, which go to the log with `<phase>/done`, and those of single steps.

The judge's summary is the `Verdict`.
"""

from __future__ import annotations

import msgspec

from veritas.audit.browser_records import BrowserCookie, Redirect
from veritas.audit.headers import CheckResult
from veritas.audit.headers.cookies import ListedCookie
from veritas.audit.headers.mixed_content import MixedContent
from veritas.audit.headers.responses import RefusedCookie
from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.dns import Records
from veritas.audit.identity.domains import Host
from veritas.audit.identity.link_graph import GraphEdge, GraphNode
from veritas.audit.page import PageFacts
from veritas.audit.unexamined import Unexamined


class FailedPage(msgspec.Struct, frozen=True):
    """A page that could not be visited: the summary of `scout/page_failed`.

    Attributes:
        url: The address that was requested.
        error: Why it could not be visited, in a sentence.
        kind: Where the cause is: `page`, `tab`, `browser`, `driver`, `machine`, `time_limit` or `robots`. Logs from
            before this field have none.
    """

    url: str
    error: str
    kind: str | msgspec.UnsetType = msgspec.UNSET


class RepeatedPage(msgspec.Struct, frozen=True):
    """An address that leads to a page that was visited before: the summary of `scout/page_repeated`.

    Attributes:
        url: The address that was requested.
        leads_to: The page.
    """

    url: str
    leads_to: str


class FailedScreenshot(msgspec.Struct, frozen=True):
    """A screenshot that could not be taken: the summary of `scout/screenshot_failed`.

    Attributes:
        url: The page.
        kind: `viewport` or `full_page`.
    """

    url: str
    kind: str


class ScoutSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The scout's results: the summary of `scout/done`.

    Attributes:
        requested_url: The address that was requested for the start page.
        url: The address of the start page.
        status: The HTTP status of the start page.
        redirects: The answers that led to the start page, in order.
        site: The registrable domain of the start page, or host and port where there is none.
        pages: The pages that were visited, the start page first.
        failed_pages: The pages that could not be visited.
        cookies: The cookies of the browser's profile after the last page.
        third_party_hosts: The hosts outside the site that any page's requests went to.
    """

    requested_url: str
    url: str
    status: int
    redirects: list[Redirect]
    site: str
    pages: list[PageFacts]
    failed_pages: list[FailedPage]
    cookies: list[BrowserCookie]
    third_party_hosts: list[str]


class CheckStep(msgspec.Struct, frozen=True):
    """The outcome of one test of the headers: the summary of `security/check`.

    Attributes:
        test: The name of the test.
        result: The name of the outcome; `unknown`, or `not_applicable` if the test does not apply to the site.
        passed: Whether that is good enough; None without an outcome.
        modifier: What it adds to the score; None without an outcome.
        reason: Why there is no outcome; left out where there is one.
    """

    test: str
    result: str
    passed: bool | None
    modifier: int | None
    reason: str | msgspec.UnsetType = msgspec.UNSET


class UnknownTest(msgspec.Struct, frozen=True):
    """A test that could not be carried out.

    Attributes:
        test: The name of the test.
        reason: Why it could not be carried out.
        applies: False if the test does not apply to the site, so that it needs no answer; missing otherwise.
    """

    test: str
    reason: str
    applies: bool | msgspec.UnsetType = msgspec.UNSET


class CheckedForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form, and where it sends its fields.

    Attributes:
        page: The page that it is on.
        action: The address that it sends to; empty for fields outside every form.
        method: `get`, `post`, `dialog`, or empty.
        secrets: What it asks for: `password`, `card`.
        selector: A CSS selector that finds it; empty where it is not known.
        risks: The kinds of the findings about it.
    """

    page: str
    action: str
    method: str
    secrets: list[str]
    selector: str
    risks: list[str]


class SecuritySummary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of the security phase: the summary of `security/done`.

    Attributes:
        score: The score of the checks that could be carried out, 0 and up; over 100 with extra credit. None where no
            check could be carried out.
        grade: The score's grade, `A+` to `F`; None where there is no score.
        passed: How many checks passed.
        failed: How many checks failed.
        checks: The checks that could be carried out.
        unknown: The tests that could not be carried out.
        cookies: Every cookie that is known.
        refused_cookies: The cookies that browsers refuse, which do not count; missing if there are none.
        mixed_content: What https: pages load over http:, at most 100.
        forms: The forms, each once, at most 100.
        loopback: Whether the site is on this machine, and is not asked for encryption.
        algorithm: The algorithm that scores the checks.
    """

    score: int | None
    grade: str | None
    passed: int
    failed: int
    checks: list[CheckResult]
    unknown: list[UnknownTest]
    cookies: list[ListedCookie]
    refused_cookies: list[RefusedCookie] | msgspec.UnsetType = msgspec.UNSET
    mixed_content: list[MixedContent]
    forms: list[CheckedForm]
    loopback: bool
    algorithm: str


class ExaminingFields(msgspec.Struct, frozen=True):
    """The own fields of a `vision/examining` event.

    Attributes:
        url: The page that is examined.
        page: Its number, from 1.
        pages: How many pages there are to examine.
    """

    url: str
    page: int
    pages: int


class ExaminedPage(msgspec.Struct, frozen=True):
    """A page that was examined for dark patterns.

    Attributes:
        url: Its address.
        elements: How many elements were examined.
        texts: How many texts were examined.
        findings: How many findings it has that no page before it has.
    """

    url: str
    elements: int
    texts: int
    findings: int


class VisionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of the vision phase: the summary of `vision/done`.

    Attributes:
        pages: The pages that were examined.
        findings: How many findings there are of each kind.
        signals: How many findings there are for each signal.
        elements: How many elements were examined.
        texts: How many texts were examined.
        unknown: What could not be examined.
    """

    pages: list[ExaminedPage]
    findings: dict[str, int]
    signals: dict[str, int]
    elements: int
    texts: int
    unknown: list[Unexamined]


class ClaimedValue(msgspec.Struct, frozen=True):
    """Something that the pages say of their owner, once, with all its sources.

    Attributes:
        value: The value, normalised.
        sources: Where it was found: `link`, `text`, `json-ld`, `copyright`, `markup` or `mention`.
        url: The first page that has it.
        scheme: For a register number: the register; left out for everything else.
        valid: For a register number: whether its check digits agree; None where that is not known. Left out for
            everything else.
    """

    value: str
    sources: list[str]
    url: str
    scheme: str | msgspec.UnsetType = msgspec.UNSET
    valid: bool | msgspec.UnsetType | None = msgspec.UNSET


class ConsistencyAnswer(msgspec.Struct, frozen=True):
    """A consistency check and its answer.

    Attributes:
        question: The check, as a stable slug.
        basis: What the answer rests on: `address`, `page`, `claims` or `network`.
        answer: `agrees`, `disagrees` or `unknown`.
        detail: Why, in a sentence.
    """

    question: str
    basis: str
    answer: str
    detail: str


class GraphSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of the graph phase, about the owner of the site: the summary of `graph/done`.

    Attributes:
        url: The address of the start page.
        host: The host of the start page.
        requested_host: The host that was to be audited.
        certificate: The certificate that the host presents.
        dns: The DNS records by label: `A`, `AAAA`, `CNAME`, `NS`, `SOA`, `MX`, `SPF`, `DMARC`, `CAA`; empty where the
            DNS was not asked.
        claims: What the pages say of their owner, by kind: `mail`, `phone`, `company`, `registration`, `address`,
            `social`.
        agreements: The consistency checks and their answers.
        answered: How many checks that show who owns the site have an answer.
        unanswered: How many checks that show who owns the site have none.
        nodes: The nodes of the link graph.
        edges: The edges of the link graph.
        nodes_left_out: How many nodes are left out, because there is a limit.
        findings: How many findings there are.
    """

    url: str
    host: Host
    requested_host: Host
    certificate: Certificate
    dns: dict[str, Records]
    claims: dict[str, list[ClaimedValue]]
    agreements: list[ConsistencyAnswer]
    answered: int
    unanswered: int
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    nodes_left_out: int
    findings: int
