"""The test `subresource-integrity`: whether scripts of other sites can be swapped for others unseen."""

from __future__ import annotations

import re

from veritas.audit.headers.markup import Script, as_browsers_read
from veritas.audit.headers.mixed_content import is_same_site
from veritas.audit.headers.observation import CheckResult, Exchange, Observation, verdict

TEST = "subresource-integrity"
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

# From the least to the worst.
_ORDER = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
_ABSOLUTE = re.compile("https?://", re.IGNORECASE)


def check_sri(observation: Observation) -> CheckResult:
    """Judge the page's script elements, as the server sent them.

    The site's own scripts are those of the same registrable domain. An address without a scheme (`//host/…`) counts
    as another site's, and as one that can come over http:.
    """
    page, markup = observation.page, observation.markup
    if page is None or (is_html(page) and not markup.script_count):
        return verdict(TEST, "sri-not-implemented-but-no-scripts-loaded", answered=page is not None)
    if not is_html(page):
        return verdict(TEST, "sri-not-implemented-response-not-html", header="content-type", value=page.media_type)
    judged = [(script, *_judge(script, observation)) for script in markup.scripts]
    outcomes = [outcome for _, _, outcome in judged if outcome]
    foreign = [script.src for script, is_foreign, _ in judged if is_foreign]
    if outcomes:
        result = max(outcomes, key=_ORDER.index)
    elif foreign:
        result = "sri-implemented-and-external-scripts-loaded-securely"
    else:
        result = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
    at_fault = [script.src for script, _, outcome in judged if outcome == result]
    measured = {"scripts": markup.script_count, "foreign_scripts": len(foreign)}
    return verdict(TEST, result, value=", ".join(at_fault), measured=measured)


def is_html(page: Exchange) -> bool:
    """Say whether *page* is HTML; it is where it names no type."""
    return not page.media_type or page.media_type in HTML_TYPES


def _judge(script: Script, observation: Observation) -> tuple[bool, str | None]:
    """Say whether *script* is another site's, and which outcome it calls for, if any."""
    address = as_browsers_read(script.src)
    names_scheme = bool(_ABSOLUTE.match(address))
    names_host = names_scheme or address.startswith("//")
    is_own = not names_host or (names_scheme and is_same_site(address, observation.url))
    is_secure = (address if names_scheme else observation.url).lower().startswith("https:")
    if is_own:
        return False, "sri-implemented-and-all-scripts-loaded-securely" if script.integrity and is_secure else None
    if names_scheme and is_secure:
        return True, None if script.integrity else "sri-not-implemented-but-external-scripts-loaded-securely"
    if script.integrity:
        return True, "sri-implemented-but-external-scripts-not-loaded-securely"
    return True, "sri-not-implemented-and-external-scripts-not-loaded-securely"
