"""A headless Chromium, and the pages that an audit visits with it.

Whatever a page does, a visit ends: with a `Tab`, or with a `PageError` that says in one sentence why there is none.
A document that arrived but does not finish loading is a Tab with `complete=False`, stopped where it was.

What a site sees is an ordinary visitor: a window of 1366x768, English, an empty profile, no permission granted, popups
blocked, and the user agent that this Chromium has with a window. Sites serve other pages, or none, to
"HeadlessChrome", and then the audit would describe what no customer gets. Nothing else is disguised:
`navigator.webdriver` stays true.
"""

from veritas.audit.browser.browser import LOCALE, Browser, open_browser
from veritas.audit.browser.http_get import Response
from veritas.audit.browser.tab import MAX_HTML, MAX_SCREENSHOT_HEIGHT, VIEWPORT, Tab

__all__ = ["LOCALE", "MAX_HTML", "MAX_SCREENSHOT_HEIGHT", "VIEWPORT", "Browser", "Response", "Tab", "open_browser"]
