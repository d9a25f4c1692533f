"""The probe of a site: the requests that collect the input of the checks, and which tests stay unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from veritas.audit.headers.charset import decode_html
from veritas.audit.headers.cookies import SET_COOKIE, collect_cookies
from veritas.audit.headers.https import check_hsts, check_redirection
from veritas.audit.headers.markup import CONTENT_SECURITY_POLICY, REFERRER_POLICY, HtmlMarkup, read_markup
from veritas.audit.headers.origins import is_loopback, is_same_origin, scheme_of
from veritas.audit.headers.redirects import Fetcher, FetchFailure, RedirectChain, follow_redirects, urls_by_scheme
from veritas.audit.headers.responses import Cookie, Exchange, SiteResponses
from veritas.audit.headers.sri import is_html
from veritas.audit.page import PageFacts
from veritas.default_ports import own_port
from veritas.errors import PageError

if TYPE_CHECKING:
    from veritas.audit.browser import Response

# No site has a reason to trust this origin: no one owns names under .invalid (RFC 6761).
FOREIGN_ORIGIN = "https://veritas.invalid"

# The tests of encryption, and the scheme that each needs. None applies to a site on this machine, and that of the other
# scheme does not apply to a site with a port of its own.
ENCRYPTION_TESTS: Mapping[str, str] = {"redirection": "http", "strict-transport-security": "https"}

LOOPBACK_REASON = "the site is on this machine, where nothing has to be encrypted"
# A port that is not the scheme's own stays in the URL when a browser changes http: to https: (RFC 6797, section 8.3).
OWN_PORT_REASONS: Mapping[str, str] = {
    "redirection": "the URL names a port at which the site answers over https: and not over http:",
    "strict-transport-security": "the URL names a port at which the site answers over http:, and"
    " Strict-Transport-Security would have browsers use https: at the same port",
}
_PORT_REASON = "the URL names a port, so it is not known where the site answers over {scheme}:"
_PRELOAD_REASON = "it is not known whether the host is on the browser's HSTS preload list"
_COOKIE_REASON = "it is not known whether Strict-Transport-Security protects the cookies"


@dataclass(frozen=True)
class ProbeResult:
    """The result of probing a site.

    Attributes:
        responses: The input of the checks.
        cookies: The cookies that the site set over HTTP.
        unknown: For each test that cannot be carried out, the reason.
        not_applicable: Those of them that do not apply to the site.
        loopback: Whether the site is on this machine.
    """

    responses: SiteResponses
    cookies: tuple[Cookie, ...]
    unknown: Mapping[str, str]
    not_applicable: frozenset[str]
    loopback: bool


async def probe(fetcher: Fetcher, url: str, pages: Sequence[PageFacts]) -> ProbeResult:
    """Request what the checks need from the site of *url*.

    Args:
        pages: The pages that the browser has visited, the one for *url* first; may be empty.

    Raises:
        PageError: The browser has visited no page, and the site does not answer.
    """
    loopback = is_loopback(url)
    urls = urls_by_scheme(url)
    if loopback:
        urls = {scheme_of(url): urls[scheme_of(url)]}
    followed = await asyncio.gather(*(follow_redirects(fetcher, each) for each in urls.values()))
    chains = dict(zip(urls, followed, strict=True))
    requested = chains[scheme_of(url)]
    if own_port(urlsplit(url)) is not None:
        chains = {scheme: chain for scheme, chain in chains.items() if chain is requested or not chain.has_no_http}
    if pages:
        page_url, page = urldefrag(pages[0].url).url, _visited(pages[0])
        chains = {scheme: _as_browser_verified(chain, page_url) for scheme, chain in chains.items()}
        cookies, refused = collect_cookies(_cookies_of_pages(pages))
    elif requested.last and requested.responses and not requested.failure:
        page_url, page = requested.urls[-1], requested.last
        cookies, refused = collect_cookies(
            (response.url, _set_cookie_headers(response.headers)) for response in requested.responses
        )
    else:
        raise PageError(requested.reason)
    markup, cors = await asyncio.gather(_markup(fetcher, page_url, page, chains.values()), _cors(fetcher, page_url))
    http, https = chains.get("http"), chains.get("https")
    hosts = [urlsplit(each).hostname or "" for each in (url, *(http.urls if http else ()))]
    preloaded = frozenset[str]() if loopback else await fetcher.find_preloaded(hosts)
    responses = SiteResponses(
        host=urlsplit(url).hostname or "",
        url=page_url,
        page=page,
        http=http.last if http else None,
        https=https.last if https else None,
        cors=cors if isinstance(cors, Exchange) else None,
        http_chain=http.urls if http else (),
        cookies=tuple(replace(cookie, secure=True) for cookie in cookies) if loopback else cookies,
        refused_cookies=refused,
        markup=markup if isinstance(markup, HtmlMarkup) else HtmlMarkup(),
        preloaded=preloaded,
    )
    not_applicable = _not_applicable(url, page_url, chains, loopback=loopback)
    unknown = _unknown_transport(chains) | not_applicable
    if preloaded is None:
        checks = (check_hsts(responses), check_redirection(responses))
        unknown = {check.test: _PRELOAD_REASON for check in checks if not check.passed} | unknown
    if "strict-transport-security" in unknown.keys() - not_applicable and not all(
        cookie.secure for cookie in responses.cookies
    ):
        unknown["cookies"] = _COOKIE_REASON
    if isinstance(markup, str):
        unknown["subresource-integrity"] = markup
        unknown |= {name: markup for name in (CONTENT_SECURITY_POLICY, REFERRER_POLICY) if not page.values(name)}
    if isinstance(cors, str):
        unknown["cross-origin-resource-sharing"] = cors
    return ProbeResult(responses, cookies, unknown, frozenset(not_applicable), loopback)


def _not_applicable(url: str, page_url: str, chains: Mapping[str, RedirectChain], *, loopback: bool) -> dict[str, str]:
    """Return why tests of encryption do not apply to the site, by test.

    If the port of *url* leads to another origin, it is unknown what that origin does over the other scheme.
    """
    if loopback:
        return dict.fromkeys(ENCRYPTION_TESTS, LOOPBACK_REASON)
    if not is_same_origin(url, page_url):
        return {}
    return {test: OWN_PORT_REASONS[test] for test, scheme in ENCRYPTION_TESTS.items() if scheme not in chains}


def _unknown_transport(chains: Mapping[str, RedirectChain]) -> dict[str, str]:
    """Return why the tests of http: and https: cannot be carried out, by test."""
    unknown = {}
    for test, scheme in ENCRYPTION_TESTS.items():
        chain = chains.get(scheme)
        if chain is None:
            unknown[test] = _PORT_REASON.format(scheme=scheme)
        elif not chain.is_known:
            unknown[test] = chain.reason
    return unknown


def _as_browser_verified(chain: RedirectChain, page_url: str) -> RedirectChain:
    """Return *chain* without a certificate failure if the browser has accepted that certificate.

    Browsers fetch the intermediate certificates that many servers forget to send; the fetcher does not.
    """
    last_url = chain.urls[-1]
    accepted = scheme_of(page_url) == "https" and urlsplit(page_url).netloc == urlsplit(last_url).netloc
    if chain.failure is not FetchFailure.CERTIFICATE or not accepted:
        return chain
    reason = f"Only the browser can complete the certificate chain of {last_url!r}, so its headers are not known."
    return replace(chain, failure=FetchFailure.UNANSWERED, reason=reason)


async def _markup(fetcher: Fetcher, url: str, page: Exchange, chains: Iterable[RedirectChain]) -> HtmlMarkup | str:
    """Return the page's HTML as the server sends it, or the reason why it is not known."""
    if not is_html(page):
        return HtmlMarkup()
    response = next((chain.responses[-1] for chain in chains if not chain.failure and chain.urls[-1] == url), None)
    if response is None:
        try:
            response = await fetcher.fetch(url)
        except PageError as error:
            return str(error)
    if response.status != page.status:
        return f"Outside the browser, {url!r} answers with status {response.status} and not {page.status}."
    if response.problem:
        return response.problem
    text = decode_html(response.body, _content_type(response))
    return await asyncio.to_thread(read_markup, text, url)  # a large page takes seconds


async def _cors(fetcher: Fetcher, url: str) -> Exchange | str:
    """Return the response to a request with a foreign origin, or the reason why it is missing."""
    request_headers = {"Origin": FOREIGN_ORIGIN}
    try:
        response = await fetcher.fetch(url, headers=request_headers)
    except PageError as error:
        return str(error)
    return Exchange(response.status, response.headers, request_headers=tuple(request_headers.items()))


def _visited(page: PageFacts) -> Exchange:
    return Exchange(page.status, tuple(page.headers))


def _cookies_of_pages(pages: Iterable[PageFacts]) -> Iterable[tuple[str, list[str]]]:
    for page in pages:
        for redirect in page.redirects:
            yield redirect["url"], _set_cookie_headers(redirect["headers"])
        yield page.url, _set_cookie_headers(page.headers)


def _set_cookie_headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [value for name, value in headers if name.lower() == SET_COOKIE]


def _content_type(response: Response) -> str:
    return Exchange(response.status, response.headers).first("content-type")
