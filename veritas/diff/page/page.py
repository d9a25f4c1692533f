"""A comparison of two runs, side by side: one HTML page that needs nothing beside itself, as a report is one.

What was recorded is hostile text here as well: see `veritas.report.page`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files

from veritas.diff.both_transports import BothTransports
from veritas.diff.differences import Side
from veritas.diff.page.changes import changes
from veritas.diff.page.heads import comparison_head, transports_head
from veritas.diff.page.pictures import Pictures
from veritas.diff.page.tables import hidden, phases
from veritas.diff.run_comparison import RunComparison
from veritas.report.html import DOCTYPE, Markup, head, line, tag


def render_comparison(comparison: RunComparison, *, origin: str, artifact: Callable[[str], bytes]) -> Iterator[bytes]:
    """Yield the page, piece by piece.

    Args:
        comparison: What it shows.
        origin: The name of the log that has both runs.
        artifact: Gives a picture's bytes by their hash in hex.

    Raises:
        store.errors.StoreError: The log cannot be read, or does not have the bytes any more.
    """
    differences = comparison.differences
    pictures = Pictures(artifact)
    yield from _opening(differences.a, differences.b)
    yield line(comparison_head(comparison))
    for section in changes(differences):
        yield line(section)
    for figure in pictures.sections(comparison.screenshots):
        yield line(figure)
    yield line(phases(comparison.phases))
    yield line(hidden(differences, comparison.rules))
    yield _closing(origin)


def render_transports(both: BothTransports, *, origin: str) -> Iterator[bytes]:
    """Yield the page that tells how the two transports of one run differ."""
    yield from _opening(both.run)
    yield line(transports_head(both))
    yield _closing(origin)


def _opening(*sides: Side) -> Iterator[bytes]:
    title = " and ".join(dict.fromkeys(side.url or side.run_id for side in sides))
    style = (files("veritas.diff.page") / "diff.css").read_text(encoding="utf-8")
    yield DOCTYPE
    yield line(head(f"VERITAS diff: {title}", style))
    yield b"<body>\n<article>\n"


def _closing(origin: str) -> bytes:
    told = f"Made from the events in the log {origin}, and from nothing else. All times are UTC."
    return b"</article>\n" + line(tag("footer", told)) + line(Markup("</body>\n</html>"))
