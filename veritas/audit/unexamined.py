"""Something that could not be examined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

# What could not be examined, where it takes a special part of a page's coverage.
PAGE = "the page"
REST_OF_PAGE = "the rest of the page"
FRAMES = "frames"
TEXTS = "texts"
UNLOADED = "what was not loaded"


class Unexamined(msgspec.Struct, frozen=True):
    """Something that could not be examined; it lowers the coverage of the verdict.

    Attributes:
        url: The page.
        what: What could not be examined, a noun: `the page`, `texts`, `contrast`. The count of `texts` is compared with
            the number of the page's texts.
        why: Why it could not be examined, in a sentence.
        signal: The signal of the verdict that it would count for; empty if it concerns every signal of the page's
            content. Logs from before this field have none.
        count: How many of these there are on the page.
        kind: Where the cause is, if the page could not be visited: `page`, `tab`, `browser`, `driver`, `machine` or
            `time_limit`; empty otherwise.
    """

    url: str
    what: str
    why: str
    signal: str = ""
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    kind: str = ""


# The limits of a visit beyond which the page lacks something that people see.
_LIMITS_OF_CONTENT = ("bytes", "document", "frames", "requests")


def limits_of_content(limits_reached: Iterable[str]) -> list[str]:
    """Return those of some limits beyond which a page lacks something that people see."""
    return [name for name in _LIMITS_OF_CONTENT if name in limits_reached]


def unloaded(url: str, limits_reached: Iterable[str]) -> Iterator[Unexamined]:
    """Yield what a page lacks because its visit reached some limits."""
    for name in limits_of_content(limits_reached):
        yield Unexamined(url, UNLOADED, f"The visit of the page reached the limit of {name}.")
