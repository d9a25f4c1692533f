"""The URL frontier: the pages of a site that an audit visits, most useful first, without those that a visit changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urldefrag, urlsplit

from veritas.audit.browser.navigation import is_http_url
from veritas.audit.page import Link

# The kinds of pages that are most useful to an audit, best first. Each pattern is matched against the words of a link's
# path, then against those of its text.
KINDS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(rf"(?:^| )(?:{pattern})(?: |$)")
    for kind, pattern in {
        "checkout": r"check ?out|kasse|caisse|place order|order now",
        "cart": r"cart|basket|shopping ?bag|warenkorb|panier|carrito",
        "cancel": r"cancel|cancellation|end membership|kuendigen|kündigen|resilier|résilier",
        "subscribe": r"subscribe|subscriptions?|pricing|plans?|membership|premium|free trial|preise|abo",
        "contact": r"contact|kontakt|imprint|impressum|legal notice|mentions legales|mentions légales",
        "account": r"account|profile|settings|konto|compte",
        "about": r"about|company|who we are|ueber uns|über uns",
        "terms": r"terms|tos|conditions|agb|cgv|cgu",
        "privacy": r"privacy|cookies?|datenschutz|gdpr",
        "returns": r"returns?|refunds?|shipping|delivery|versand|retouren",
    }.items()
}

# GET requests should change nothing, but sites often break this rule at URLs with these words.
_UNSAFE = re.compile(
    r"(?:^| )(?:log ?out|log ?off|sign ?out|sign ?off|abmelden|deconnexion"
    r"|delete|remove|destroy|erase|deactivate|disable|revoke|unsubscribe|opt ?out|vote|download"
    r"|add to (?:cart|basket|bag|wishlist)|add cart|(?:cart|basket) (?:add|clear|empty)|(?:clear|empty) (?:cart|basket)"
    r")(?: |$)"
)
_FILE = re.compile(
    r"\.(?:zip|gz|bz2|xz|7z|rar|tar|tgz|exe|msi|dmg|pkg|deb|rpm|apk|iso|jar|pdf|docx?|xlsx?|pptx?|odt|ods|epub|csv|json"
    r"|xml|rss|atom|ics|vcf|txt|png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|mp3|mp4|m4a|wav|ogg|webm|avi|mov|mkv|woff2?"
    r"|ttf|otf|css|m?js)$"
)


class UrlFrontier:
    """The pages still to visit.

    Put links in with `add`, take the next page out with `next_url`, and report the URL that it led to with
    `mark_visited`.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._visited: set[str] = set()
        self._paths: set[str] = set()
        self._kinds: set[str] = set()
        self._waiting: list[tuple[str, str | None]] = []

    def add(self, links: Iterable[Link]) -> None:
        """Add the safe links that are not known yet."""
        for link in links:
            key = _page_key(link.url)
            if key not in self._known and is_safe(link):
                self._known.add(key)
                self._waiting.append((link.url, link_kind(link)))

    def next_url(self) -> str | None:
        """Remove and return the best page, or None: first of a new kind, then of a new path, then any other."""
        if not self._waiting:
            return None
        best = min(range(len(self._waiting)), key=lambda index: self._rank(*self._waiting[index]))
        url, kind = self._waiting.pop(best)
        if kind:
            self._kinds.add(kind)
        return url

    def mark_visited(self, url: str) -> bool:
        """Mark *url* as visited; return whether it is a page that was not visited before."""
        key = _page_key(url)
        if key in self._visited:
            return False
        self._visited.add(key)
        self._known.add(key)
        self._paths.add(urlsplit(url).path)
        self._waiting = [waiting for waiting in self._waiting if _page_key(waiting[0]) != key]
        return True

    def _rank(self, url: str, kind: str | None) -> tuple[int, int]:
        if kind and kind not in self._kinds:
            return 0, list(KINDS).index(kind)
        return 1, int(urlsplit(url).path in self._paths)


def link_kind(link: Link) -> str | None:
    """Return the one of `KINDS` that matches a link's path, or else its text; None if neither matches."""
    for words in (_words(urlsplit(link.url).path), _words(link.text)):
        for kind, pattern in KINDS.items():
            if pattern.search(words):
                return kind
    return None


def is_safe(link: Link) -> bool:
    """Return whether a visit to the link probably returns a page and changes nothing."""
    url = link.url
    if not is_http_url(url) or link.download:
        return False
    parts = urlsplit(url)
    path = unquote(parts.path).lower()
    if _FILE.search(path) or _UNSAFE.search(_words(f"{path} {parts.query}")):
        return False
    if _UNSAFE.search(_words(link.text)):
        return False
    return not (parts.query and KINDS["cancel"].search(_words(path)))  # the query may name the order to cancel


def _words(text: str) -> str:
    """Return the words of *text* in lower case, separated by single spaces."""
    return " ".join(re.findall(r"[^\W_]+", unquote(text).lower()))


def _page_key(url: str) -> str:
    """Return the key that all URLs of one page share: without scheme, final slash and fragment."""
    parts = urlsplit(urldefrag(url).url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"
