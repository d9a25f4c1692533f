"""The consistency checks of URLs: host names, redirects, canonical links and forms."""

from __future__ import annotations

import pytest

from tests.audit.facts import page as page_of
from tests.audit.identity.site_facts import URL, answers, facts, findings, host
from veritas.audit.identity.url_checks import check_urls


def test_a_site_whose_urls_stay_on_it_has_no_finding() -> None:
    form = {"action": "https://shop.acme.com/order", "method": "post", "fields": [{"type": "email"}]}
    page = page_of(URL, canonical="https://acme.com/", forms=[form])
    checks = list(check_urls(facts(pages=[page])))
    assert answers(checks) == dict.fromkeys(("host_name", "redirect", "canonical", "forms"), "agrees")
    assert findings(checks) == {}


@pytest.mark.parametrize(
    ("name", "kind", "severity"),
    [
        ("pаypal.com", "host_mixed_scripts", "high"),
        ("аррӏе.com", "host_latin_lookalike", "high"),
        ("www.paypal.com.login.example.tk", "host_embedded_domain", "medium"),
        ("8.8.8.8", "host_is_address", "medium"),
        ("bücher.de", "host_internationalised", "info"),
    ],
)
def test_a_misleading_host_name_is_a_finding(name: str, kind: str, severity: str) -> None:
    assert findings(check_urls(facts(name, pages=[]))) == {kind: severity}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "192.168.1.2"])
def test_a_local_host_is_not_a_finding(name: str) -> None:
    assert findings(check_urls(facts(name, pages=[]))) == {}


def test_urls_that_lead_to_another_site_are_findings() -> None:
    form = {"action": "https://collect.example.net/", "method": "get", "fields": [{"type": "password"}]}
    page = page_of(URL, canonical="https://globex.com/", forms=[form])
    checks = list(check_urls(facts(requested=host("acme.example.org"), pages=[page])))
    assert findings(checks) == {"leads_to_another_site": "low", "canonical_elsewhere": "low"}
    assert answers(checks)["forms"] == "disagrees"


def test_a_search_form_to_another_site_asks_for_no_personal_data() -> None:
    form = {"action": "https://search.example.net/", "method": "get", "fields": [{"type": "search"}]}
    assert answers(check_urls(facts(pages=[page_of(URL, forms=[form])])))["forms"] == "unknown"
