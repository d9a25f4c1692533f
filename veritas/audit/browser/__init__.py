"""A headless Chromium, and the pages that an audit visits with it.

Every visit ends, whatever the page does: with a `Tab`, or with a `PageError` that gives the reason in one sentence.
If a document arrives but does not finish loading, loading is stopped and the Tab has `complete=False`.

A site sees an ordinary visitor: a window of 1366x768, English, an empty profile, no permission granted, popups
blocked, and the user agent of this Chromium with a window. Sites serve other pages, or none, to "HeadlessChrome", and
then the audit would describe what no customer gets. Nothing else is disguised: `navigator.webdriver` stays true.
"""

from veritas.audit.browser.browser import LOCALE, Browser, open_browser
from veritas.audit.browser.http_get import Response
from veritas.audit.browser.tab import MAX_HTML, MAX_SCREENSHOT_HEIGHT, VIEWPORT, Tab

__all__ = ["LOCALE", "MAX_HTML", "MAX_SCREENSHOT_HEIGHT", "VIEWPORT", "Browser", "Response", "Tab", "open_browser"]
