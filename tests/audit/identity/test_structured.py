"""Organisations in JSON-LD, hostile JSON-LD among it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from veritas.audit.identity.structured import Organization, find_organizations

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
FOUND = Organization(
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
def test_the_pages_own_organisation_is_found_wherever_it_stands(value: Any) -> None:
    assert find_organizations([json.dumps(value)]) == [FOUND]


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
def test_others_organisations_are_not_the_pages(value: Any) -> None:
    assert find_organizations([json.dumps(value)]) == []


@pytest.mark.parametrize("scripts", [None, 5, {}, "x", [None, 5, "{", "[" * 100_000, "null", '"text"', "1e999"]])
def test_broken_json_ld_is_passed_over(scripts: Any) -> None:
    assert find_organizations(scripts) == []


def test_nesting_and_size_are_bounded() -> None:
    deep: Any = ACME
    for _ in range(50):
        deep = {"@graph": [deep]}
    assert find_organizations([json.dumps(deep)]) == []
    assert len(find_organizations([json.dumps([[ACME] * 20] * 20)])) <= 500
