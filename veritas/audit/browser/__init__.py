"""A headless Chromium, and the pages that an audit visits with it.

Every visit ends, whatever the page does: with a `Tab`, or with a `PageError` that gives the reason in one sentence.
If a document arrives but does not finish loading, loading is stopped and the Tab has `complete=False`.

A site sees the `Visitor` that was chosen, by default an ordinary one: a window of 1366x768, English, and the user agent
of this Chromium with a window. Sites serve other pages, or none, to "HeadlessChrome", and then the audit would describe
what no customer gets. The profile is empty, no permission is granted, and popups are blocked. Nothing else is
disguised: `navigator.webdriver` stays true.
"""

from veritas.audit.browser.browser import Browser
from veritas.audit.browser.http_get import Response
from veritas.audit.browser.tab import MAX_HTML, Tab
from veritas.audit.browser.warm_browser import WarmBrowser, open_browser

__all__ = ["MAX_HTML", "Browser", "Response", "Tab", "WarmBrowser", "open_browser"]
