"""The HSTS preload list, the list of https-only hosts that browsers ship with, as the running browser knows it.

Chromium answers an http: URL of a listed host with a redirect to https: before it connects anywhere. So the browser is
asked for the URL in a profile whose only proxy does not exist: no request leaves this machine, and whether there was a
redirect is the answer. The list is as new as the browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser.chromium_flags import NO_EXCEPTION
from veritas.audit.browser.tab import close_quietly, with_timeout
from veritas.errors import PageError

_NOWHERE = "http://127.0.0.1:9"  # the port of the discard service
_TIMEOUT = 10.0
_NO_HOST = "invalid URL"  # Chromium's words

# A browser that redirects the first and not the second has the list, and redirects for no other reason: all names under
# .dev are listed, and no one owns names under .invalid.
_LISTED, _UNLISTED = "veritas.dev", "veritas.invalid"


async def find_preloaded(chromium: Chromium, hosts: Iterable[str], known: dict[str, bool]) -> frozenset[str] | None:
    """Return those of *hosts* that are on the preload list; None if this browser does not show it.

    Args:
        chromium: The browser.
        hosts: The hosts.
        known: What this browser has answered before, by host; its answers are added.
    """
    wanted = dict.fromkeys((*hosts, _LISTED, _UNLISTED))
    asked = [host for host in wanted if host not in known]
    if asked:
        answers = await _ask(chromium, asked)
        if answers is None:
            return None
        known.update(answers)
    return frozenset(host for host in wanted if known[host]) if known[_LISTED] and not known[_UNLISTED] else None


async def _ask(chromium: Chromium, asked: Sequence[str]) -> dict[str, bool] | None:
    """Return whether each host is redirected; None if that is not known."""
    try:
        opening = chromium.new_context(proxy={"server": _NOWHERE, "bypass": NO_EXCEPTION})
        context = await with_timeout(opening, "No profile can be opened")
    except (PageError, PlaywrightError):
        return None
    try:
        async with asyncio.timeout(_TIMEOUT):
            redirected = await asyncio.gather(*(_is_redirected(context, host) for host in asked))
    except (TimeoutError, PlaywrightError):
        return None
    finally:
        await close_quietly(context.close())
    return dict(zip(asked, redirected, strict=True))


async def _is_redirected(context: BrowserContext, host: str) -> bool:
    """Return whether the browser turns the http: URL of *host* into an https: one.

    Raises:
        playwright.async_api.Error: It does not say; the tab may have ended before it requested anything.
    """
    page = await context.new_page()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    try:
        await page.goto(f"http://{f'[{host}]' if ':' in host else host}/")
    except PlaywrightError as error:  # it always fails, because the proxy does not exist
        if not urls and _NO_HOST not in str(error):
            raise
    return any(url.startswith("https:") for url in urls)
