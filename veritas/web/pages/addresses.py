"""The addresses of the pages that other pages link to."""

from __future__ import annotations

from urllib.parse import quote, urlencode

COMPARE = "/compare"
ROLLOUT = "/rollout"


def compare_url(a: str, b: str = "", **further: int) -> str:
    """Return the address of a comparison; without B it is that of A's transports."""
    return f"{COMPARE}?{urlencode({'a': a, **({'b': b} if b else {}), **further})}"


def rollout_url(name: str, **further: int) -> str:
    """Return the address of the page of a rollout."""
    return f"{ROLLOUT}?{urlencode({'rollout': name, **further})}"


def site_url(host: str) -> str:
    """Return the address of the page of a site."""
    return f"/sites/{quote(host, safe='')}"
