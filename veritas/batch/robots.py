"""robots.txt: whether a site allows robots to visit a page (RFC 9309).

The rules for `veritas` count, or else those for `*`. A site without the file allows everything. If the file cannot be
read because the site does not answer, or answers with an error of its own, nothing is known.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from protego import Protego

import veritas
from veritas.audit.browser.http_get import http_get
from veritas.audit.egress import EgressPolicy, open_guard
from veritas.audit.network import DIRECT, Network
from veritas.errors import PageError

AGENT = "veritas"  # the product token by which a robots.txt names VERITAS
DISALLOWED, UNKNOWN = "robots_disallowed", "robots_unknown"

_MAX_BYTES = 512_000  # RFC 9309, section 2.5: at least 500 kibibytes are read
_MAX_REDIRECTS = 5  # section 2.3.1.2
_LIFETIME = 86_400.0  # seconds; section 2.4: a day
_KEPT = 1_000  # sites; in a long batch most occur once
_LONGEST_DELAY = 60.0  # seconds
_USER_AGENT = f"Mozilla/5.0 (compatible; VERITAS/{veritas.__version__})"


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


class RobotsReader:
    """Reads the robots.txt of sites through the egress guard, and keeps it for a day."""

    def __init__(self, *, policy: EgressPolicy, network: Network = DIRECT, timeout: float = 20.0) -> None:
        """Prepare to read.

        Args:
            policy: The hosts that may be reached although they are not public, beside a local page's own.
            network: The user's own proxies.
            timeout: The seconds that a request may take.
        """
        self._policy = policy
        self._network = network
        self._timeout = timeout
        self._sites: OrderedDict[str, _Rules] = OrderedDict()

    async def ask(self, url: str) -> RobotsAnswer:
        """Return what the robots.txt of a page's site says of the page."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}/robots.txt"
        known = self._sites.get(site)
        if known is None or time.monotonic() - known.read_at > _LIFETIME:
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
                async with open_guard(self._policy.for_target(site), network=self._network) as guard:
                    response = await http_get(
                        url, headers={"User-Agent": _USER_AGENT}, timeout=self._timeout, guard=guard
                    )
            except PageError as error:
                return _Rules(fault=str(error), read_at=now)
            location = next((value for name, value in response.headers if name.lower() == "location"), None)
            if 300 <= response.status < 400 and location is not None:
                url = urljoin(url, location)
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
