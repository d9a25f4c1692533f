"""The graph phase with a real browser, name server and TLS, all on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.audit import facts
from tests.audit.identity.authority import Authority, serving
from tests.audit.identity.name_server import NameServer, Zone, name_server
from tests.browsers import open_local_guard
from veritas.audit import graph
from veritas.audit.browser import Browser
from veritas.audit.egress.guard import Guard
from veritas.audit.finding import Finding
from veritas.audit.network import Network
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.summaries import ScoutSummary
from veritas.audit.tier import TIERS
from veritas.audit.time_limits import Deadline
from veritas.config import Settings
from veritas.errors import InvalidUrl

SHOP = "www.acme.com"
ZONE: Zone = {
    SHOP: {"A": ["127.0.0.1"]},
    "acme.com": {"MX": ["10 mail.acme.com."], "NS": ["ns.acme.net."], "TXT": ['"v=spf1 -all"']},
    "_dmarc.acme.com": {"TXT": ['"v=DMARC1; p=reject"']},
}
IMPRINT = """<!doctype html><title>Lamps</title>
<script type="application/ld+json">{"@type": "Organization", "name": "Acme Ltd", "telephone": "+49 30 1234567"}</script>
<p>A lamp for $19.99. <button>Add to cart</button></p>
<address>Acme Ltd<br>Main Street 1<br>12345 Town</address>
<footer>© 2025 Acme Ltd. All rights reserved. VAT: DE136695976 <a href="mailto:info@acme.com">Mail</a></footer>"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return a certificate authority for all tests in this module."""
    return Authority(tmp_path_factory.mktemp("authority"))


def without_browser(guard: Guard) -> Any:
    """Return what the phase needs of a browser that visits nothing."""
    return SimpleNamespace(guard=guard)


class Recorded:
    """A phase's context and the steps that the phase emits."""

    def __init__(self, browser: Browser, url: str, scout: ScoutSummary | None, tier: str = "quick_scan") -> None:
        self.steps: list[tuple[str, float]] = []
        self.context = PhaseContext(
            phase="graph",
            url=url,
            tier=TIERS[tier],
            browser=browser,
            emit=lambda step, pct, detail="", **fields: self.steps.append((step, pct)),
            summaries=Summaries(scout=scout),
        )

    @property
    def findings(self) -> dict[str, Finding]:
        return {finding.kind: finding for finding in self.context.findings}


def answers(summary: dict[str, Any]) -> dict[str, str]:
    return {check["question"]: check["answer"] for check in summary["agreements"]}


async def run(context: PhaseContext, **options: Any) -> dict[str, Any]:
    """Run the phase and return its summary as JSON values."""
    return facts.as_json(await graph.run(context, **options))


def scouted(url: str, **page: Any) -> ScoutSummary:
    """Return the scout's summary of one page."""
    return facts.scouted(facts.page(url, **page))


@asynccontextmanager
async def shop(authority: Authority, *names: str, **issued: Any) -> AsyncIterator[tuple[str, NameServer]]:
    """Run the name server and a TLS server for a shop; yield its URL and the name server."""
    async with name_server(ZONE) as server, serving(authority.issue(*(names or (SHOP,)), **issued)) as port:
        yield f"https://{SHOP}:{port}/", server


async def test_the_start_pages_structured_data_is_read(guard: Guard, browser: Browser, site: Any) -> None:
    url = site.page("/", IMPRINT)
    text = "A lamp for $19.99. Add to cart\nAcme Ltd\n© 2025 Acme Ltd. All rights reserved. VAT: DE136695976"
    recorded = Recorded(
        browser, url, scouted(url, text=text, mail=["info@acme.com"], third_party_hosts=["cdn.example.net"])
    )
    summary = await run(recorded.context)
    assert summary["claims"]["phone"] == [{"value": "+49301234567", "sources": ["json-ld"], "url": url}]
    assert summary["claims"]["company"][0]["sources"] == ["json-ld", "copyright", "mention"]
    assert summary["claims"]["registration"][0]["valid"] is True
    assert answers(summary) | {
        "company_names": "agrees",
        "registration_numbers": "agrees",
        "contact": "agrees",
    } == answers(summary)
    assert (summary["certificate"]["status"], summary["dns"]) == ("not_applicable", {})
    assert summary["host"]["kind"] == "ipv4" and summary["host"]["registrable"] is None
    assert {"id": "third_party:example.net", "kind": "third_party", "label": "example.net"} in summary["nodes"]
    assert recorded.findings == {} and summary["findings"] == 0
    assert [step for step, _ in recorded.steps] == ["asking", "comparing"]
    assert all(60 <= pct <= 75 for _, pct in recorded.steps)


async def test_a_shop_without_an_owner_is_a_finding_and_answers_no_question(browser: Browser, site: Any) -> None:
    url = site.page("/", "<p>Lamps</p>")
    recorded = Recorded(browser, url, scouted(url, text="A lamp for $19.99. Add to cart. " * 10))
    summary = await run(recorded.context)
    finding = recorded.findings["contact_missing"]
    assert (finding.phase, finding.signal, finding.severity, finding.url) == ("graph", "meta", "medium", url)
    assert summary["answered"] == 0


async def test_if_a_page_cannot_be_fetched_again_its_text_is_read(browser: Browser, site: Any) -> None:
    url = site.page("/", IMPRINT, status=503)
    summary = await run(Recorded(browser, url, scouted(url, text="© 2025 Acme Ltd")).context)
    assert [company["sources"] for company in summary["claims"]["company"]] == [["copyright", "mention"]]


async def test_the_structured_data_of_an_imprint_is_read_too(browser: Browser, site: Any) -> None:
    url, imprint = site.page("/", "<p>Lamps</p>"), site.page("/imprint", IMPRINT)
    scout = facts.scouted(facts.page(url, text="Lamps"), facts.page(site.url("/lamps")), facts.page(imprint))
    summary = await run(Recorded(browser, url, scout, "standard_audit").context)
    assert summary["claims"]["phone"] == [{"value": "+49301234567", "sources": ["json-ld"], "url": imprint}]
    assert [path for _, path, _ in site.requests] == ["/", "/imprint"]


async def test_without_a_scout_only_the_url_is_checked(guard: Guard, authority: Authority) -> None:
    async with shop(authority) as (url, server):
        recorded = Recorded(without_browser(guard), url, None)
        summary = await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert summary["certificate"]["trusted"] is True
    assert summary["dns"]["MX"]["values"] == ["10 mail.acme.com."]
    assert answers(summary) | {"certificate_trust": "agrees", "host_in_dns": "agrees"} == answers(summary)
    assert summary["answered"] == 4
    assert "contact" not in answers(summary)
    assert recorded.findings == {}


async def test_an_error_page_makes_no_claims(guard: Guard, authority: Authority) -> None:
    async with shop(authority) as (url, server):
        scout = scouted(url, text="Not found. " * 50, status=404)
        recorded = Recorded(without_browser(guard), url, scout)
        summary = await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert "contact" not in answers(summary)
    assert summary["certificate"]["trusted"] is True


async def test_mail_and_certificate_are_compared_with_the_pages_claims(
    guard: Guard, authority: Authority, browser: Browser
) -> None:
    async with shop(authority, organization="Globex Inc.") as (url, server):
        page = {"text": "© 2025 Acme Ltd", "mail": ["info@acme.com", "old@gone.acme.org"]}
        recorded = Recorded(browser, url, scouted(url, **page))
        summary = await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert answers(summary) | {"mail_domain": "agrees", "mail_protected": "agrees"} == answers(summary)
    assert set(recorded.findings) == {"company_differs_from_certificate", "mail_undeliverable"}
    assert recorded.findings["mail_undeliverable"].evidence == {"measured": {"domains": ["gone.acme.org"]}}


@pytest.mark.parametrize(
    ("names", "issued", "kind"),
    [
        ((SHOP,), {"starts": -90, "ends": -1}, "certificate_expired"),
        ((SHOP,), {"starts": 5, "ends": 90}, "certificate_not_yet_valid"),
        (("other.example.net",), {}, "certificate_wrong_host"),
        ((SHOP,), {"self_signed": True}, "certificate_untrusted"),
    ],
)
async def test_an_invalid_certificate_is_a_finding(
    guard: Guard, authority: Authority, names: tuple[str, ...], issued: dict[str, Any], kind: str
) -> None:
    async with shop(authority, *names, **issued) as (url, server):
        recorded = Recorded(without_browser(guard), url, None)
        await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert {finding_kind: finding.severity for finding_kind, finding in recorded.findings.items()} == {kind: "high"}
    assert recorded.findings[kind].signal == "graph"


async def test_with_a_silent_resolver_all_records_are_unknown(guard: Guard, authority: Authority) -> None:
    async with name_server(ZONE) as server:
        server.silent.add(SHOP)
        recorded = Recorded(without_browser(guard), f"https://{SHOP}/", None)
        async with asyncio.timeout(30):
            summary = await run(recorded.context, resolver=server.resolver)
    assert {records["status"] for records in summary["dns"].values()} == {"unknown"}
    assert summary["certificate"]["reason"].startswith("no connection: ")
    assert summary["answered"] == 0
    assert recorded.findings == {}


async def test_a_url_without_a_host_is_an_error(guard: Guard) -> None:
    with pytest.raises(InvalidUrl, match="names no host"):
        await run(Recorded(without_browser(guard), "https://[zz]/", None).context)


async def test_behind_a_proxy_the_certificate_is_unknown(guard: Guard, authority: Authority) -> None:
    """The proxy can present its own, so nothing that is seen outside the browser counts; neither does its absence."""
    async with shop(authority, "www.acme.com") as (url, server):
        recorded = Recorded(without_browser(guard), url, None)
        async with open_local_guard(Network.of(Settings(proxy="http://p.test"))) as proxied:
            recorded = Recorded(without_browser(proxied), url, None)
            summary = await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert summary["certificate"]["status"] == "unknown" and "proxy" in summary["certificate"]["reason"]
    assert answers(summary)["certificate_trust"] == "unknown"
    assert not {kind for kind in recorded.findings if kind.startswith("certificate")}


async def test_queries_end_at_the_deadline(browser: Browser, authority: Authority) -> None:
    """What is not answered by then is unknown, and the phase says that it had too little time."""
    async with shop(authority) as (url, server):
        recorded = Recorded(browser, url, scouted(url, text="A lamp for $19.99."))
        recorded.context.deadline = Deadline(0)
        summary = await run(recorded.context, resolver=server.resolver, trust=authority.trust)
    assert recorded.context.deadline.is_missed
    assert summary["certificate"]["status"] == "unknown"
    assert {records["status"] for records in summary["dns"].values()} == {"unknown"}
    assert summary["claims"]["mail"] == []
