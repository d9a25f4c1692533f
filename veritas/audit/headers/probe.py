"""Ask a site everything that the checks want to know, and say what it would not tell."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag, urlsplit

from veritas.audit.headers.cookies import SET_COOKIE, collect_cookies
from veritas.audit.headers.markup import CONTENT_SECURITY_POLICY, REFERRER_POLICY, Markup, read_markup
from veritas.audit.headers.mixed_content import is_loopback, scheme_of
from veritas.audit.headers.observation import Cookie, Exchange, Observation
from veritas.audit.headers.redirects import Fetcher, Obstacle, Trail, addresses_to_ask, follow
from veritas.audit.headers.sri import is_html
from veritas.errors import PageError

# No site has a reason to trust it: names under .invalid belong to nobody (RFC 6761).
FOREIGN_ORIGIN = "https://veritas.invalid"

LOOPBACK_REASON = "the site is on this machine, where nothing has to be encrypted"
_PORT_REASON = "the address names a port of its own, so where the site answers over {scheme}: is not known"
_COOKIE_REASON = "whether strict transport security protects the cookies is not known"


@dataclass(frozen=True)
class Survey:
    """What is known of a site.

    Attributes:
        observation: What the checks look at.
        cookies: What the site set over HTTP.
        unknown: Why a test cannot be carried out, by its name.
        loopback: Whether the site is on this machine.
    """

    observation: Observation
    cookies: tuple[Cookie, ...]
    unknown: Mapping[str, str]
    loopback: bool


async def survey(fetcher: Fetcher, url: str, pages: Sequence[Mapping[str, Any]]) -> Survey:
    """Ask the site of *url*.

    Args:
        pages: The pages that the browser has visited, the one for *url* first: url, status, headers, redirects (of
            each: url, headers). May be empty.

    Raises:
        PageError: Nothing is known of the page, and it does not answer either.
    """
    loopback = is_loopback(url)
    addresses = addresses_to_ask(url)
    if loopback:
        addresses = {scheme: address for scheme, address in addresses.items() if scheme == scheme_of(url)}
    found = await asyncio.gather(*(follow(fetcher, address) for address in addresses.values()))
    trails = dict(zip(addresses, found, strict=True))
    own = trails[scheme_of(url)]
    if pages:
        page_url, page = urldefrag(str(pages[0]["url"])).url, _visited(pages[0])
        trails = {scheme: _as_browser_judged(trail, page_url) for scheme, trail in trails.items()}
        cookies = collect_cookies(_cookies_of_pages(pages))
    elif own.last and own.answers and not own.obstacle:
        page_url, page = own.route[-1], own.last
        cookies = collect_cookies((answer.url, _values(answer.headers)) for answer in own.answers)
    else:
        raise PageError(own.reason)
    markup, cors = await asyncio.gather(_markup(fetcher, page_url, page, trails.values()), _cors(fetcher, page_url))
    http, https = trails.get("http"), trails.get("https")
    observation = Observation(
        host=urlsplit(url).hostname or "",
        url=page_url,
        page=page,
        http=http.last if http else None,
        https=https.last if https else None,
        cors=cors if isinstance(cors, Exchange) else None,
        http_route=http.route if http else (),
        cookies=tuple(replace(cookie, secure=True) for cookie in cookies) if loopback else cookies,
        markup=markup if isinstance(markup, Markup) else Markup(),
    )
    unknown = _unknown_transport(trails, loopback=loopback)
    if "strict-transport-security" in unknown and not all(cookie.secure for cookie in observation.cookies):
        unknown["cookies"] = _COOKIE_REASON
    if isinstance(markup, str):
        unknown["subresource-integrity"] = markup
        unknown |= {name: markup for name in (CONTENT_SECURITY_POLICY, REFERRER_POLICY) if not page.values(name)}
    if isinstance(cors, str):
        unknown["cross-origin-resource-sharing"] = cors
    return Survey(observation, cookies, unknown, loopback)


def _unknown_transport(trails: Mapping[str, Trail], *, loopback: bool) -> dict[str, str]:
    tests = {"redirection": "http", "strict-transport-security": "https"}
    if loopback:
        return dict.fromkeys(tests, LOOPBACK_REASON)
    unknown = {}
    for test, scheme in tests.items():
        trail = trails.get(scheme)
        if trail is None:
            unknown[test] = _PORT_REASON.format(scheme=scheme)
        elif not trail.is_known:
            unknown[test] = trail.reason
    return unknown


def _as_browser_judged(trail: Trail, page_url: str) -> Trail:
    """Return *trail* without its objection to a certificate that the browser has accepted.

    Browsers fetch the intermediate certificates that many servers forget to send; nothing else here does.
    """
    stopped_at = trail.route[-1]
    accepted = scheme_of(page_url) == "https" and urlsplit(page_url).netloc == urlsplit(stopped_at).netloc
    if trail.obstacle is not Obstacle.CERTIFICATE or not accepted:
        return trail
    reason = f"Only the browser can complete the certificate chain of {stopped_at!r}, so its headers are not known."
    return replace(trail, obstacle=Obstacle.UNANSWERED, reason=reason)


async def _markup(fetcher: Fetcher, url: str, page: Exchange, trails: Iterable[Trail]) -> Markup | str:
    """Return what the page's markup says, or why that is not known."""
    if not is_html(page):
        return Markup()
    answer = next((trail.answers[-1] for trail in trails if not trail.obstacle and trail.route[-1] == url), None)
    if answer is None:
        try:
            answer = await fetcher.fetch(url)
        except PageError as error:
            return str(error)
    if answer.status != page.status:
        return f"Outside the browser {url!r} answers with status {answer.status} and not {page.status}."
    return read_markup(_decode(answer.body, page.first("content-type")), url)


async def _cors(fetcher: Fetcher, url: str) -> Exchange | str:
    """Return the answer to a request that names a foreign origin, or why there is none."""
    asked = {"Origin": FOREIGN_ORIGIN}
    try:
        answer = await fetcher.fetch(url, headers=asked)
    except PageError as error:
        return str(error)
    return Exchange(answer.status, answer.headers, request_headers=tuple(asked.items()))


def _visited(page: Mapping[str, Any]) -> Exchange:
    return Exchange(int(page["status"]), _pairs(page["headers"]))


def _cookies_of_pages(pages: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, list[str]]]:
    for page in pages:
        for answer in (*page.get("redirects", ()), page):
            yield str(answer["url"]), _values(_pairs(answer.get("headers", ())))


def _values(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [value for name, value in headers if name.lower() == SET_COOKIE]


def _pairs(headers: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in headers)


def _decode(body: bytes, content_type: str) -> str:
    charset = re.search(r'charset\s*=\s*"?([^\s;"]+)', content_type, re.IGNORECASE)
    try:
        return body.decode(charset[1] if charset else "utf-8", errors="replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", errors="replace")
