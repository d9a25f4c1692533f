"""Where an address leads: redirects followed by hand, so that every step of the way is seen."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urldefrag, urlsplit

from veritas.audit.headers.markup import join
from veritas.audit.headers.observation import Exchange
from veritas.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from veritas.audit.browser import Response

MAX_REDIRECTS = 10
TIMEOUT = 20.0  # seconds for the whole way

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Fetcher(Protocol):
    """Whatever can ask for an address once, as `Browser.fetch` does."""

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = ...) -> Response:
        """Return the answer; PageError where there is none."""


class Obstacle(StrEnum):
    """What ended a trail before its last answer."""

    ABSENT = "absent"  # nothing listens there, or nothing that speaks the protocol
    CERTIFICATE = "certificate"  # the certificate is not valid
    UNANSWERED = "unanswered"  # why, is not known


@dataclass(frozen=True)
class Trail:
    """The way from one address.

    Attributes:
        route: The addresses that were asked, in order.
        answers: What they answered; one less than `route` where there is an obstacle.
        obstacle: What the last of them did instead of answering, if anything.
        reason: The same as a sentence.
    """

    route: tuple[str, ...]
    answers: tuple[Response, ...] = ()
    obstacle: Obstacle | None = None
    reason: str = ""

    @property
    def is_absent(self) -> bool:
        """Say whether nothing serves pages at the first address."""
        return self.obstacle is Obstacle.ABSENT and not self.answers

    @property
    def is_known(self) -> bool:
        """Say whether it is known where the first address leads, be it nowhere."""
        return self.obstacle in (None, Obstacle.CERTIFICATE) or self.is_absent

    @property
    def last(self) -> Exchange | None:
        """The last answer; one that only says that a certificate is not valid where that is what ended the trail."""
        if self.obstacle is Obstacle.CERTIFICATE:
            return Exchange(status=0, verified=False)
        if self.obstacle:
            return None
        return Exchange(status=self.answers[-1].status, headers=self.answers[-1].headers)


async def follow(fetcher: Fetcher, url: str) -> Trail:
    """Ask for *url*, and for whatever it redirects to, at most `MAX_REDIRECTS` times."""
    url = urldefrag(url).url
    route = [url]
    answers: list[Response] = []
    try:
        async with asyncio.timeout(TIMEOUT):
            while True:
                answers.append(await fetcher.fetch(url))
                url = _redirected_to(answers[-1])
                if not url or len(answers) > MAX_REDIRECTS:
                    return Trail(tuple(route), tuple(answers))
                route.append(url)
    except PageError as error:
        return Trail(tuple(route), tuple(answers), _obstacle(error), str(error))
    except TimeoutError:
        reason = f"{route[0]!r} led to no page within {TIMEOUT:g} s."
        return Trail(tuple(route), tuple(answers), Obstacle.UNANSWERED, reason)


def addresses_to_ask(url: str) -> dict[str, str]:
    """Return the http: and https: addresses of *url*, by scheme.

    Where *url* names a port of its own, the port of the other scheme cannot be known, and only *url* itself is there.
    """
    parts = urlsplit(urldefrag(url).url)
    if parts.port not in (None, {"http": 80, "https": 443}[parts.scheme]):
        return {parts.scheme: parts.geturl()}
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return {scheme: parts._replace(scheme=scheme, netloc=host).geturl() for scheme in ("http", "https")}


def _redirected_to(answer: Response) -> str:
    """Return the address that *answer* redirects to, or "" where it does not, or to none that can be asked."""
    if answer.status not in _REDIRECTS:
        return ""
    location = next((value for name, value in answer.headers if name.lower() == "location"), "")
    target = urldefrag(join(answer.url, location)).url if location else ""
    return target if target.lower().startswith(("http://", "https://")) else ""


def _obstacle(error: PageError) -> Obstacle:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Obstacle.CERTIFICATE
    if isinstance(cause, ConnectionRefusedError | ssl.SSLError):
        return Obstacle.ABSENT
    return Obstacle.UNANSWERED
