"""Loopback, trustworthy and same-site URLs."""

import pytest

from veritas.audit.headers.origins import is_loopback, is_same_origin, is_same_site, is_trustworthy


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://LOCALHOST.:80/", "http://shop.localhost:8000/", "http://127.1.2.3/", "http://[::1]/"]
)  # fmt: skip
def test_loopback_urls_are_trustworthy(url: str) -> None:
    """Data that never leaves the machine is trustworthy, encrypted or not."""
    assert is_loopback(url)
    assert is_trustworthy(url)


@pytest.mark.parametrize(
    "url", ["http://localhost.example/", "http://10.0.0.1/", "http://[::2]/", "http://notlocalhost/", "http://[", "ws://a/"]
)  # fmt: skip
def test_similar_urls_are_not_loopback(url: str) -> None:
    """Names that look like localhost, other private addresses and invalid URLs are not loopback."""
    assert not is_loopback(url)
    assert not is_trustworthy(url) or url == "http://["


@pytest.mark.parametrize("url", ["https://a.example/", "wss://a.example/", "data:,x", "javascript:x", "mailto:a@b", ""])
def test_encrypted_and_local_urls_are_trustworthy(url: str) -> None:
    """Only URLs whose data crosses the network without encryption are not trustworthy."""
    assert is_trustworthy(url)


def test_the_registrable_domain_makes_the_same_site() -> None:
    """Subdomains are of the same site; different domains under a public suffix are not."""
    assert is_same_site("https://a.example.org/", "http://b.example.org:8000/x")
    assert not is_same_site("https://a.co.uk/", "https://b.co.uk/")
    assert not is_same_site("https://a.org/", "")


def test_the_same_origin_has_the_same_scheme_host_and_port() -> None:
    assert is_same_origin("https://a.test:443/x?y", "https://A.test/")
    assert is_same_origin("https://bücher.test:8443/", "https://xn--bcher-kva.test:8443/")  # as browsers write it
    assert is_same_origin("http://10.1:8080/", "http://10.0.0.1:8080/")
    for other in ("http://a.test/", "https://b.test/", "https://a.test:8443/", "https://a.test:x/"):
        assert not is_same_origin("https://a.test/", other)
