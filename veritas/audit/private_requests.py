"""A public page that asks for addresses that are not public, such as devices in the network of its visitor.

Only the egress guard knows, because it refuses those connections: a page's list of requests has no WebSocket, and does
not tell where a name leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from urllib.parse import urlsplit

from veritas.audit.egress.addresses import METADATA, UNSPECIFIED, authority, normal_host
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.policy import local_target
from veritas.audit.egress.refusal import Refusal
from veritas.audit.finding import Finding
from veritas.audit.page import PageFacts
from veritas.default_ports import port_of
from veritas.formatting import count

_MAX_LISTED = 10
# An address in the page itself, or a name of this machine, is the page's own choice. A public name may lead to such an
# address here and nowhere else: in a list of blocked hosts, or in a resolver of this network.
_CONFIDENCE = {True: 0.9, False: 0.5}
# A resolver that blocks hosts often answers with this address.
_NOT_COUNTED = (UNSPECIFIED,)


def private_requests(guard: Guard, url: str, pages: Sequence[PageFacts]) -> Iterator[Finding]:
    """Yield a finding if the pages of a public site made the guard refuse a connection.

    Args:
        guard: The guard of the audit.
        url: The audited URL.
        pages: The pages that were visited.
    """
    start = pages[0].url if pages else url
    if local_target(start) or local_target(url):
        return  # a page of this network asks for what is near to it
    refusals = [each for each in guard.refusals if each.is_literal or each.range not in _NOT_COUNTED]
    if not refusals:
        return
    refusals.sort(key=attrgetter("host", "port"))  # they come in the order in which the guard's connections are made
    has_metadata = any(refusal.range == METADATA for refusal in refusals)
    first = next((refusal for refusal in refusals if refusal.range == METADATA), refusals[0])
    page, route = _asked_by(first, pages)
    asked = f", requested by {page!r} as {route}" if page else ""
    yield Finding(
        phase="security",
        kind="private_network_requests",
        title="Page requests private network addresses",
        detail=f"The site {start!r} makes requests to {count(len(refusals), 'private host')}; {first.reason}{asked}. "
        "In a visitor's browser they reach the visitor's own network.",
        # Credentials of a cloud's machine are worth more than the answer of a device.
        severity="high" if has_metadata else "medium",
        confidence=_CONFIDENCE[any(refusal.is_literal for refusal in refusals)],
        signal="security",
        url=page or start,
        evidence={"measured": {"count": len(refusals), "hosts": list(_listed(refusals))}},
    )


def _asked_by(refusal: Refusal, pages: Iterable[PageFacts]) -> tuple[str | None, str | None]:
    """Return the page that asked for the host, and as what; None for what its list of requests does not show."""
    for page in pages:
        for request in page.requests:
            if _names(request["url"], refusal):
                return page.url, request["resource_type"]
    return None, None


def _names(url: str, refusal: Refusal) -> bool:
    try:
        split = urlsplit(url)
        return (normal_host(split.hostname or ""), port_of(split)) == (refusal.host, refusal.port)
    except ValueError:
        return False


def _listed(refusals: Sequence[Refusal]) -> Iterator[dict[str, str]]:
    for refusal in refusals[:_MAX_LISTED]:
        yield {"host": authority(refusal.host, refusal.port), "address": refusal.address, "range": refusal.range}
