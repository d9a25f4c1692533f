"""Which pages of a site an audit visits, and in which order: the telling ones first, and none that a visit changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urldefrag, urlsplit

from veritas.audit.browser.navigation import is_web_address
from veritas.audit.page import Link

# What pages are worth most to an audit, best first. Each pattern meets the words of a link's path, then of its text.
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

# GET is meant to change nothing; these addresses are where sites do not keep to that.
_CHANGES_SOMETHING = re.compile(
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


class Itinerary:
    """The pages still to visit: feed it links with `add`, take the next page with `next_url`, and say where it led."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._visited: set[str] = set()
        self._paths: set[str] = set()
        self._kinds: set[str] = set()
        self._waiting: list[tuple[str, str | None]] = []

    def add(self, links: Iterable[Link]) -> None:
        """Add the links that are worth a visit."""
        for link in links:
            key = _same_page(link.url)
            if key not in self._known and is_harmless(link):
                self._known.add(key)
                self._waiting.append((link.url, kind_of(link)))

    def next_url(self) -> str | None:
        """Take out the best page: one of a kind not visited yet, else of a path not visited yet, else any."""
        if not self._waiting:
            return None
        best = min(range(len(self._waiting)), key=lambda index: self._rank(*self._waiting[index]))
        url, kind = self._waiting.pop(best)
        if kind:
            self._kinds.add(kind)
        return url

    def arrive(self, url: str) -> bool:
        """Note that a visit ended at *url*; say whether that is a page not visited before."""
        key = _same_page(url)
        if key in self._visited:
            return False
        self._visited.add(key)
        self._known.add(key)
        self._paths.add(urlsplit(url).path)
        self._waiting = [waiting for waiting in self._waiting if _same_page(waiting[0]) != key]
        return True

    def _rank(self, url: str, kind: str | None) -> tuple[int, int]:
        if kind and kind not in self._kinds:
            return 0, list(KINDS).index(kind)
        return 1, int(urlsplit(url).path in self._paths)


def kind_of(link: Link) -> str | None:
    """Return which of `KINDS` a link leads to, by its path, else by its text; None where nothing tells."""
    for words in (_words(urlsplit(link.url).path), _words(link.text)):
        for kind, pattern in KINDS.items():
            if pattern.search(words):
                return kind
    return None


def is_harmless(link: Link) -> bool:
    """Say whether visiting a link gives a page and changes nothing, as far as that can be told beforehand."""
    url = link.url
    if not is_web_address(url) or link.download:
        return False
    parts = urlsplit(url)
    path = unquote(parts.path).lower()
    if _FILE.search(path) or _CHANGES_SOMETHING.search(_words(f"{path} {parts.query}")):
        return False
    if _CHANGES_SOMETHING.search(_words(link.text)):
        return False
    return not (parts.query and KINDS["cancel"].search(_words(path)))  # a query may name what is to be cancelled


def _words(text: str) -> str:
    """Return the words of *text*, in lower case, with one space between."""
    return " ".join(re.findall(r"[^\W_]+", unquote(text).lower()))


def _same_page(url: str) -> str:
    """Return what addresses of the same page have in common: no fragment, no final slash, no scheme."""
    parts = urlsplit(urldefrag(url).url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"
