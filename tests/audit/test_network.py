"""The network configuration: which requests go through which proxy."""

import pytest

from veritas.audit.network import Network
from veritas.config import Settings
from veritas.errors import InvalidSetting

PROXY = "http://proxy.test:3128"


def network(**environ: str) -> Network:
    """Return the network that these variables describe."""
    return Network.of(Settings.from_environment(environ))


def proxy_of(url: str, **environ: str) -> str | None:
    """Return the URL of the proxy for *url* under these variables."""
    proxy = network(**environ).proxy_for(url)
    return proxy.url if proxy else None


def test_each_scheme_has_its_proxy() -> None:
    """ALL_PROXY is for a scheme without its own, and the lower-case spelling takes precedence."""
    both = {"HTTP_PROXY": "one.test:1", "https_proxy": "https://two.test"}
    assert proxy_of("http://shop.test/", **both) == "http://one.test:1"
    assert proxy_of("https://shop.test/", **both) == "https://two.test:443"
    assert proxy_of("http://shop.test/", http_proxy=PROXY, HTTP_PROXY="http://other.test") == PROXY
    assert proxy_of("https://shop.test/", HTTP_PROXY=PROXY) is None
    assert proxy_of("https://shop.test/", HTTP_PROXY=PROXY, ALL_PROXY="socks5h://all.test") == "socks5://all.test:1080"
    assert network(HTTP_PROXY="", NO_PROXY="x") == Network(direct=network(NO_PROXY="x").direct)


def test_the_option_takes_precedence() -> None:
    """It is for every scheme; NO_PROXY still counts, but this machine is no exception."""
    environ = {"VERITAS_PROXY": PROXY, "HTTPS_PROXY": "other.test:1", "NO_PROXY": "intra.test"}
    for url in ("http://shop.test/", "https://shop.test/", "http://127.0.0.1:8000/", "http://localhost/"):
        assert proxy_of(url, **environ) == PROXY
    assert proxy_of("https://www.intra.test/", **environ) is None


def test_the_variables_except_this_machine() -> None:
    """A proxy of the environment is meant for the network beyond this machine."""
    for url in ("http://127.0.0.1:8000/", "http://localhost/", "http://shop.localhost/", "http://[::1]:80/"):
        assert proxy_of(url, ALL_PROXY=PROXY) is None
    assert proxy_of("http://[::2]/", ALL_PROXY=PROXY) == PROXY


NO_PROXY = (
    "intra.test, .dot.test *.star.test\tPORT.test:8080,10.0.0.0/8,169.254/16,192.0.2.7,[2001:db8::1],fe80::/10,x*.test"
)
DIRECT_URLS = [
    "http://intra.test/",
    "https://www.Intra.test/",
    "http://dot.test/",
    "http://a.dot.test/",
    "http://b.star.test/",
    "http://port.test:8080/",
    "http://10.1.2.3/",
    "https://169.254.1.1/",
    "http://192.0.2.7:81/",
    "http://[2001:db8::1]:8080/",
    "http://[fe80::1]/",
    "http://xy.test/",
]
PROXIED_URLS = [
    "http://notintra.test/",
    "http://intra.test.example/",
    "http://port.test/",
    "https://port.test/",
    "http://11.0.0.1/",
    "http://192.0.2.70/",
    "http://[2001:db8::11]/",
    "http://10.example/",
    "http://yx.test/",
]


@pytest.mark.parametrize("url", DIRECT_URLS)
def test_no_proxy_lists_hosts(url: str) -> None:
    """Domains with every name under them, IP addresses, blocks, patterns; any of them may have a port."""
    assert proxy_of(url, ALL_PROXY=PROXY, NO_PROXY=NO_PROXY) is None


@pytest.mark.parametrize("url", PROXIED_URLS)
def test_other_hosts_go_through_the_proxy(url: str) -> None:
    """A name that only ends or begins with a listed one is another host."""
    assert proxy_of(url, ALL_PROXY=PROXY, NO_PROXY=NO_PROXY) == PROXY


def test_a_star_lists_every_host() -> None:
    """Then nothing goes through a proxy."""
    assert proxy_of("https://shop.test/", ALL_PROXY=PROXY, no_proxy="*") is None


@pytest.mark.parametrize(
    "text",
    [
        "ftp://p.test",
        "http://",
        "http://p.test/path",
        "http://p.test:99999",
        "http://p.test:0",
        "http://[p",
        "//",
        "http://p\udcff",
        "foo",
        "proxy.test",
    ],
)
def test_what_is_no_proxy_is_an_error(text: str) -> None:
    """The error names the variable and the forms that it may have."""
    with pytest.raises(InvalidSetting, match=r"^HTTPS_PROXY has .* not a proxy; give http://HOST:PORT"):
        network(HTTPS_PROXY=text)


def test_a_login_is_never_shown() -> None:
    """Neither an error nor the proxy's URL nor its representation has the password."""
    proxy = network(VERITAS_PROXY="http://me:s%40cret@p.test:1").proxies[0]
    assert (proxy.username, proxy.password, proxy.url) == ("me", "s@cret", "http://p.test:1")
    assert "cret" not in repr(proxy)
    for text in (
        "ftp://me:s3cret@p.test",
        "http://me:s3cret@p.test:x",
        "me:s3cret/@p.test",
    ):
        with pytest.raises(InvalidSetting) as caught:
            network(ALL_PROXY=text)
        assert "s3cret" not in str(caught.value)
