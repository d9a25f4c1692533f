"""The tests of what other origins may do with the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.responses import exchange, responses
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
    """Only a server that allows any origin with credentials lets every site read what a visitor sees."""
    headers = {"Access-Control-Allow-Origin": allowed, "Access-Control-Allow-Credentials": credentials}
    sent = {name: value for name, value in headers.items() if value is not None}
    check = check_cors(responses(cors=exchange(dict(sent), origin=FOREIGN)))
    assert check.result == f"cross-origin-resource-sharing-{result}"
    assert check.passed == (result != "implemented-with-universal-access")


def test_an_origin_is_echoed_only_if_it_was_sent() -> None:
    """Without an origin in the request, an allowed origin is one that the server names."""
    response = exchange({"access-control-allow-origin": FOREIGN, "access-control-allow-credentials": "true"})
    assert check_cors(responses(cors=response)).result.endswith("restricted-access")


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
    """There are three valid values, and the header may be sent once."""
    check = check_resource_policy(responses({"Cross-Origin-Resource-Policy": values}))
    assert check.result == f"corp-{result}"
    assert check.passed == (result != "header-invalid")


@pytest.mark.parametrize("value", ["require-corp", "credentialless", "unsafe-none"])
def test_embedder_policy(value: str) -> None:
    """Each valid value has its own outcome, with or without a place to report to."""
    for header in (value, f'{value}; report-to="place"', f" {value} "):
        assert check_embedder_policy(responses({"Cross-Origin-Embedder-Policy": header})).result.endswith(
            f"with-{value}"
        )


@pytest.mark.parametrize("value", ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"])
def test_opener_policy(value: str) -> None:
    """Each valid value has its own outcome."""
    check = check_opener_policy(responses({"Cross-Origin-Opener-Policy": f"{value};report-to=place"}))
    assert check.result == f"coop-implemented-with-{value}"
    assert check.passed


@pytest.mark.parametrize(
    "value", ['"same-origin"', "Same-Origin", "same-origin, same-origin", "same-origin;", "same-origin x", "?1", "1"]
)
def test_a_structured_policy_must_be_a_known_token(value: str) -> None:
    """A value that is not a token of a structured field, or not a known token, is invalid."""
    check = check_opener_policy(responses({"cross-origin-opener-policy": value}))
    assert (check.result, check.passed) == ("coop-header-invalid", False)


def test_a_structured_policy_may_be_sent_once() -> None:
    """A repeated header is invalid, an empty one counts as missing, and without a page no test passes."""
    twice = {"cross-origin-embedder-policy": ["require-corp", "require-corp"]}
    assert check_embedder_policy(responses(twice)).result == "coep-header-invalid"
    assert check_embedder_policy(responses({"cross-origin-embedder-policy": ""})).result == "coep-not-implemented"
    assert check_embedder_policy(responses()).passed
    assert not check_embedder_policy(responses(page=None)).passed


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
    """A structured field's item is parsed with every kind of parameter."""
    assert parse_token(value) == token


@given(st.text(alphabet='ab;= "\\:?@%1.-*', max_size=60))
def test_a_token_is_the_beginning_of_the_value(value: str) -> None:
    """No text makes the parser fail."""
    token = parse_token(value)
    assert token is None or value.strip(" ").startswith(token)
