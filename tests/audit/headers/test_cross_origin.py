"""The verdicts on what other origins may do with the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.observations import exchange, observe
from veritas.audit.headers.cross_origin import (
    check_cors,
    check_embedder_policy,
    check_opener_policy,
    check_resource_policy,
    parse_token,
)

FOREIGN = "https://foreign.example"


@pytest.mark.parametrize(
    ("allowed", "credentials", "result"),
    [
        (None, None, "not-implemented"),
        ("", "true", "not-implemented"),
        ("*", None, "implemented-with-public-access"),
        (" * ", "true", "implemented-with-public-access"),
        ("https://friend.example", "true", "implemented-with-restricted-access"),
        (FOREIGN, None, "implemented-with-restricted-access"),
        (FOREIGN, "false", "implemented-with-restricted-access"),
        (FOREIGN, " TRUE ", "implemented-with-universal-access"),
    ],
)
def test_who_may_read_the_page(allowed: str | None, credentials: str | None, result: str) -> None:
    """Only whoever echoes any origin and lets cookies along lets everybody read what a visitor sees."""
    headers = {"Access-Control-Allow-Origin": allowed, "Access-Control-Allow-Credentials": credentials}
    sent = {name: value for name, value in headers.items() if value is not None}
    judged = check_cors(observe(cors=exchange(dict(sent), origin=FOREIGN)))
    assert judged.result == f"cross-origin-resource-sharing-{result}"
    assert judged.passed == (result != "implemented-with-universal-access")


def test_an_echo_needs_somebody_to_have_called() -> None:
    """Without an origin in the request, an allowed origin is one that the server names."""
    answer = exchange({"access-control-allow-origin": FOREIGN, "access-control-allow-credentials": "true"})
    assert check_cors(observe(cors=answer)).result.endswith("restricted-access")


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ([], "not-implemented"),
        (["same-origin"], "implemented-with-same-origin"),
        ([" Same-Site "], "implemented-with-same-site"),
        (["cross-origin"], "implemented-with-cross-origin"),
        (["same-origin", "same-origin"], "header-invalid"),
        (["same origin"], "header-invalid"),
    ],
)
def test_resource_policy(values: list[str], result: str) -> None:
    """There are three values, and the header stands once."""
    judged = check_resource_policy(observe({"Cross-Origin-Resource-Policy": values}))
    assert judged.result == f"corp-{result}"
    assert judged.passed == (result != "header-invalid")


@pytest.mark.parametrize("value", ["require-corp", "credentialless", "unsafe-none"])
def test_embedder_policy(value: str) -> None:
    """Each value that exists has its verdict, with a place to report to or without."""
    for header in (value, f'{value}; report-to="place"', f" {value} "):
        assert check_embedder_policy(observe({"Cross-Origin-Embedder-Policy": header})).result.endswith(f"with-{value}")


@pytest.mark.parametrize("value", ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"])
def test_opener_policy(value: str) -> None:
    """Each value that exists has its verdict."""
    judged = check_opener_policy(observe({"Cross-Origin-Opener-Policy": f"{value};report-to=place"}))
    assert judged.result == f"coop-implemented-with-{value}"
    assert judged.passed


@pytest.mark.parametrize(
    "value", ['"same-origin"', "Same-Origin", "same-origin, same-origin", "same-origin;", "same-origin x", "?1", "1"]
)
def test_structured_policies_are_tokens_and_nothing_else(value: str) -> None:
    """What is no token of a structured field, or none that exists, is not valid."""
    judged = check_opener_policy(observe({"cross-origin-opener-policy": value}))
    assert (judged.result, judged.passed) == ("coop-header-invalid", False)


def test_structured_policies_stand_once_or_not_at_all() -> None:
    """Twice is not valid, even the same; an empty header is none; and without a page nothing passes."""
    twice = {"cross-origin-embedder-policy": ["require-corp", "require-corp"]}
    assert check_embedder_policy(observe(twice)).result == "coep-header-invalid"
    assert check_embedder_policy(observe({"cross-origin-embedder-policy": ""})).result == "coep-not-implemented"
    assert check_embedder_policy(observe()).passed
    assert not check_embedder_policy(observe(page=None)).passed


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("a", "a"),
        ("*/b:c", "*/b:c"),
        ('a;b;c=1;d=-1.5;e="x\\"y;";f=:YQ==:;g=?0;h=@1;i=tok;*j=%"f%c3%bc"', "a"),
        ("a;  b", "a"),
        ("a ;b", None),
        ("a;B", None),
        ("a;b=", None),
        ("a;b=x y", None),
        ("1a", None),
        ("", None),
    ],
)
def test_tokens_with_parameters(value: str, token: str | None) -> None:
    """A structured field's item is read with every kind of parameter."""
    assert parse_token(value) == token


@given(st.text(alphabet='ab;= "\\:?@%1.-*', max_size=60))
def test_any_text_is_a_token_or_not(value: str) -> None:
    """A token that is read is what the text begins with."""
    token = parse_token(value)
    assert token is None or value.strip(" ").startswith(token)
