"""The parser of content security policies."""

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
    """Case does not matter, empty directives are ignored, and any whitespace separates sources."""
    policy = parse_policies([" Default-SRC 'NONE' ;; ; IMG-src\thttps://A.example \r\n b.example;"])
    assert policy.directives == {"default-src": {"'none'"}, "img-src": {"https://a.example", "b.example"}}


def test_a_directive_without_sources_becomes_none() -> None:
    """An empty source list allows nothing; any directive without a value becomes 'none' too."""
    policy = parse_policies(["script-src; upgrade-insecure-requests"])
    assert policy.directives == {"script-src": {"'none'"}, "upgrade-insecure-requests": {"'none'"}}


@pytest.mark.parametrize("text", ["", "  ", "\r\n", "img", "img-s", "img-src a; IMG-SRC b"])
def test_a_short_policy_or_a_repeated_directive_is_invalid(text: str) -> None:
    """A policy that is too short for a directive, or that repeats one, raises an error."""
    with pytest.raises(InvalidPolicy):
        parse_policies([text])


def test_too_many_policies_are_invalid() -> None:
    """A page cannot keep the parser busy with a large number of policies."""
    assert parse_policies(["img-src a"] * MAX_POLICIES).directives
    with pytest.raises(InvalidPolicy, match="101"):
        parse_policies(["img-src a"] * (MAX_POLICIES + 1))


def test_reporting_directives_may_be_repeated() -> None:
    """They are listed as repeated, and the last of them applies."""
    policy = parse_policies(["default-src a; report-uri /one; report-uri /two; report-to g; report-to h"])
    assert policy.repeated == {"report-uri", "report-to"}
    assert policy.directives["report-uri"] == {"/two"}


def test_a_source_that_another_covers_is_removed() -> None:
    """If one of two neighbouring sources begins with the other, the longer one is removed."""
    policy = parse_policies(["img-src https://a.example/x https://a.example https://b.example"])
    assert policy.directives["img-src"] == {"https://a.example", "https://b.example"}


def test_several_policies_keep_what_they_share() -> None:
    """A source is kept if a later policy has it too, or has a source in its directory."""
    policy = parse_policies(["img-src a.example b.example", "img-src b.example c.example"])
    assert policy.directives["img-src"] == {"b.example"}
    policy = parse_policies(["img-src https://a.example/x/", "img-src https://a.example/x/y https://a.example/z"])
    assert policy.directives["img-src"] == {"https://a.example/x/y"}
    policy = parse_policies(["img-src https://a.example/%41", "img-src https://a.example/a"])
    assert policy.directives["img-src"] == {"'none'"}, "escapes are decoded after the text is lower-cased"
    policy = parse_policies(["img-src https://a.example/%2d", "img-src https://a.example/-"])
    assert len(policy.directives["img-src"]) == 1


def test_a_directive_of_a_later_policy_only_becomes_none() -> None:
    """A directive that only the first policy has is kept."""
    policy = parse_policies(["img-src a.example", "font-src b.example"])
    assert policy.directives == {"img-src": {"a.example"}, "font-src": {"'none'"}}


@pytest.mark.parametrize("part", ["%zz", "%4", "%ff"])
def test_a_broken_escape_is_invalid_if_it_is_compared(part: str) -> None:
    """Escapes are only decoded if two policies have the sources as neighbours."""
    assert parse_policies([f"img-src https://a.example/{part} b"]).directives
    with pytest.raises(InvalidPolicy):
        parse_policies([f"img-src https://a.example/{part}", f"img-src https://a.example/{part}"])


def test_meta_elements_do_not_allow_every_directive() -> None:
    """Directives that browsers ignore in a meta element are left out."""
    policy = parse_meta_policies(["frame-ancestors 'none'; sandbox; report-uri /x; img-src a"])
    assert set(policy.directives) == {"img-src"}


def test_a_header_may_hold_several_policies() -> None:
    """Commas separate policies, and an empty policy counts as one."""
    assert split_policies(["default-src a, img-src b", "font-src c,"]) == [
        "default-src a",
        "img-src b",
        "font-src c",
        "",
    ]


@given(st.lists(st.text(alphabet="abimg-src ;:/*'%.2\n") | st.text(), max_size=4))
def test_any_text_is_a_policy_or_invalid(policies: list[str]) -> None:
    """No text makes the parser fail in another way, and every directive has a source."""
    try:
        policy = parse_policies(policies)
    except InvalidPolicy:
        return
    assert all(policy.directives.values())


@given(st.sampled_from(["default-src 'self'", "img-src a b c; font-src x", "script-src 'nonce-1' https:"]))
def test_a_policy_merged_with_itself_is_itself(text: str) -> None:
    """Repeating a policy changes nothing."""
    assert parse_policies([text, text]).directives == parse_policies([text]).directives
