"""A public page that asks for private addresses is a finding, and a local one is not."""

from __future__ import annotations

import pytest

from tests.audit import facts
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.refusal import Refusal
from veritas.audit.finding import Finding
from veritas.audit.private_requests import private_requests

SHOP = "https://shop.example.com/"
LOOPBACK = Refusal("127.0.0.1", 9200, "127.0.0.1", "loopback", True, "127.0.0.1:9200 is a loopback address")
METADATA = Refusal("169.254.169.254", 80, "169.254.169.254", "cloud metadata", True, "169.254.169.254:80 is one")
BY_NAME = Refusal("ads.example.net", 443, "10.0.0.1", "private", False, "ads.example.net:443 leads to 10.0.0.1")
BLOCKED = Refusal("ads.example.net", 443, "0.0.0.0", "unspecified", False, "ads.example.net:443 leads to 0.0.0.0")


def findings(*refusals: Refusal, url: str = SHOP) -> list[Finding]:
    """Return the findings for a page at *url* after these refusals."""
    guard = Guard()
    guard.refusals.extend(refusals)
    page = facts.page(url, requests=[{"url": "http://127.0.0.1:9200/x.js", "resource_type": "script"}])
    return list(private_requests(guard, url, [page]))


def test_the_page_and_the_kind_of_request_are_named() -> None:
    """With every host in the evidence."""
    (finding,) = findings(LOOPBACK, BY_NAME)
    assert (finding.kind, finding.severity, finding.confidence) == ("private_network_requests", "medium", 0.9)
    assert finding.url == SHOP and f"requested by '{SHOP}' as script" in finding.detail
    assert "2 private hosts" in finding.detail
    hosts = [each["host"] for each in finding.evidence["measured"]["hosts"]]
    assert hosts == ["127.0.0.1:9200", "ads.example.net:443"]


def test_the_order_of_connections_changes_nothing() -> None:
    """It is an accident, so two audits of one site have the same finding."""
    assert findings(LOOPBACK, BY_NAME) == findings(BY_NAME, LOOPBACK)


def test_an_address_has_other_spellings_in_a_request() -> None:
    """The guard has the normal one."""
    guard = Guard()
    guard.refusals.append(LOOPBACK)
    page = facts.page(SHOP, requests=[{"url": "http://[::ffff:7f00:1]:9200/x.js", "resource_type": "script"}])
    (finding,) = private_requests(guard, SHOP, [page])
    assert "as script" in finding.detail


def test_a_request_for_credentials_is_worse() -> None:
    """An address at which a cloud gives them to its machines."""
    (finding,) = findings(LOOPBACK, METADATA)
    assert finding.severity == "high" and "169.254.169.254:80" in finding.detail


def test_a_name_that_leads_there_here_is_less_certain() -> None:
    """It may be this machine's resolver that says so; one that blocks hosts is no evidence at all."""
    (finding,) = findings(BY_NAME)
    assert finding.confidence == 0.5
    assert findings(BLOCKED) == []


@pytest.mark.parametrize("url", ["http://localhost:3000/", "http://192.168.0.1/", "http://intranet/"])
def test_a_local_page_may_ask_for_its_neighbours(url: str) -> None:
    """Its requests are refused, and are no finding."""
    assert findings(LOOPBACK, url=url) == []


def test_nothing_refused_is_no_finding() -> None:
    """As on most pages."""
    assert findings() == []
