"""What a verdict says that could not be examined, grouped for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from veritas.events.json import as_items, as_mapping, as_number, as_text


@dataclass(frozen=True)
class Gap:
    """Something that could not be examined, on one page or on several for the same reason.

    Attributes:
        what: What could not be examined.
        why: Why, in a sentence.
        signal: The signal that it concerns; empty if it concerns all signals of the content.
        count: How many of these there are.
        urls: The pages.
    """

    what: str
    why: str
    signal: str
    count: int
    urls: tuple[str, ...]

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.urls)


def unexamined(verdict: Mapping[str, Any] | None) -> list[Gap]:
    """Return what *verdict* says that could not be examined; empty for a verdict from before it said so."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for item in map(as_mapping, as_items(as_mapping(verdict).get("not_examined"))):
        what = as_text(item.get("what"))
        if what:
            key = what, as_text(item.get("why")) or "", as_text(item.get("signal")) or ""
            by_url, url = counts.setdefault(key, {}), as_text(item.get("url")) or ""
            by_url[url] = by_url.get(url, 0) + max(1, int(as_number(item.get("count")) or 1))
    return [Gap(*key, sum(by_url.values()), tuple(by_url)) for key, by_url in counts.items()]
