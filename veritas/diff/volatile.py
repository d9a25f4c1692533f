"""Volatile values: those that differ between any two runs without a meaning, such as times, ports and nonces.

Each kind has a name, under which a comparison reports the differences that it did not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from veritas.diff.field_path import Names, Pattern

TIMINGS = "timings"
PORTS = "ports of this machine"
SCREENSHOTS = "bytes of screenshots"
ORDERS = "orders that are an accident"

# The fields of each kind.
_FIELDS = {
    "numbers of events": ("seq",),
    TIMINGS: (
        "timestamp",
        "timing",
        "duration",
        "elapsed",
        "took",
        "*_ms",
        "*_s",
        "*seconds*",
        "started_at",
        "finished_at",
    ),
    "dates and marks of an answer": (
        "headers.date",
        "headers.expires",
        "headers.age",
        "headers.etag",
        "headers.x-request-id",
        "headers.cf-ray",
        "headers.server-timing",
        "headers.nel",
        "headers.report-to",
        "cookies.expires",
    ),
    "values of cookies": ("cookies.value",),
    "amounts of traffic": ("egress.hosts_left_out", "egress.received", "egress.refused"),
    PORTS: ("port",),
    "numbers of processes": ("pid",),
    "ids of audits": ("audit_id", "run_id"),
    SCREENSHOTS: (
        "screenshot",
        "screenshots",
        *(f"*/screenshot {name}" for name in ("sha256", "data", "media_type", "height", "taken_by", "base")),
    ),
    # The guard's thread emits them between those of a phase. The last event has their content, in a fixed order.
    ORDERS: ("*/egress_refused",),
}

NUMBERS = "numbers in page texts"

# The fields that quote a page, or say in a sentence what was measured on it. In those of the security phase, a number
# is the version of a protocol, a status or an age, and counts as those of the verdict do.
_PAGE_TEXTS = frozenset(
    ("text", "texts", "words", "title", "detail", "label", "before", "after", "shown", "example", "sample")
)
_WITH_NUMBERS = ("security/", "judge/", "complete/")

# Lists whose order does not count.
_UNORDERED = ("requests", "cookies", "third_party_hosts")


@dataclass(frozen=True)
class Substitution:
    """The replacement of a volatile part of a text, for a comparison.

    Attributes:
        name: Its kind.
        pattern: Matches the volatile part.
        replacement: Replaces it.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: str


SUBSTITUTIONS = tuple(
    Substitution(name, re.compile(pattern), replacement)
    for name, pattern, replacement in (
        (PORTS, r"(?<![\w.])(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\b", r"\1:*"),
        ("nonces", r"\bnonce-[\w+/=-]+", "nonce-*"),
        ("temporary paths", r"(?:/private)?(?:/tmp|/var/tmp|/var/folders)/[^\s\"'<>]+", "/tmp/*"),
        ("temporary paths", r"(?i)\b[a-z]:\\[^\s\"'<>]*\\te?mp\\[^\s\"'<>]+", "/tmp/*"),
        ("ids of audits", r"\bvrts_[0-9a-f]{16}(?:\.\d+)?", "vrts_*"),
    )
)
# In a Set-Cookie header the cookie's value and expiry are volatile; its name and its other attributes are not.
COOKIE = Substitution(
    "values of cookies", re.compile(r"(?i)^([^=;\s]+)=[^;]*|(?<=;)(\s*(?:expires|max-age))=[^;]*"), r"\1\2=*"
)

# Matches wherever one of SUBSTITUTIONS can match, so that most texts are searched only once.
_HINT = re.compile(r"127\.0\.0\.1:|localhost:|\[::1\]:|nonce-|/tmp/|/var/|:\\|vrts_")


# A price counts; any other number, such as a countdown's or a counter's, does not. `14:33:53` is one number.
_PRICE = r"[£$€¥₹]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[£$€¥₹]|(?:EUR|USD|GBP|CHF|kr|zł)\b)"
_PRICE_OR_NUMBER = re.compile(rf"(?P<price>{_PRICE})|\d+(?:[.,:]\d+)*")


@cache
def hiding_patterns() -> tuple[tuple[str, Pattern], ...]:
    """Return pairs of a kind of volatile fields and a pattern of such fields."""
    return tuple(
        (kind, Pattern.parse(text if "." not in text else f"**.{text}"))
        for kind, texts in _FIELDS.items()
        for text in texts
    )


@cache
def is_timing(event: str, names: Names) -> bool:
    """Return whether a field is a time or a duration."""
    return any(kind == TIMINGS and pattern.covers(event, names) for kind, pattern in hiding_patterns())


def unordered_patterns() -> list[Pattern]:
    """Return the patterns of the lists whose order does not count."""
    return [Pattern.parse(text) for text in _UNORDERED]


def is_cookie(names: Names) -> bool:
    """Return whether a field is a Set-Cookie header."""
    return names[-2:] == ("headers", "set-cookie")


def without_volatile(text: str) -> tuple[str, list[str]]:
    """Replace the volatile parts of *text*; return the result and the kinds of these parts."""
    if not _HINT.search(text):
        return text, []
    kinds = []
    for substitution in SUBSTITUTIONS:
        replaced = substitution.pattern.sub(substitution.replacement, text)
        if replaced != text:
            text = replaced
            kinds.append(substitution.name)
    return text, kinds


def is_page_text(event: str, names: Names) -> bool:
    """Return whether a field quotes a page, whose numbers do not count."""
    is_quoted = len(names) > 1 and (names[-1] in _PAGE_TEXTS or names[-2] == "texts")
    return is_quoted and not event.startswith(_WITH_NUMBERS)


def without_numbers(text: str) -> tuple[str, list[str]]:
    """Replace the volatile parts of *text*, and all numbers but prices; return the result and their kinds."""
    text, kinds = without_volatile(text)
    replaced = _PRICE_OR_NUMBER.sub(lambda match: match["price"] or "*", text)
    return (text, kinds) if replaced == text else (replaced, [*kinds, NUMBERS])


def cookie_without_value(header: str) -> tuple[str, list[str]]:
    """Replace the cookie's value and expiry in a Set-Cookie header; return the result and their kind."""
    return COOKIE.pattern.sub(COOKIE.replacement, header), [COOKIE.name]
