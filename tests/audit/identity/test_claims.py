"""Claims of pages about their owner."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audit.facts import page as page_of
from veritas.audit.identity.claims import KINDS, OwnerClaim, claims_of, distinct, of_kind, social_profile
from veritas.audit.identity.structured_data import StructuredData

URL = "https://acme.example.net/"


def test_claims_come_from_links_structured_data_and_text() -> None:
    page = page_of(
        URL,
        text="Acme GmbH\nTel: 030 1234567\nUSt-IdNr. DE136695976\n© 2024 Acme GmbH. All rights reserved.",
        mail=["Info%40acme.com"],
        phone=["+49-30-1234567"],
        links_external=[{"url": "https://www.facebook.com/acme?ref=x"}, {"url": "https://x.com/intent/tweet"}],
    )
    data = StructuredData(
        json_ld=(json.dumps({"@type": "Organization", "name": "Acme", "vatID": "DE 136 695 976"}),),
        addresses=("Main St 1 12345 Town",),
    )
    assert {(claim.kind, claim.value, claim.source) for claim in claims_of(page, data)} == {
        ("mail", "info@acme.com", "link"),
        ("phone", "+49301234567", "link"),
        ("phone", "0301234567", "text"),
        ("company", "Acme", "json-ld"),
        ("company", "Acme GmbH", "copyright"),
        ("company", "Acme GmbH", "mention"),
        ("registration", "DE136695976", "json-ld"),
        ("registration", "DE136695976", "text"),
        ("address", "Main St 1 12345 Town", "markup"),
        ("social", "facebook.com/acme", "link"),
    }


@pytest.mark.parametrize(
    ("url", "profile"),
    [
        ("https://www.instagram.com/acme/", "instagram.com/acme"),
        ("https://de.linkedin.com/company/acme/about", "linkedin.com/company/acme"),
        ("https://twitter.com/share?url=x", None),
        ("https://www.facebook.com/sharer/sharer.php", None),
        ("https://www.facebook.com/", None),
        ("https://facebook.com.example.net/acme", None),
        ("https://example.net/acme", None),
    ],
)
def test_share_links_are_not_profiles(url: str, profile: str | None) -> None:
    assert social_profile(url) == profile


def test_the_number_of_claims_is_limited() -> None:
    page = page_of(URL, mail=[f"a{number}@acme.com" for number in range(1000)], text="© 2024 Acme")
    claims = claims_of(page)
    assert len(of_kind(claims, "mail")) == 30
    assert len(of_kind(claims, "company")) == 1


def test_a_repeated_claim_is_kept_with_its_first_page() -> None:
    first = OwnerClaim("mail", "a@acme.com", "text", URL)
    repeated = OwnerClaim("mail", "a@acme.com", "text", f"{URL}imprint")
    assert distinct([first, repeated]) == [first]


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.text())
def test_no_page_makes_the_search_for_claims_fail(url: str, text: str, others: list[str], json_ld: str) -> None:
    links = [{"url": other} for other in others]
    page = page_of(url, text=text, mail=others, phone=others, links_external=links)
    for claim in claims_of(page, StructuredData(json_ld=(json_ld,))):
        assert claim.kind in KINDS
