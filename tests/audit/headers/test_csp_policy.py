"""Content security policies are parsed and merged by fixed rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.headers.csp_policy import (
    MAX_POLICIES,
    InvalidPolicy,
    parse_meta_policies,
    parse_policies,
    split_policies,
)


def test_directives_and_sources_are_lower_case() -> None:
    """Names do not depend on case, empty directives do not count, and any space separates."""
    policy = parse_policies([" Default-SRC 'NONE' ;; ; IMG-src\thttps://A.example \r\n b.example;"])
    assert policy.directives == {"default-src": {"'none'"}, "img-src": {"https://a.example", "b.example"}}


def test_a_list_without_sources_is_none() -> None:
    """A source list that names nothing allows nothing; so does any directive that has no value left."""
    policy = parse_policies(["script-src; upgrade-insecure-requests"])
    assert policy.directives == {"script-src": {"'none'"}, "upgrade-insecure-requests": {"'none'"}}


@pytest.mark.parametrize("text", ["", "  ", "\r\n", "img", "img-s", "img-src a; IMG-SRC b"])
def test_what_may_not_be_meant_is_invalid(text: str) -> None:
    """A policy too short for a directive, or one that repeats a directive, is refused."""
    with pytest.raises(InvalidPolicy):
        parse_policies([text])


def test_more_policies_than_anybody_means_are_invalid() -> None:
    """A page cannot keep the parser busy with policies."""
    assert parse_policies(["img-src a"] * MAX_POLICIES).directives
    with pytest.raises(InvalidPolicy, match="101"):
        parse_policies(["img-src a"] * (MAX_POLICIES + 1))


def test_directives_for_reporting_may_repeat() -> None:
    """They are told apart, and the last of them holds."""
    policy = parse_policies(["default-src a; report-uri /one; report-uri /two; report-to g; report-to h"])
    assert policy.repeated == {"report-uri", "report-to"}
    assert policy.directives["report-uri"] == {"/two"}


def test_a_source_that_another_begins_with_is_enough() -> None:
    """Of two neighbouring sources where one begins with the other, the longer one adds nothing."""
    policy = parse_policies(["img-src https://a.example/x https://a.example https://b.example"])
    assert policy.directives["img-src"] == {"https://a.example", "https://b.example"}


def test_several_policies_keep_what_they_share() -> None:
    """Sources stay if a later policy has them too, or has something in the directory that they name."""
    policy = parse_policies(["img-src a.example b.example", "img-src b.example c.example"])
    assert policy.directives["img-src"] == {"b.example"}
    policy = parse_policies(["img-src https://a.example/x/", "img-src https://a.example/x/y https://a.example/z"])
    assert policy.directives["img-src"] == {"https://a.example/x/y"}
    policy = parse_policies(["img-src https://a.example/%41", "img-src https://a.example/a"])
    assert policy.directives["img-src"] == {"'none'"}, "escapes are resolved after lower-casing"
    policy = parse_policies(["img-src https://a.example/%2d", "img-src https://a.example/-"])
    assert len(policy.directives["img-src"]) == 1


def test_a_directive_of_one_policy_only() -> None:
    """One of the first policy holds as it is; one of a later policy comes out as none."""
    policy = parse_policies(["img-src a.example", "font-src b.example"])
    assert policy.directives == {"img-src": {"a.example"}, "font-src": {"'none'"}}


@pytest.mark.parametrize("part", ["%zz", "%4", "%ff"])
def test_a_broken_escape_is_invalid_where_it_is_compared(part: str) -> None:
    """Sources are only resolved where two policies have them as neighbours."""
    assert parse_policies([f"img-src https://a.example/{part} b"]).directives
    with pytest.raises(InvalidPolicy):
        parse_policies([f"img-src https://a.example/{part}", f"img-src https://a.example/{part}"])


def test_meta_elements_cannot_hold_every_directive() -> None:
    """What browsers pass over in a meta element is left out."""
    policy = parse_meta_policies(["frame-ancestors 'none'; sandbox; report-uri /x; img-src a"])
    assert set(policy.directives) == {"img-src"}


def test_a_header_may_hold_several_policies() -> None:
    """Commas separate them, and an empty one stays one."""
    assert split_policies(["default-src a, img-src b", "font-src c,"]) == [
        "default-src a",
        "img-src b",
        "font-src c",
        "",
    ]


@given(st.lists(st.text(alphabet="abimg-src ;:/*'%.2\n") | st.text(), max_size=4))
def test_any_text_is_a_policy_or_invalid(policies: list[str]) -> None:
    """No text makes the parser fail in another way, and no directive is left without a source."""
    try:
        policy = parse_policies(policies)
    except InvalidPolicy:
        return
    assert all(policy.directives.values())


@given(st.sampled_from(["default-src 'self'", "img-src a b c; font-src x", "script-src 'nonce-1' https:"]))
def test_a_policy_merged_with_itself_is_itself(text: str) -> None:
    """Saying the same twice changes nothing."""
    assert parse_policies([text, text]).directives == parse_policies([text]).directives
