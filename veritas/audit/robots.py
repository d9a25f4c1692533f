"""robots.txt: whether a site allows robots to visit a page (RFC 9309).

The rules for `veritas` count, or else those for `*`. A site without the file allows everything. If the file cannot be
read because the site does not answer, or answers with an error of its own, nothing is known.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from protego import Protego

from veritas.errors import PageError

if TYPE_CHECKING:
    from veritas.audit.browser import Response

AGENT = "veritas"  # the product token by which a robots.txt names VERITAS
DISALLOWED, UNKNOWN = "robots_disallowed", "robots_unknown"

_MAX_BYTES = 512_000  # RFC 9309, section 2.5: at least 500 kibibytes are read
_MAX_REDIRECTS = 5  # section 2.3.1.2
_LIFETIME = 86_400.0  # seconds; section 2.4: a day
_LIFETIME_OF_FAULT = 300.0  # seconds until a site that did not answer is asked again
_KEPT = 1_000  # sites; in a long batch most occur once
_LONGEST_DELAY = 60.0  # seconds

Fetch = Callable[[str, str], Awaitable["Response"]]  # (a URL, the site that leads there): one GET; or a PageError


@dataclass(frozen=True)
class RobotsAnswer:
    """What a site's robots.txt says of one page.

    Attributes:
        refusal: Why the page is not visited: `DISALLOWED` or `UNKNOWN`; None if it may be.
        reason: The same in a sentence; empty if it may be visited.
        delay: The seconds that the site asks to wait between two visits; None if it does not.
    """

    refusal: str | None = None
    reason: str = ""
    delay: float | None = None


@dataclass(frozen=True)
class _Rules:
    """A site's robots.txt as it was read; *rules* is None if it allows everything or, with *fault*, is not known."""

    rules: Protego | None = None
    fault: str = ""
    read_at: float = 0.0

    def is_old(self) -> bool:
        return time.monotonic() - self.read_at > (_LIFETIME_OF_FAULT if self.fault else _LIFETIME)


class Robots:
    """The robots.txt of sites, which are read when they are needed, and kept for a day."""

    def __init__(self, fetch: Fetch) -> None:
        """Prepare to read files by *fetch*, which must go through the egress guard."""
        self._fetch = fetch
        self._sites: OrderedDict[str, _Rules] = OrderedDict()

    async def ask(self, url: str) -> RobotsAnswer:
        """Return what the robots.txt of a page's site says of the page."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}/robots.txt"
        known = self._sites.get(site)
        if known is None or known.is_old():
            known = self._sites[site] = await self._read(site)
        self._sites.move_to_end(site)
        if len(self._sites) > _KEPT:
            self._sites.popitem(last=False)
        if known.fault:
            return RobotsAnswer(UNKNOWN, f"It is not known whether {url!r} may be visited: {known.fault}")
        if known.rules is None:
            return RobotsAnswer()
        delay = known.rules.crawl_delay(AGENT)
        pause = None if delay is None else min(_LONGEST_DELAY, max(0.0, float(delay)))
        if known.rules.can_fetch(url, AGENT):
            return RobotsAnswer(delay=pause)
        return RobotsAnswer(DISALLOWED, f"{site!r} disallows {url!r}.", pause)

    async def _read(self, site: str) -> _Rules:
        url, now = site, time.monotonic()
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                response = await self._fetch(url, site)
            except PageError as error:
                return _Rules(fault=str(error), read_at=now)
            location = next((value for name, value in response.headers if name.lower() == "location"), None)
            if 300 <= response.status < 400 and location is not None:
                try:
                    url = urljoin(url, location)
                except ValueError:
                    return _Rules(fault=f"{url!r} leads to {location!r}, which is not an address.", read_at=now)
                continue
            if response.status == 429 or response.status >= 500:
                return _Rules(fault=f"{url!r} answers {response.status}.", read_at=now)
            if not 200 <= response.status < 300:
                return _Rules(read_at=now)
            if response.problem and len(response.body) < _MAX_BYTES:
                return _Rules(fault=response.problem, read_at=now)
            text = response.body[:_MAX_BYTES].decode("utf-8-sig", "replace")
            return _Rules(Protego.parse(text), read_at=now)
        return _Rules(fault=f"{site!r} leads to more than {_MAX_REDIRECTS} redirects.", read_at=now)
