"""The test `subresource-integrity`: whether external scripts can be replaced without browsers noticing."""

from __future__ import annotations

import re

from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.markup import Script, normalise_url
from veritas.audit.headers.origins import is_same_site
from veritas.audit.headers.responses import Exchange, SiteResponses

TEST = "subresource-integrity"
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

# From the least severe to the most severe.
_ORDER = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
_ABSOLUTE = re.compile("https?://", re.IGNORECASE)


def check_sri(site: SiteResponses) -> CheckResult:
    """Check the script elements in the HTML that the server sent.

    The site's own scripts are those of the same registrable domain. A URL without a scheme (`//host/…`) counts as
    external, and as one that can be loaded over http:.
    """
    page, markup = site.page, site.markup
    if page is None or (is_html(page) and not markup.script_count):
        return CheckResult.of(TEST, "sri-not-implemented-but-no-scripts-loaded", answered=page is not None)
    if not is_html(page):
        return CheckResult.of(
            TEST, "sri-not-implemented-response-not-html", header="content-type", value=page.media_type
        )
    checked = [(script, *_check_script(script, site)) for script in markup.scripts]
    outcomes = [outcome for _, _, outcome in checked if outcome]
    external = [script.src for script, is_external, _ in checked if is_external]
    if outcomes:
        result = max(outcomes, key=_ORDER.index)
    elif external:
        result = "sri-implemented-and-external-scripts-loaded-securely"
    else:
        result = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
    at_fault = [script.src for script, _, outcome in checked if outcome == result]
    measured = {"scripts": markup.script_count, "foreign_scripts": len(external)}
    return CheckResult.of(TEST, result, value=", ".join(at_fault), measured=measured)


def is_html(page: Exchange) -> bool:
    """Return whether *page* is HTML; a page without a media type counts as HTML."""
    return not page.media_type or page.media_type in HTML_TYPES


def _check_script(script: Script, site: SiteResponses) -> tuple[bool, str | None]:
    """Return whether *script* is external, and the outcome that it causes, if any."""
    url = normalise_url(script.src)
    has_scheme = bool(_ABSOLUTE.match(url))
    has_host = has_scheme or url.startswith("//")
    is_own = not has_host or (has_scheme and is_same_site(url, site.url))
    is_secure = (url if has_scheme else site.url).lower().startswith("https:")
    if is_own:
        return False, "sri-implemented-and-all-scripts-loaded-securely" if script.integrity and is_secure else None
    if has_scheme and is_secure:
        return True, None if script.integrity else "sri-not-implemented-but-external-scripts-loaded-securely"
    if script.integrity:
        return True, "sri-implemented-but-external-scripts-not-loaded-securely"
    return True, "sri-not-implemented-and-external-scripts-not-loaded-securely"
