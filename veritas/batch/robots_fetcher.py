"""Requests of robots.txt before an audit begins, each through an egress guard of its own."""

from __future__ import annotations

import veritas
from veritas.audit.browser import Response
from veritas.audit.browser.http_get import http_get
from veritas.audit.egress.policy import EgressPolicy
from veritas.audit.egress.thread import open_guard
from veritas.audit.network import Network
from veritas.audit.robots import Fetch

_USER_AGENT = f"Mozilla/5.0 (compatible; VERITAS/{veritas.__version__})"


def robots_fetcher(policy: EgressPolicy, network: Network, *, timeout: float = 20.0) -> Fetch:
    """Return a function that requests a URL once; the guard opens what the site opens, and not what that leads to.

    Args:
        policy: The hosts that may be reached although they are not public, beside a local page's own.
        network: The user's own proxies.
        timeout: The seconds that a request may take.
    """

    async def fetch(url: str, site: str) -> Response:
        async with open_guard(policy.for_target(site), network=network) as guard:
            return await http_get(url, headers={"User-Agent": _USER_AGENT}, timeout=timeout, guard=guard)

    return fetch
