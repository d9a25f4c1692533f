"""Which addresses nobody on the way can read."""

import pytest

from veritas.audit.headers.mixed_content import is_loopback, is_same_site, is_trustworthy


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://LOCALHOST.:80/", "http://shop.localhost:8000/", "http://127.1.2.3/", "http://[::1]/"]
)  # fmt: skip
def test_loopback(url: str) -> None:
    """What never leaves the machine is trustworthy, encrypted or not."""
    assert is_loopback(url)
    assert is_trustworthy(url)


@pytest.mark.parametrize(
    "url", ["http://localhost.example/", "http://10.0.0.1/", "http://[::2]/", "http://notlocalhost/", "http://[", "ws://a/"]
)  # fmt: skip
def test_not_loopback(url: str) -> None:
    """Names that only look like it, other private addresses, and what is no address, are not."""
    assert not is_loopback(url)
    assert not is_trustworthy(url) or url == "http://["


@pytest.mark.parametrize("url", ["https://a.example/", "wss://a.example/", "data:,x", "javascript:x", "mailto:a@b", ""])
def test_what_is_encrypted_or_stays_is_trustworthy(url: str) -> None:
    """Only what crosses the network in the clear is not."""
    assert is_trustworthy(url)


def test_same_site() -> None:
    """Subdomains are of the same site; hosts under a public suffix are not."""
    assert is_same_site("https://a.example.org/", "http://b.example.org:8000/x")
    assert not is_same_site("https://a.co.uk/", "https://b.co.uk/")
    assert not is_same_site("https://a.org/", "")
