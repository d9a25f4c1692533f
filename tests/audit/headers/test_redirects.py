"""Where an address leads, asked of real servers."""

from pathlib import Path

import pytest

from tests.audit.conftest import Site
from tests.audit.headers.servers import tls_server
from veritas.audit.browser import Browser
from veritas.audit.headers.redirects import MAX_REDIRECTS, Obstacle, addresses_to_ask, follow

CLOSED = "http://127.0.0.1:1/"


async def test_redirects_are_followed_to_their_end(browser: Browser, site: Site) -> None:
    """Every step is kept, relative addresses are resolved, and the last answer is the one that counts."""
    start = site.redirect("/start", "middle?x=1#part", status=307)
    site.redirect("/middle", "//" + site.url("/end").partition("//")[2], status=308)
    site.page("/end", "", status=404, headers=[("X-A", "1"), ("X-A", "2")])
    trail = await follow(browser, f"{start}#top")
    assert trail.route == (start, site.url("/middle?x=1"), site.url("/end"))
    assert [answer.status for answer in trail.answers] == [307, 308, 404]
    assert trail.obstacle is None and trail.is_known
    assert trail.last and trail.last.values("x-a") == ("1", "2")


@pytest.mark.parametrize("location", ["", "javascript:alert(1)", "file:///etc/passwd", "http://[", "\x01"])
async def test_a_redirect_to_no_page_ends_the_trail(browser: Browser, site: Site, location: str) -> None:
    """Whatever is not an address that can be asked is not asked."""
    trail = await follow(browser, site.redirect("/", location))
    assert trail.answers[0].status == 302
    assert len(trail.route) == 1 or trail.route[1].startswith(site.url("/"))


async def test_a_loop_ends(browser: Browser, site: Site) -> None:
    """After as many redirects as browsers bear, the redirect itself is the answer."""
    trail = await follow(browser, site.redirect("/", "/"))
    assert len(trail.answers) == MAX_REDIRECTS + 1
    assert trail.last and trail.last.status == 302


async def test_nothing_there(browser: Browser, site: Site) -> None:
    """A port that nothing listens on, and one that speaks no TLS, serve no pages: that is known."""
    for url in (CLOSED, site.url("/").replace("http:", "https:")):
        trail = await follow(browser, url)
        assert trail.obstacle is Obstacle.ABSENT
        assert trail.is_absent and trail.is_known and trail.last is None


async def test_a_redirect_to_nothing_is_not_known(browser: Browser, site: Site) -> None:
    """The first address answers, so that it is not absent; where it leads, nobody can tell."""
    trail = await follow(browser, site.redirect("/", CLOSED))
    assert not trail.is_absent and not trail.is_known
    assert "refuses" in trail.reason


async def test_a_certificate_that_is_not_valid(browser: Browser, site: Site, tmp_path: Path) -> None:
    """It is told apart from no TLS, at the first address as after a redirect."""
    with tls_server(tmp_path) as url:
        for start in (url, site.redirect("/", url)):
            trail = await follow(browser, start)
            assert trail.obstacle is Obstacle.CERTIFICATE and trail.is_known
            assert trail.route[-1] == url
            assert trail.last and not trail.last.verified


async def test_a_host_that_does_not_exist_is_not_known(browser: Browser) -> None:
    """Without a name server's answer, nothing is known of it."""
    trail = await follow(browser, "http://nowhere.invalid/")
    assert trail.obstacle is Obstacle.UNANSWERED and not trail.is_known


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://a.example", ["http://a.example", "https://a.example"]),
        ("http://a.example:80/x?y#z", ["http://a.example/x?y", "https://a.example/x?y"]),
        ("https://u:p@a.example:443/", ["http://a.example/", "https://a.example/"]),
        ("https://[2001:db8::1]/", ["http://[2001:db8::1]/", "https://[2001:db8::1]/"]),
        ("https://a.example:8443/x#z", ["https://a.example:8443/x"]),
        ("http://a.example:443/", ["http://a.example:443/"]),
    ],
)
def test_which_addresses_to_ask(url: str, addresses: list[str]) -> None:
    """The other scheme's port is only known where this one's is the usual."""
    assert list(addresses_to_ask(url).values()) == addresses
