"""The parser of content security policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.headers.csp_policy import InvalidPolicy, parse_policy, split_policies


def test_directives_and_sources_are_lower_case() -> None:
    """Case does not matter, empty directives are ignored, and any whitespace separates sources."""
    policy = parse_policy(" Default-SRC 'NONE' ;; ; IMG-src\thttps://A.example \r\n b.example;")
    assert policy.directives == {"default-src": {"'none'"}, "img-src": {"https://a.example", "b.example"}}


def test_a_directive_without_sources_becomes_none() -> None:
    """An empty source list allows nothing; any directive without a value becomes 'none' too."""
    policy = parse_policy("script-src; upgrade-insecure-requests")
    assert policy.directives == {"script-src": {"'none'"}, "upgrade-insecure-requests": {"'none'"}}


@pytest.mark.parametrize("text", ["", "  ", "\r\n", "img", "img-s", "img-src a; IMG-SRC b"])
def test_a_short_policy_or_a_repeated_directive_is_invalid(text: str) -> None:
    """A policy that is too short for a directive, or that repeats one, raises an error."""
    with pytest.raises(InvalidPolicy):
        parse_policy(text)


def test_reporting_directives_may_be_repeated() -> None:
    """They are listed as repeated, and the last of them applies."""
    policy = parse_policy("default-src a; report-uri /one; report-uri /two; report-to g; report-to h")
    assert policy.repeated == {"report-uri", "report-to"}
    assert policy.directives["report-uri"] == {"/two"}


def test_a_missing_directive_falls_back_to_its_default() -> None:
    """The first of the names counts; None means that there is no rule at all."""
    policy = parse_policy("default-src a; img-src b")
    assert policy.get("img-src", "default-src") == {"b"}
    assert policy.get("font-src", "default-src") == {"a"}
    assert policy.get("form-action") is None


def test_meta_elements_do_not_allow_every_directive() -> None:
    """Directives that browsers ignore in a meta element are left out."""
    policy = parse_policy("frame-ancestors 'none'; sandbox; report-uri /x; img-src a").in_meta()
    assert set(policy.directives) == {"img-src"}


def test_a_header_may_hold_several_policies() -> None:
    """Commas separate policies, and an empty policy counts as one."""
    assert split_policies(["default-src a, img-src b", "font-src c,"]) == [
        "default-src a",
        "img-src b",
        "font-src c",
        "",
    ]


@given(st.text(alphabet="abimg-src ;:/*'%.2\n") | st.text())
def test_any_text_is_a_policy_or_invalid(text: str) -> None:
    """No text makes the parser fail in another way, and every directive has a source."""
    try:
        policy = parse_policy(text)
    except InvalidPolicy:
        return
    assert all(policy.directives.values())
