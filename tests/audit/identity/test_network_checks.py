"""The consistency checks of certificate and DNS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.audit.identity.site_facts import answers, claim, facts, findings
from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.dns import Records
from veritas.audit.identity.network_checks import check_network

GOOD = Certificate(
    "found",
    trusted=True,
    host_matches=True,
    issuer={"organization": "Test Trust Services"},
    not_before="2025-01-01T00:00:00+00:00",
    not_after="2025-04-01T00:00:00+00:00",
    days_left=60,
    days_total=90,
    key="EC secp256r1",
)
LABELS = ("A", "AAAA", "CNAME", "NS", "SOA", "MX", "SPF", "DMARC", "CAA")


def records(default: str = "found", **statuses: str) -> dict[str, Records]:
    return {label: Records("acme.com", statuses.get(label, default), ["x"], reason="asked") for label in LABELS}


def certificate_findings(**changes: Any) -> dict[str, str]:
    return findings(check_network(facts(certificate=replace(GOOD, **changes))))


def test_a_good_certificate_agrees() -> None:
    by_question = answers(check_network(facts(certificate=GOOD)))
    assert by_question == dict.fromkeys(
        ("certificate_dates", "certificate_names", "certificate_trust", "certificate_strength"), "agrees"
    ) | {"certificate_company": "unknown"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"days_left": -1, "trusted": False}, {"certificate_expired": "high"}),
        ({"days_left": 91, "trusted": False}, {"certificate_not_yet_valid": "high"}),
        ({"host_matches": False, "trusted": False}, {"certificate_wrong_host": "high"}),
        ({"trusted": False, "self_signed": True}, {"certificate_untrusted": "high"}),
        ({"days_left": 2}, {"renewal_overdue": "low"}),
        ({"days_left": 2, "days_total": 6}, {}),
        ({"weaknesses": ["its RSA key has 1024 bits"]}, {"certificate_weak": "medium"}),
        ({"trusted": False, "incomplete": True}, {}),
    ],
)
def test_each_fault_of_a_certificate_is_one_finding(changes: Any, expected: dict[str, str]) -> None:
    assert certificate_findings(**changes) == expected


def test_an_incomplete_chain_is_unknown_if_the_browser_accepted_it() -> None:
    certificate = replace(GOOD, trusted=False, incomplete=True)
    assert answers(check_network(facts(certificate=certificate)))["certificate_trust"] == "unknown"
    unreached = facts(certificate=certificate, reached=False, pages=[])
    assert findings(check_network(unreached)) == {"certificate_untrusted": "high"}


def test_a_certificate_for_another_company_is_a_finding() -> None:
    certificate = replace(GOOD, subject={"organization": "Globex Inc."})
    site = facts("www.acme.com", claim("company", "Acme Ltd", "copyright"), certificate=certificate)
    assert findings(check_network(site)) == {"company_differs_from_certificate": "low"}
    site = replace(site, claims=[claim("company", "Globex", "json-ld")])
    assert answers(check_network(site))["certificate_company"] == "agrees"


def test_without_tls_there_is_no_certificate_check() -> None:
    assert answers(check_network(facts())) == {}
    unknown = Certificate("unknown", reason="no answer within 6 s")
    assert answers(check_network(facts(certificate=unknown))) == {"certificate_trust": "unknown"}


def test_a_resolver_that_does_not_know_a_reached_host_is_not_trusted() -> None:
    site = facts(
        "www.acme.com", claim("mail", "info@acme.com"), records=records("none"), accepts_mail={"acme.com": False}
    )
    checks = list(check_network(site))
    assert set(answers(checks).values()) == {"unknown"}
    assert findings(checks) == {}


def test_undeliverable_mail_is_a_finding() -> None:
    site = facts("www.acme.com", claim("mail", "a@gone.org"), records=records(), accepts_mail={"gone.org": False})
    assert findings(check_network(site)) == {"mail_undeliverable": "medium"}
    assert answers(check_network(replace(site, accepts_mail={"gone.org": None})))["mail_deliverable"] == "unknown"


def test_a_used_mail_domain_without_spf_and_dmarc_is_a_finding() -> None:
    unprotected = records(SPF="none", DMARC="none")
    site = facts("www.acme.com", claim("mail", "info@acme.com"), records=unprotected, accepts_mail={"acme.com": True})
    assert findings(check_network(site)) == {"mail_forgeable": "low"}
    assert findings(check_network(replace(site, claims=[]))) == {}
    assert answers(check_network(replace(site, records=records())))["mail_protected"] == "agrees"
    unknown = replace(site, records=records(SPF="unknown"))
    assert answers(check_network(unknown))["mail_protected"] == "unknown"


def test_a_host_that_only_the_proxy_knows_is_unknown_to_the_dns() -> None:
    """Without a proxy, a host that neither the browser nor the resolver reaches is a finding."""
    for changes, answer, found in (({"proxied": True}, "unknown", {}), ({}, "disagrees", {"host_not_in_dns": "info"})):
        checks = list(check_network(facts(reached=False, records=records("none"), **changes)))
        assert answers(checks)["host_in_dns"] == answer
        assert findings(checks) == found
