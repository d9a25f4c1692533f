"""robots.txt is read through the egress guard and followed as RFC 9309 says; what cannot be read is not known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.serving import Answer, serving
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy
from veritas.audit.network import DIRECT
from veritas.audit.robots import DISALLOWED, UNKNOWN, Robots
from veritas.batch.robots_fetcher import robots_fetcher


@contextmanager
def site(status: int, body: bytes = b"", **headers: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a robots.txt, or the answer in its place; yield the site's address and the requests that it got."""
    requests: list[str] = []

    def answer(path: str) -> Answer:
        return Answer(body, status, headers) if path == "/robots.txt" else Answer(body)

    with serving(answer, "text/plain", requests=requests) as url:
        yield url, requests


def reader(policy: EgressPolicy = PUBLIC_ONLY) -> Robots:
    return Robots(robots_fetcher(policy, DIRECT, timeout=5.0))


RULES = b"""User-agent: *
Disallow: /private

User-agent: Veritas
Crawl-delay: 7
Disallow: /secret
Allow: /secret/hint
"""


@pytest.mark.parametrize(
    ("path", "refusal"), [("/", None), ("/private", None), ("/secret/x", DISALLOWED), ("/secret/hint", None)]
)
async def test_the_rules_for_veritas_precede_those_for_all(path: str, refusal: str | None) -> None:
    with site(200, b"\xef\xbb\xbf" + RULES) as (url, _):
        answer = await reader().ask(url + path)
    assert answer.refusal == refusal and answer.delay == 7.0
    if refusal:
        assert answer.reason == f"{url + '/robots.txt'!r} disallows {url + path!r}."


async def test_the_file_is_read_once_and_names_who_reads_it() -> None:
    with site(200, RULES) as (url, requests):
        robots = reader()
        for path in ("/a", "/b", "/secret/"):
            await robots.ask(url + path)
    assert len(requests) == 1 and requests[0].startswith("/robots.txt Mozilla/5.0 (compatible; VERITAS/")


@pytest.mark.parametrize("status", [404, 403, 410])
async def test_a_site_without_the_file_allows_everything(status: int) -> None:
    with site(status, b"User-agent: *\nDisallow: /") as (url, _):
        assert (await reader().ask(f"{url}/x")).refusal is None


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_after_an_error_of_the_site_nothing_is_known(status: int) -> None:
    """So the page is not visited, and the reason says why."""
    with site(status) as (url, _):
        answer = await reader().ask(f"{url}/x")
    assert answer.refusal == UNKNOWN and f"answers {status}" in answer.reason and "/x" in answer.reason


async def test_if_the_site_does_not_answer_nothing_is_known() -> None:
    with site(200) as (url, _):
        pass
    answer = await reader().ask(f"{url}/x")
    assert answer.refusal == UNKNOWN and "refuses the connection" in answer.reason


async def test_redirects_are_followed_but_not_to_private_hosts() -> None:
    """A site cannot have this machine's network read by its robots.txt; the guard refuses it."""
    with site(200, RULES) as (target, requests), site(301, Location=f"{target}/robots.txt") as (url, _):
        answer = await reader().ask(f"{url}/secret/x")
        assert answer.refusal == UNKNOWN and not requests
        opened = reader(PUBLIC_ONLY.for_target(target))
        assert (await opened.ask(f"{url}/secret/x")).refusal == DISALLOWED
    with site(302, Location="/robots.txt") as (url, requests):
        answer = await reader().ask(f"{url}/x")
    assert answer.refusal == UNKNOWN and "redirects" in answer.reason and len(requests) == 6


@pytest.mark.parametrize("location", ["http://[", "//[x]/robots.txt", "http://a:99999/", "file:///etc/passwd"])
async def test_a_redirect_to_what_is_no_address_is_no_answer(location: str) -> None:
    """A site cannot end a batch, or have a file of this machine read, by the address that it names."""
    with site(302, Location=location) as (url, _):
        answer = await reader().ask(f"{url}/x")
    assert answer.refusal == UNKNOWN
    assert "which is not an address" in answer.reason or "is not an http:// or https:// address" in answer.reason


async def test_a_huge_file_is_read_up_to_a_limit() -> None:
    """The rules after 500 kB do not count, as the standard allows."""
    rules = b"User-agent: *\nDisallow: /a\n" + b"# filler\n" * 70_000 + b"Disallow: /b\n"
    with site(200, rules) as (url, _):
        robots = reader()
        assert [(await robots.ask(url + path)).refusal for path in ("/a", "/b")] == [DISALLOWED, None]
