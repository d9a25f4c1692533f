"""The addresses of the pages that other pages link to."""

from __future__ import annotations

from urllib.parse import quote, urlencode

COMPARE = "/compare"
ROLLOUT = "/rollout"
VERIFY = "/verify"


def compare_url(a: str, b: str = "", **further: int) -> str:
    """Return the address of a comparison; without B it is that of A's transports."""
    return f"{COMPARE}?{urlencode({'a': a, **({'b': b} if b else {}), **further})}"


def rollout_url(name: str, **further: int) -> str:
    """Return the address of the page of a rollout."""
    return f"{ROLLOUT}?{urlencode({'rollout': name, **further})}"


def site_url(host: str) -> str:
    """Return the address of the page of a site."""
    return f"/sites/{quote(host, safe='')}"


def verify_url(run_id: str) -> str:
    """Return the address of the page *Verify* with a run in its forms."""
    return f"{VERIFY}?{urlencode({'run': run_id})}"


def bundle_url(run_id: str) -> str:
    """Return the address of the bundle of a run."""
    return f"/api/v1/bundle?{urlencode({'audit': run_id})}"
