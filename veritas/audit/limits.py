"""The limits of one visit of a page: how much of this machine a page may take, and how much of it is recorded.

Each limit has a default and can be set by `--limit NAME=VALUE`. A visit that reaches one records `limit_reached` once,
and goes on with what it has. The time has its own options, `--timeout` and `--visit-timeout`. No file is ever
downloaded, so the limit of downloads cannot be set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

import msgspec

from veritas.errors import UsageError

# The limits that are not fields of `Limits`.
DOWNLOADS = "downloads"
TIME = "time"

_IN_BYTES = {"bytes": "", "document": " for a document"}
_WORDS = {"console": "lines of the console", "height": "pixels of height"}
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_VALUE = re.compile(r"(?P<number>\d{1,15})(?P<unit>[KMG]?)(?P<bytes>B?)", re.IGNORECASE)


def _limit(default: int, *, least: int, most: int, what: str) -> Any:
    return field(default=default, metadata={"least": least, "most": most, "what": what})


@dataclass(frozen=True)
class Limits:
    """How much a visit of one page may take.

    Attributes:
        bytes: The bytes that are received, unpacked, by the page and its frames; what comes after that is not loaded.
        document: The bytes of one document, unpacked: its elements take much more memory than it has bytes.
        requests: The requests that are recorded; the scripts of a page that sends more are stopped.
        redirects: The answers and pages that lead on to another page; a page that leads further is given up.
        dialogs: The dialogs that are recorded. Every dialog is dismissed.
        popups: The windows whose addresses are recorded. No window is opened.
        frames: The frames that may be loaded; the scripts of a page that has more are stopped.
        console: The lines of the console that are read.
        height: The height of a screenshot, in CSS pixels.
    """

    bytes: int = _limit(200_000_000, least=100_000, most=100_000_000_000, what="bytes that a visit receives")
    document: int = _limit(5_000_000, least=10_000, most=1_000_000_000, what="bytes of one document's HTML")
    requests: int = _limit(2_000, least=1, most=100_000, what="requests of a visit")
    redirects: int = _limit(20, least=0, most=20, what="redirects, and moves to another page")
    dialogs: int = _limit(50, least=0, most=10_000, what="dialogs that are recorded")
    popups: int = _limit(50, least=0, most=10_000, what="windows that are recorded; none is opened")
    frames: int = _limit(500, least=0, most=10_000, what="frames of a page")
    console: int = _limit(200, least=0, most=10_000, what="lines of the console that are read")
    # Chromium's longest texture: a taller picture repeats itself or goes blank.
    height: int = _limit(16_384, least=768, most=16_384, what="CSS pixels of a screenshot's height")

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Return the defaults, changed by *settings* such as `bytes=100MB` and `frames=50`.

        Raises:
            UsageError: There is no limit of that name, or it cannot have that value.
        """
        return replace(cls(), **dict(map(_parsed, settings)))

    def as_dict(self) -> dict[str, int]:
        """Return the limits by name."""
        return asdict(self)


DEFAULT_LIMITS = Limits()


class LimitReached(msgspec.Struct, frozen=True):
    """A visit, or the whole audit, has reached a limit: the summary of `limit_reached`.

    Attributes:
        url: The page that was requested.
        name: The limit: `bytes`, `document`, `requests`, `redirects`, `dialogs`, `popups`, `frames`, `console`,
            `height`, `downloads` or `time`.
        limit: Its value: a number, bytes, CSS pixels, or for `time` seconds.
        left_out: What the audit does without, in a sentence.
    """

    url: str
    name: str
    limit: float
    left_out: str

    @property
    def sentence(self) -> str:
        """The limit in words, and what the audit does without."""
        return f"{self.url!r} reaches the limit of {limit_in_words(self.name, self.limit)}. {self.left_out}"


# Called when a visit reaches a limit, at once.
OnLimit = Callable[[LimitReached], None]

_LEFT_OUT = {
    "bytes": "What the page loads after that is not received.",
    "document": "The rest of the document, and what it would load, is not received.",
    "requests": "Later requests are not recorded, and the page's scripts no longer run.",
    "redirects": "The page that it leads to is not visited.",
    "dialogs": "Later dialogs are dismissed, and not recorded.",
    "popups": "No window is opened, and later ones are not recorded.",
    "frames": "Later frames are not loaded, and the page's scripts no longer run.",
    "console": "Later lines of the console are not read.",
    "height": "The lower part of the page is on no screenshot.",
    DOWNLOADS: "The file is not downloaded.",
    TIME: "What had not arrived by then is not loaded.",
}


def limit_reached(url: str, name: str, limit: float) -> LimitReached:
    """Return the summary of the event for the limit of that name."""
    return LimitReached(url, name, limit, _LEFT_OUT[name])


def limit_in_words(name: str, limit: float) -> str:
    """Return a limit as people write it: `200 MB`, `500 frames`."""
    if name in _IN_BYTES:
        unit = next(unit for unit in ("G", "M", "K", "") if limit >= _UNITS[unit])
        return f"{limit / _UNITS[unit]:g} {unit}B{_IN_BYTES[name]}"
    return f"{limit:g} s" if name == TIME else f"{limit:,.0f} {_WORDS.get(name, name)}"


def _parsed(setting: str) -> tuple[str, int]:
    """Return the name and the value of a limit."""
    name, _, text = setting.partition("=")
    limits = {limit.name: limit for limit in fields(Limits)}
    limit = limits.get(name)
    if limit is None:
        raise UsageError(f"There is no limit {name!r}; the limits are {', '.join(limits)}.")
    least, most = limit.metadata["least"], limit.metadata["most"]
    match = _VALUE.fullmatch(text)
    if match is None or (match["bytes"] and name not in _IN_BYTES):
        example = "10MB" if name in _IN_BYTES else limit.default
        raise UsageError(f"{setting!r} does not set a limit; write a whole number, such as {name}={example}.")
    value = int(match["number"]) * _UNITS[match["unit"].upper()]
    if not least <= value <= most:
        raise UsageError(f"The limit {name!r} cannot be {text!r}; give a number from {least:,} to {most:,}.")
    return name, value
