"""The time that it takes to mask secrets: in small events, in a large page, and in texts that a hostile page sends."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.benchmarks._figure import Figure, compare, in_turn, print_figures
from veritas.events.progress import ProgressEvent, encode_event
from veritas.secrets import Secrets

_SMALL = {"url": "https://shop.test/products?page=2", "status": 200, "text": "Bread and cheese. " * 6}
_PAGE = {
    "text": "The shop sells bread; see A&B. " * 1600,
    "links": [{"url": f"https://shop.test/p/{n}?ref=home&page={n}", "text": f"Product {n}"} for n in range(5000)],
    "cookies": [{"name": f"c{n}", "value": f"val{n * 7919}abcdef", "domain": "shop.test"} for n in range(300)],
}
_HOSTILE = (
    "&a=b",
    "?a=",
    ";a=",
    "cookie:",
    "eyJ",
    "%25",
    "a@",
    "a://",
    '"a":"',
    "cookie=",
    "ghp_",
    "bearer ",
    "SG.a-",
    "[secret:",
    "\\",
)
_LENGTH = 50_000  # characters, as many as an event has of a page's text


def main(argv: list[str]) -> int:
    """Print the figures, in CPU time, and return the exit status."""
    parser = argparse.ArgumentParser(prog="secrets", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    print_figures(_figures(), as_json=parser.parse_args(argv).json)
    return 0


def _figures() -> Iterator[Figure]:
    secrets = Secrets(b"k" * 32)
    secrets.add("password", "correct horse battery")
    turns = in_turn(
        5,
        {
            "masked": lambda: (
                1 / _seconds(lambda: encode_event(ProgressEvent(summary=secrets.mask_json(_SMALL))), 2000)
            ),
            "plain": lambda: 1 / _seconds(lambda: encode_event(ProgressEvent(summary=_SMALL)), 2000),
        },
    )
    yield compare("small events, masked and encoded", "/s", turns, "masked", "plain", "only encoded", None)
    yield Figure("page, 5,000 links, 300 cookies", _seconds(lambda: secrets.mask_json(_PAGE), 3) * 1000, "ms")
    for part in _HOSTILE:
        text = part * (_LENGTH // len(part))
        yield Figure(f"50 KB of {part!r}", _seconds(partial(secrets.mask, text), 1) * 1000, "ms", target="<= 200")


def _seconds(action: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times
