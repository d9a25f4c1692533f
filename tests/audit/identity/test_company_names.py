"""Finding and comparing company names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritas.audit.identity.company_names import find_companies, find_copyright_holders, named_in, same_company


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("© 2024 Acme, Inc. All rights reserved.", ["Acme, Inc"]),
        ("Copyright © 2019–2024 by Blumen Krause GmbH | Impressum", ["Blumen Krause GmbH"]),
        ("© Acme Trading Ltd 2023", ["Acme Trading Ltd"]),
        ("Copyright (c) 2020 Foo Bar\nPowered by Shopware", ["Foo Bar"]),
        ("© 2024. All rights reserved", []),
        ("© 2024", []),
        ("Copyright law applies. (c) the seller may withdraw", []),
    ],
)
def test_copyright_holders_are_found(text: str, names: list[str]) -> None:
    assert list(find_copyright_holders(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Angaben gemäß § 5: Blumen Krause GmbH, Berlin", ["Blumen Krause GmbH"]),
        ("you buy from Acme Trading Co. Ltd. and no one else", ["Acme Trading Co. Ltd"]),
        ("we are limited by AG and Inc", []),
    ],
)
def test_company_names_with_a_legal_form_are_found(text: str, names: list[str]) -> None:
    assert list(find_companies(text)) == names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Acme", "ACME Inc.", True),
        ("Acme Trading Ltd", "Acme", True),
        ("Blumen Krause GmbH", "BlumenKrause", True),
        ("Café Société S.A.", "Cafe Societe", True),
        ("Acme Ltd", "Globex Ltd", False),
        ("GmbH", "Ltd", True),
    ],
)
def test_legal_forms_case_accents_and_spaces_do_not_distinguish_companies(one: str, other: str, same: bool) -> None:
    assert same_company(one, other) is same


@pytest.mark.parametrize(
    ("name", "label", "named"),
    [
        ("Blumen Krause GmbH", "blumen-krause", True),
        ("Acme Inc.", "acme-shop", True),
        ("International Business Machines", "ibm", True),
        ("Acme Inc.", "globex", False),
    ],
)
def test_a_domain_may_be_named_after_a_company(name: str, label: str, named: bool) -> None:
    assert named_in(name, label) is named


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_the_comparison_is_symmetric(one: str, other: str) -> None:
    assert same_company(one, one)
    assert same_company(one, other) == same_company(other, one)
