"""Organisations in JSON-LD, also in hostile JSON-LD."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritas.audit.identity.structured_data import (
    Organization,
    StructuredData,
    find_organizations,
    read_structured_data,
)

ACME = {
    "@type": "OnlineStore",
    "name": "Acme",
    "legalName": "Acme Ltd",
    "email": "info@acme.com",
    "contactPoint": [{"@type": "ContactPoint", "telephone": "+49 30 1234567"}],
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "Main St 1",
        "postalCode": "12345",
        "addressLocality": "Town",
    },
    "vatID": "DE136695976",
    "sameAs": ["https://x.com/acme"],
}
ACME_ORGANIZATION = Organization(
    names=("Acme Ltd", "Acme"),
    mail=("info@acme.com",),
    phones=("+49 30 1234567",),
    addresses=("Main St 1, 12345, Town",),
    registrations=("DE136695976",),
    profiles=("https://x.com/acme",),
)


@pytest.mark.parametrize(
    "value",
    [
        ACME,
        [ACME],
        {"@graph": [{"@type": "WebPage"}, ACME]},
        {"@type": "WebSite", "publisher": ACME},
        ACME | {"@type": ["Thing", "LocalBusiness"]},
    ],
)
def test_the_pages_own_organisation_is_found(value: Any) -> None:
    assert find_organizations([json.dumps(value)]) == [ACME_ORGANIZATION]


@pytest.mark.parametrize(
    "value",
    [
        {"@type": "Product", "brand": ACME, "manufacturer": ACME},
        {"@type": "Review", "author": ACME},
        {"@type": "Person", "name": "Acme"},
        {"@type": "Organization"},
        {"@type": "Organization", "name": 5, "email": {"a": 1}, "address": [None], "sameAs": True},
    ],
)
def test_other_organisations_are_ignored(value: Any) -> None:
    assert find_organizations([json.dumps(value)]) == []


@pytest.mark.parametrize("script", ["", "{", "[" * 100_000, "null", "5", '"text"', "1e999", '{"@type": 5}'])
def test_invalid_json_ld_is_ignored(script: str) -> None:
    assert find_organizations([script]) == []


def test_structured_data_is_read_from_html() -> None:
    page = """<SCRIPT nonce=x type='application/ld+json'>{"a": "<b>"}</SCRIPT> <script>var x = 1</script>
        <script type="application/ld+json">{}</script> <address class=a>A &amp; B<br>Main St 1</address>
        <address> </address> <address>never closed"""
    assert read_structured_data(page) == StructuredData(json_ld=('{"a": "<b>"}', "{}"), addresses=("A & B Main St 1",))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["<script type=application/ld+json>", "</script>", "<address>", "</address>", "<", "x"]))
)
def test_no_html_makes_the_parser_fail(parts: list[str]) -> None:
    data = read_structured_data("".join(parts))
    assert len(data.json_ld) <= 20 and len(data.addresses) <= 20


def test_nesting_and_size_are_bounded() -> None:
    deep: Any = ACME
    for _ in range(50):
        deep = {"@graph": [deep]}
    assert find_organizations([json.dumps(deep)]) == []
    assert len(find_organizations([json.dumps([[ACME] * 20] * 20)])) <= 500
