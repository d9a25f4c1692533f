"""Why the requested page was not seen, and what to do about it."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from veritas.audit.summaries import ScoutSummary

# What to do about a start page with an error status.
_REMEDIES = {
    401: "the page needs a login: give one with --basic-auth, --header or --cookie",
    402: "the page has to be paid for: give the URL of a public page",
    403: "it refuses this visitor: give the URL of a public page, or visit it from another network",
    404: "give the URL of an existing page",
    407: "the proxy needs a login: check the proxy's settings",
    408: "the connection is too slow: try again later",
    410: "the page was removed: give the URL of an existing page",
    421: "the server does not serve this host: check the host's name",
    429: "it gets too many requests from here: try again later",
    431: "the URL or the cookies are too long: give a shorter URL",
    451: "the page is blocked for legal reasons: visit it from another country",
    502: "the server behind its gateway has a fault: try again later",
    503: "the server is overloaded or under maintenance: try again later",
    504: "the server behind its gateway does not answer: try again later",
    511: "the network here needs a login: log in to it in a browser first",
}


def why_unseen(scout: ScoutSummary) -> str | None:
    """Return why the scout did not see the requested page; None if it did."""
    url, status = scout.url, scout.status
    start = next(iter(scout.pages), None)
    if status >= 400:
        server = f"proxy {start.proxy!r} or the server" if start and start.proxy else "server"
        return f"The {server} answered {status} ({_phrase(status)}) for {url!r}; {_remedy(status)}."
    if start is not None and start.requires_login:
        seen = "only the page before the login was audited: give one with --storage-state or --cookie"
        return f"{url!r} requires a login ({start.login_reason}); {seen}."
    if start is not None and not start.complete and start.timing.interactive_ms is None:
        return f"{url!r} did not finish loading; only what had loaded by then was audited."
    return None


def _phrase(status: int) -> str:
    return http.client.responses.get(status, "an error")


def _remedy(status: int) -> str:
    if status in _REMEDIES:
        return _REMEDIES[status]
    return "the server has a fault: try again later" if status >= 500 else "give the URL of a page that it shows"
