"""The consistency checks of what pages claim about their owner."""

from __future__ import annotations

import pytest

from tests.audit.facts import page as page_of
from tests.audit.identity.site_facts import SHOP_TEXT, URL, answers, claim, facts, findings
from veritas.audit.identity.claim_checks import check_claims, is_shop


def test_consistent_claims_of_a_shop_all_agree() -> None:
    site = facts(
        "www.acme.com",
        claim("mail", "info@acme.com"),
        claim("company", "Acme Ltd", "json-ld"),
        claim("company", "ACME", "copyright"),
        claim("registration", "DE136695976", valid=True),
        claim("social", "x.com/acmeshop", "link"),
    )
    checks = list(check_claims(site))
    assert set(answers(checks).values()) == {"agrees"}
    assert findings(checks) == {}


def test_missing_contact_data_is_more_severe_in_a_shop() -> None:
    assert findings(check_claims(facts())) == {"contact_missing": "medium"}
    page = page_of(URL, text="Thoughts on lamps. " * 20)
    assert findings(check_claims(facts(pages=[page]))) == {"contact_missing": "low"}


def test_contact_data_is_unknown_if_a_contact_page_was_not_visited() -> None:
    links = [{"url": f"{URL}impressum", "text": "Impressum"}]
    page = page_of(URL, text=SHOP_TEXT, links_internal=links)
    assert answers(check_claims(facts(pages=[page])))["contact"] == "unknown"
    visited = facts(pages=[page, page_of(f"{URL}impressum", text=SHOP_TEXT)])
    assert findings(check_claims(visited)) == {"contact_missing": "medium"}


def test_a_shop_needs_more_contact_data_than_a_mail_address() -> None:
    site = facts("www.acme.com", claim("mail", "info@acme.com"))
    assert findings(check_claims(site)) == {"contact_incomplete": "low"}


def test_a_contact_form_is_contact_data() -> None:
    form = {"action": URL, "method": "post", "fields": [{"type": "textarea"}]}
    page = page_of(URL, text=SHOP_TEXT, forms=[form])
    assert (
        answers(check_claims(facts("acme.com", claim("company", "Acme", "copyright"), pages=[page])))["contact"]
        == "agrees"
    )


def test_on_a_page_with_little_text_contact_data_is_unknown() -> None:
    assert answers(check_claims(facts(pages=[page_of(URL, text="$1 Buy now")])))["contact"] == "unknown"


def test_without_pages_there_are_no_checks() -> None:
    assert list(check_claims(facts(pages=[]))) == []


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
def test_mail_is_compared_with_the_sites_own_domain(name: str, mail: str, expected: dict[str, str]) -> None:
    site = facts(name, claim("mail", mail), claim("company", "Acme", "copyright"))
    assert findings(check_claims(site)) == expected


def test_different_owners_are_a_finding_but_mentions_are_not_owners() -> None:
    contact = (claim("mail", "a@acme.com"), claim("company", "Acme Ltd", "json-ld"))
    mention = claim("company", "Klarna AG", "mention")
    assert findings(check_claims(facts("acme.com", *contact, mention))) == {}
    owner = claim("company", "Globex Inc.", "copyright")
    assert findings(check_claims(facts("acme.com", *contact, owner))) == {"company_names_differ": "low"}


def test_a_company_name_from_one_source_is_unknown() -> None:
    site = facts("acme.com", claim("company", "Acme Ltd", "copyright"))
    assert answers(check_claims(site))["company_names"] == "unknown"


def test_an_invalid_register_number_is_a_finding() -> None:
    invalid = claim("registration", "DE123456789", scheme="VAT DE", valid=False)
    assert "registration_number_invalid" in findings(check_claims(facts("acme.com", invalid)))
    unchecked = claim("registration", "12345B", scheme="HRB")
    assert answers(check_claims(facts("acme.com", unchecked)))["registration_numbers"] == "unknown"


@pytest.mark.parametrize(
    ("text", "sells"),
    [
        ("Lamp 19,99 € In den Warenkorb", True),
        ("Only £5. Checkout", True),
        ("A lamp cost $19.99 in 1950", False),
        ("Checkout opens soon", False),
    ],
)
def test_a_shop_shows_prices_and_sells(text: str, sells: bool) -> None:
    assert is_shop([page_of(URL, text=text)]) is sells
