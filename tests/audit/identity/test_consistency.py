"""Whether what is known of a site agrees: each question, and what makes its answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.audit.facts import page as page_of
from veritas.audit.finding import SEVERITIES, SIGNALS
from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.claim_checks import claim_questions, sells_something
from veritas.audit.identity.claims import Claim
from veritas.audit.identity.consistency import Agreement, Facts
from veritas.audit.identity.dns import Records
from veritas.audit.identity.domains import Host, host_named
from veritas.audit.identity.network_checks import network_questions
from veritas.audit.identity.url_checks import address_questions

URL = "https://www.acme.com/"
SHOP_TEXT = "Lamp $19.99 Add to cart. " * 20
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
NO_TLS = Certificate("not_applicable")
LABELS = ("A", "AAAA", "CNAME", "NS", "SOA", "MX", "SPF", "DMARC", "CAA")


def host(name: str) -> Host:
    found = host_named(name)
    assert found
    return found


def records(default: str = "found", **statuses: str) -> dict[str, Records]:
    return {label: Records("acme.com", statuses.get(label, default), ["x"], reason="asked") for label in LABELS}


def facts(name: str = "www.acme.com", *claims: Claim, **changes: Any) -> Facts:
    page = page_of(URL, text=SHOP_TEXT, canonical=URL)
    known = Facts(host(name), host(name), True, [page], claims, NO_TLS, {})
    return replace(known, **changes)


def claim(kind: str, value: str, source: str = "text", **changes: Any) -> Claim:
    return Claim(kind, value, source, URL, **changes)


def answers(agreements: Iterable[Agreement]) -> dict[str, str]:
    return {agreement.question: agreement.answer for agreement in agreements}


def marks(agreements: Iterable[Agreement]) -> dict[str, str]:
    found = [agreement.mark for agreement in agreements if agreement.mark]
    assert all(mark.severity in SEVERITIES and mark.signal in SIGNALS and 0 < mark.confidence <= 1 for mark in found)
    return {mark.kind: mark.severity for mark in found}


class TestAddresses:
    """Names, redirects, canonical links and forms."""

    def test_a_site_that_stays_at_home_has_no_mark(self) -> None:
        form = {"action": "https://shop.acme.com/order", "method": "post", "fields": [{"type": "email"}]}
        page = page_of(URL, canonical="https://acme.com/", forms=[form])
        found = list(address_questions(facts(pages=[page])))
        assert answers(found) == dict.fromkeys(("host_name", "redirect", "canonical", "forms"), "agrees")
        assert marks(found) == {}

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
    def test_a_name_that_misleads_is_marked(self, name: str, kind: str, severity: str) -> None:
        assert marks(address_questions(facts(name, pages=[]))) == {kind: severity}

    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "192.168.1.2"])
    def test_a_local_address_is_nothing_to_hold_against_a_site(self, name: str) -> None:
        assert marks(address_questions(facts(name, pages=[]))) == {}

    def test_leaving_for_another_site_is_marked(self) -> None:
        form = {"action": "https://collect.example.net/", "method": "get", "fields": [{"type": "password"}]}
        page = page_of(URL, canonical="https://globex.com/", forms=[form])
        found = list(address_questions(facts(requested=host("acme.example.org"), pages=[page])))
        assert marks(found) == {"leads_to_another_site": "low", "canonical_elsewhere": "low"}
        assert answers(found)["forms"] == "disagrees"

    def test_a_search_box_elsewhere_takes_nothing_personal(self) -> None:
        form = {"action": "https://search.example.net/", "method": "get", "fields": [{"type": "search"}]}
        assert answers(address_questions(facts(pages=[page_of(URL, forms=[form])])))["forms"] == "unknown"


class TestNetwork:
    """Certificates and the DNS."""

    def certificate(self, **changes: Any) -> dict[str, str]:
        return marks(network_questions(facts(certificate=replace(GOOD, **changes))))

    def test_a_good_certificate_agrees(self) -> None:
        found = answers(network_questions(facts(certificate=GOOD)))
        assert found == dict.fromkeys(
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
    def test_each_fault_is_marked_once(self, changes: Any, expected: dict[str, str]) -> None:
        assert self.certificate(**changes) == expected

    def test_an_incomplete_chain_is_believed_to_the_browser_only(self) -> None:
        certificate = replace(GOOD, trusted=False, incomplete=True)
        assert answers(network_questions(facts(certificate=certificate)))["certificate_trust"] == "unknown"
        unseen = facts(certificate=certificate, reached=False, pages=[])
        assert marks(network_questions(unseen)) == {"certificate_untrusted": "high"}

    def test_a_certificate_in_another_companys_name_is_marked(self) -> None:
        certificate = replace(GOOD, subject={"organization": "Globex Inc."})
        known = facts("www.acme.com", claim("company", "Acme Ltd", "copyright"), certificate=certificate)
        assert marks(network_questions(known)) == {"company_differs_from_certificate": "low"}
        known = replace(known, claims=[claim("company", "Globex", "json-ld")])
        assert answers(network_questions(known))["certificate_company"] == "agrees"

    def test_no_tls_asks_nothing_and_an_unknown_certificate_is_unknown(self) -> None:
        assert answers(network_questions(facts())) == {}
        unknown = Certificate("unknown", reason="no answer within 6 s")
        assert answers(network_questions(facts(certificate=unknown))) == {"certificate_trust": "unknown"}

    def test_a_resolver_that_does_not_know_a_host_that_was_reached_is_not_believed(self) -> None:
        known = facts(
            "www.acme.com", claim("mail", "info@acme.com"), records=records("none"), mail_reach={"acme.com": False}
        )
        found = list(network_questions(known))
        assert set(answers(found).values()) == {"unknown"}
        assert marks(found) == {}

    def test_mail_that_cannot_arrive_is_marked(self) -> None:
        known = facts("www.acme.com", claim("mail", "a@gone.org"), records=records(), mail_reach={"gone.org": False})
        assert marks(network_questions(known)) == {"mail_undeliverable": "medium"}
        assert (
            answers(network_questions(replace(known, mail_reach={"gone.org": None})))["mail_deliverable"] == "unknown"
        )

    def test_a_mail_domain_without_protection_is_marked_where_it_is_used(self) -> None:
        unprotected = records(SPF="none", DMARC="none")
        known = facts(
            "www.acme.com", claim("mail", "info@acme.com"), records=unprotected, mail_reach={"acme.com": True}
        )
        assert marks(network_questions(known)) == {"mail_forgeable": "low"}
        assert marks(network_questions(replace(known, claims=[]))) == {}
        assert answers(network_questions(replace(known, records=records())))["mail_protected"] == "agrees"
        silent = replace(known, records=records(SPF="unknown"))
        assert answers(network_questions(silent))["mail_protected"] == "unknown"


class TestClaims:
    """What pages say of themselves."""

    def test_a_shop_that_says_who_it_is_agrees_throughout(self) -> None:
        known = facts(
            "www.acme.com",
            claim("mail", "info@acme.com"),
            claim("company", "Acme Ltd", "json-ld"),
            claim("company", "ACME", "copyright"),
            claim("registration", "DE136695976", valid=True),
            claim("social", "x.com/acmeshop", "link"),
        )
        found = list(claim_questions(known))
        assert set(answers(found).values()) == {"agrees"}
        assert marks(found) == {}

    def test_nobody_to_reach_is_marked_and_more_so_in_a_shop(self) -> None:
        assert marks(claim_questions(facts())) == {"contact_missing": "medium"}
        page = page_of(URL, text="Thoughts on lamps. " * 20)
        assert marks(claim_questions(facts(pages=[page]))) == {"contact_missing": "low"}

    def test_contact_data_may_stand_on_a_page_that_was_not_read(self) -> None:
        links = [{"url": f"{URL}impressum", "text": "Impressum"}]
        page = page_of(URL, text=SHOP_TEXT, links_internal=links)
        assert answers(claim_questions(facts(pages=[page])))["contact"] == "unknown"
        read = facts(pages=[page, page_of(f"{URL}impressum", text=SHOP_TEXT)])
        assert marks(claim_questions(read)) == {"contact_missing": "medium"}

    def test_a_mail_address_alone_is_not_all_that_a_shop_owes(self) -> None:
        known = facts("www.acme.com", claim("mail", "info@acme.com"))
        assert marks(claim_questions(known)) == {"contact_incomplete": "low"}

    def test_a_contact_form_is_a_way_to_reach_somebody(self) -> None:
        form = {"action": URL, "method": "post", "fields": [{"type": "textarea"}]}
        page = page_of(URL, text=SHOP_TEXT, forms=[form])
        assert (
            answers(claim_questions(facts("acme.com", claim("company", "Acme", "copyright"), pages=[page])))["contact"]
            == "agrees"
        )

    def test_a_page_with_little_text_misses_nothing(self) -> None:
        assert answers(claim_questions(facts(pages=[page_of(URL, text="$1 Buy now")])))["contact"] == "unknown"

    def test_without_pages_nothing_is_asked(self) -> None:
        assert list(claim_questions(facts(pages=[]))) == []

    @pytest.mark.parametrize(
        ("name", "mail", "expected"),
        [
            ("www.acme.com", "info@acme.com", {}),
            ("www.acme.com", "info@mail.acme.com", {}),
            ("www.acme.com", "info@acme.de", {}),
            ("www.acme.com", "acme@gmail.com", {"mail_at_freemail": "low"}),
            ("www.acme.com", "acme@globex.com", {"mail_at_other_domain": "low"}),
            ("www.acme.com", "acme@mailinator.com", {"mail_disposable": "high"}),
            ("localhost", "acme@globex.com", {}),
            ("acme.blogspot.com", "acme@globex.com", {}),
        ],
    )
    def test_mail_is_compared_with_the_sites_own_domain(self, name: str, mail: str, expected: dict[str, str]) -> None:
        known = facts(name, claim("mail", mail), claim("company", "Acme", "copyright"))
        assert marks(claim_questions(known)) == expected

    def test_different_owners_are_marked_and_mentions_are_not_owners(self) -> None:
        contact = (claim("mail", "a@acme.com"), claim("company", "Acme Ltd", "json-ld"))
        mention = claim("company", "Klarna AG", "mention")
        assert marks(claim_questions(facts("acme.com", *contact, mention))) == {}
        owner = claim("company", "Globex Inc.", "copyright")
        assert marks(claim_questions(facts("acme.com", *contact, owner))) == {"company_names_differ": "low"}

    def test_one_source_alone_agrees_with_nobody(self) -> None:
        known = facts("acme.com", claim("company", "Acme Ltd", "copyright"))
        assert answers(claim_questions(known))["company_names"] == "unknown"

    def test_a_register_number_that_cannot_exist_is_marked(self) -> None:
        wrong = claim("registration", "DE123456789", scheme="VAT DE", valid=False)
        assert "registration_number_invalid" in marks(claim_questions(facts("acme.com", wrong)))
        unchecked = claim("registration", "12345B", scheme="HRB")
        assert answers(claim_questions(facts("acme.com", unchecked)))["registration_numbers"] == "unknown"


@pytest.mark.parametrize(
    ("text", "sells"),
    [
        ("Lamp 19,99 € In den Warenkorb", True),
        ("Only £5. Checkout", True),
        ("A lamp cost $19.99 in 1950", False),
        ("Checkout opens soon", False),
    ],
)
def test_a_shop_has_prices_and_offers_to_buy(text: str, sells: bool) -> None:
    assert sells_something([page_of(URL, text=text)]) is sells
