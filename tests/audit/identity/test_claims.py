"""What a page claims of its owner."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audit.facts import page as page_of
from veritas.audit.identity.claims import KINDS, Claim, claims_of, distinct, of_kind, social_profile
from veritas.audit.identity.structured_data import Markup

URL = "https://acme.example.net/"


def test_claims_come_from_links_markup_and_text() -> None:
    page = page_of(
        URL,
        text="Acme GmbH\nTel: 030 1234567\nUSt-IdNr. DE136695976\n© 2024 Acme GmbH. All rights reserved.",
        mail=["Info%40acme.com"],
        phone=["+49-30-1234567"],
        links_external=[{"url": "https://www.facebook.com/acme?ref=x"}, {"url": "https://x.com/intent/tweet"}],
    )
    markup = Markup(
        json_ld=(json.dumps({"@type": "Organization", "name": "Acme", "vatID": "DE 136 695 976"}),),
        addresses=("Main St 1 12345 Town",),
    )
    assert {(claim.kind, claim.value, claim.source) for claim in claims_of(page, markup)} == {
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
def test_profiles_are_told_from_share_links(url: str, profile: str | None) -> None:
    assert social_profile(url) == profile


def test_a_flood_of_claims_is_cut() -> None:
    page = page_of(URL, mail=[f"a{number}@acme.com" for number in range(1000)], text="© 2024 Acme")
    claims = claims_of(page)
    assert len(of_kind(claims, "mail")) == 30
    assert len(of_kind(claims, "company")) == 1


def test_the_first_page_that_says_something_is_kept() -> None:
    one, again = Claim("mail", "a@acme.com", "text", URL), Claim("mail", "a@acme.com", "text", f"{URL}imprint")
    assert distinct([one, again]) == [one]


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.text())
def test_any_page_has_claims_or_none(url: str, text: str, others: list[str], json_ld: str) -> None:
    links = [{"url": other} for other in others]
    page = page_of(url, text=text, mail=others, phone=others, links_external=links)
    for claim in claims_of(page, Markup(json_ld=(json_ld,))):
        assert claim.kind in KINDS
