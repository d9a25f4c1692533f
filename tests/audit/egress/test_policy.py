"""What the target of an audit and `--allow-private` open."""

from __future__ import annotations

import pytest

from veritas.audit.egress.policy import EgressPolicy, PrivateHost, local_target
from veritas.errors import InvalidSetting


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("http://127.0.0.1:8000/x", ["127.0.0.1:8000"]),
        ("http://2130706433:8000/", ["127.0.0.1:8000"]),
        ("http://localhost/", ["localhost:80", "localhost:443"]),
        ("https://LOCALHOST./", ["localhost:80", "localhost:443"]),
        ("https://[::1]:8443/", ["[::1]:8443"]),
        ("http://shop.test:81/", ["shop.test:81"]),
        ("http://intranet/", ["intranet:80", "intranet:443"]),
        ("http://nas.lan/", ["nas.lan:80", "nas.lan:443"]),
        ("http://10.0.0.7/", ["10.0.0.7:80", "10.0.0.7:443"]),
        ("http://169.254.169.254/", ["169.254.169.254:80", "169.254.169.254:443"]),
        ("https://shop.example.com/", []),
        ("https://8.8.8.8/", []),
        ("https://[zz]/", []),
    ],
)
def test_a_local_target_opens_itself(url: str, opened: list[str]) -> None:
    """Its port alone, or both default ports; a public name opens nothing, wherever it leads."""
    assert list(map(str, local_target(url))) == opened


def test_an_opened_host_opens_no_other() -> None:
    """Neither another port, nor another name of the same machine."""
    policy = EgressPolicy((PrivateHost.parse("NAS.lan:8080"), PrivateHost.parse("10.0.0.5"))).for_target(
        "http://localhost:1/"
    )
    assert policy.opens("nas.lan", 8080) and policy.opens("10.0.0.5", 1) and policy.opens("localhost", 1)
    for host, port in (("nas.lan", 80), ("10.0.0.6", 1), ("localhost", 2), ("127.0.0.1", 1), ("x.localhost", 1)):
        assert not policy.opens(host, port)


@pytest.mark.parametrize("text", ["[::1]:80", "::1", "fe80::1%eth0", "0x7f.1:9", "a_b.lan", "bücher.test:1"])
def test_a_host_is_named_with_or_without_a_port(text: str) -> None:
    """In any spelling."""
    assert PrivateHost.parse(text)


@pytest.mark.parametrize(
    "text", ["", ":80", "a b", "http://10.0.0.1", "10.0.0.0/8", "a:0", "a:70000", "*", "a..b", "-"]
)
def test_what_is_no_host_is_an_error(text: str) -> None:
    """It names the option and the forms."""
    with pytest.raises(InvalidSetting, match=r"^--allow-private has .*; give HOST or HOST:PORT"):
        PrivateHost.parse(text)
