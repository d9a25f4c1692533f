"""What differs between any two recordings and says nothing about either: times, ports, nonces, and the like.

Each kind has a name, by which a comparison says what it did not count.
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

# The kind, and the fields of it.
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
    PORTS: ("port",),
    "numbers of processes": ("pid",),
    "ids of audits": ("audit_id", "run_id"),
    SCREENSHOTS: ("screenshot", "screenshots", "*/screenshot sha256", "*/screenshot data"),
}

# Lists whose order is an accident.
_UNORDERED = ("requests", "cookies", "third_party_hosts")


@dataclass(frozen=True)
class Substitution:
    """A part of a text that differs each time.

    Attributes:
        name: Its kind.
        found: What it looks like.
        put: What stands in its place while two texts are compared.
    """

    name: str
    found: re.Pattern[str]
    put: str


SUBSTITUTIONS = tuple(
    Substitution(name, re.compile(found), put)
    for name, found, put in (
        (PORTS, r"(?<![\w.])(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\b", r"\1:*"),
        ("nonces", r"\bnonce-[\w+/=-]+", "nonce-*"),
        ("temporary paths", r"(?:/private)?(?:/tmp|/var/tmp|/var/folders)/[^\s\"'<>]+", "/tmp/*"),
        ("temporary paths", r"(?i)\b[a-z]:\\[^\s\"'<>]*\\te?mp\\[^\s\"'<>]+", "/tmp/*"),
        ("ids of audits", r"\bvrts_[0-9a-f]{16}(?:\.\d+)?", "vrts_*"),
    )
)
# Within a Set-Cookie header the value and the day of its end differ, and what the cookie is and may do does not.
COOKIE = Substitution(
    "values of cookies", re.compile(r"(?i)^([^=;\s]+)=[^;]*|(?<=;)(\s*(?:expires|max-age))=[^;]*"), r"\1\2=*"
)

# What hints at any of them, so that most texts are looked at once.
_HINT = re.compile(r"127\.0\.0\.1:|localhost:|\[::1\]:|nonce-|/tmp/|/var/|:\\|vrts_")


@cache
def hiding_patterns() -> tuple[tuple[str, Pattern], ...]:
    """Return the kinds of fields that are volatile, and the patterns of each."""
    return tuple(
        (kind, Pattern.parse(text if "." not in text else f"**.{text}"))
        for kind, texts in _FIELDS.items()
        for text in texts
    )


@cache
def is_timing(event: str, names: Names) -> bool:
    """Whether a field tells when something was, or how long it took."""
    return any(kind == TIMINGS and pattern.covers(event, names) for kind, pattern in hiding_patterns())


def unordered_patterns() -> list[Pattern]:
    """Return the lists whose order is an accident."""
    return [Pattern.parse(text) for text in _UNORDERED]


def is_cookie(names: Names) -> bool:
    """Whether a Set-Cookie header stands there."""
    return names[-2:] == ("headers", "set-cookie")


def without_volatile(text: str) -> tuple[str, list[str]]:
    """Return *text* without what differs each time, and the kinds of what that was."""
    if not _HINT.search(text):
        return text, []
    kinds = []
    for substitution in SUBSTITUTIONS:
        put = substitution.found.sub(substitution.put, text)
        if put != text:
            text = put
            kinds.append(substitution.name)
    return text, kinds


def cookie_without_value(header: str) -> tuple[str, list[str]]:
    """Return a Set-Cookie header without the cookie's value and the day of its end."""
    return COOKIE.found.sub(COOKIE.put, header), [COOKIE.name]
