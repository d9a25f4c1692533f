"""Redirect chains: requests that follow redirects step by step, so that every response is seen."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urldefrag, urlsplit

import h11

from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.headers.markup import absolute_url
from veritas.audit.headers.responses import Exchange
from veritas.default_ports import WEB_PORTS, own_port
from veritas.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from veritas.audit.browser import Response

MAX_REDIRECTS = 10
TIMEOUT = 20.0  # seconds for the whole chain

# OpenSSL's reasons for an answer that is not TLS. Others, such as a refused version or cipher, may be no obstacle to a
# browser.
_NOT_TLS = ("wrong version number", "http request", "record layer failure", "packet length too long")

_TLS_EXPECTED = 400  # the status with which servers answer a request without TLS where they expect it
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Fetcher(Protocol):
    """Fetches one URL without following redirects, and knows the HSTS preload list, as a `Browser` does."""

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = ...) -> Response:
        """Return the response; raise PageError if the URL cannot be fetched."""

    async def find_preloaded(self, hosts: Iterable[str]) -> frozenset[str] | None:
        """Return those of *hosts* that are on the HSTS preload list; None if that is not known."""


class FetchFailure(StrEnum):
    """Why the last URL of a redirect chain has no response."""

    ABSENT = "absent"  # nothing listens there, or nothing that speaks the protocol
    CERTIFICATE = "certificate"  # the certificate is not valid
    NO_HTTP = "no_http"  # what answers there does not speak HTTP; it may expect TLS
    UNANSWERED = "unanswered"  # no response, for an unknown reason


@dataclass(frozen=True)
class RedirectChain:
    """The URLs that a URL redirects to, one after the other.

    Attributes:
        urls: The requested URLs, in order.
        responses: Their responses; one fewer than `urls` if the last request failed.
        failure: Why the last request failed; None if it did not.
        reason: The failure as a sentence.
    """

    urls: tuple[str, ...]
    responses: tuple[Response, ...] = ()
    failure: FetchFailure | None = None
    reason: str = ""

    @property
    def is_absent(self) -> bool:
        """True if no server answers at the first URL."""
        return self.failure is FetchFailure.ABSENT and not self.responses

    @property
    def has_no_http(self) -> bool:
        """True if no server answers at the first URL, or one that speaks only TLS, which may answer with status 400."""
        if not self.responses:
            return self.failure in (FetchFailure.ABSENT, FetchFailure.NO_HTTP)
        return self.responses[0].status == _TLS_EXPECTED

    @property
    def is_known(self) -> bool:
        """True if it is known where the first URL leads, or that it leads nowhere."""
        return self.failure in (None, FetchFailure.CERTIFICATE) or self.is_absent

    @property
    def last(self) -> Exchange | None:
        """The last response, or None; after an invalid certificate, an unverified exchange without a response."""
        if self.failure is FetchFailure.CERTIFICATE:
            return Exchange(status=0, verified=False)
        if self.failure:
            return None
        return Exchange(status=self.responses[-1].status, headers=self.responses[-1].headers)


async def follow_redirects(fetcher: Fetcher, url: str) -> RedirectChain:
    """Fetch *url* and follow its redirects, at most `MAX_REDIRECTS` of them."""
    url = urldefrag(url).url
    urls = [url]
    responses: list[Response] = []
    try:
        async with asyncio.timeout(TIMEOUT):
            while True:
                responses.append(await fetcher.fetch(url))
                url = _redirect_target(responses[-1])
                if not url or len(responses) > MAX_REDIRECTS:
                    return RedirectChain(tuple(urls), tuple(responses))
                urls.append(url)
    except PageError as error:
        return RedirectChain(tuple(urls), tuple(responses), _failure_of(error), str(error))
    except TimeoutError:
        reason = f"{urls[0]!r} led to no page within {TIMEOUT:g} s."
        return RedirectChain(tuple(urls), tuple(responses), FetchFailure.UNANSWERED, reason)


def urls_by_scheme(url: str) -> dict[str, str]:
    """Return the http: and the https: form of *url*, by scheme.

    If *url* names a port other than the default, the port of the other scheme is unknown. What answers over https: may
    answer over http: at the same port, so both are returned for https:, and only *url* for http:.
    """
    parts = urlsplit(urldefrag(url).url)
    if own_port(parts) is not None:
        return {scheme: parts._replace(scheme=scheme).geturl() for scheme in dict.fromkeys(("http", parts.scheme))}
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return {scheme: parts._replace(scheme=scheme, netloc=host).geturl() for scheme in WEB_PORTS}


def _redirect_target(response: Response) -> str:
    """Return the URL that *response* redirects to, or "" if it does not redirect to an http: or https: URL."""
    if response.status not in _REDIRECTS:
        return ""
    location = next((value for name, value in response.headers if name.lower() == "location"), "")
    target = urldefrag(absolute_url(response.url, location)).url if location else ""
    return target if target.lower().startswith(("http://", "https://")) else ""


def _failure_of(error: PageError) -> FetchFailure:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FetchFailure.CERTIFICATE
    if isinstance(cause, NetworkFailure) and str(cause) == "ERR_CONNECTION_REFUSED":
        return FetchFailure.ABSENT
    if isinstance(cause, ssl.SSLError) and any(sign in str(cause).lower().replace("_", " ") for sign in _NOT_TLS):
        return FetchFailure.ABSENT
    if isinstance(cause, h11.ProtocolError | EOFError | ConnectionResetError):
        return FetchFailure.NO_HTTP
    return FetchFailure.UNANSWERED
