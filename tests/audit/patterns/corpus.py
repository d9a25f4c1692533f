"""Whole pages, honest and manipulative, and what the detectors report on them.

Each page is an HTML file in `pages/honest` or `pages/manipulative`. The first line of a manipulative page is a comment
with the kinds of findings of which one at least has to be reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.audit.conftest import Site
from veritas.audit.browser import Browser
from veritas.audit.patterns.detection import Detection, distinct
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.vision import detect

PAGES = Path(__file__).parent / "pages"
_KINDS = re.compile(r"<!-- ([a-z_ ]+) -->")
_paths = (f"/page-{number}" for number in count())


@dataclass(frozen=True)
class CorpusPage:
    """One page of the corpus; an honest page has no kinds."""

    name: str
    html: str
    kinds: frozenset[str]

    @property
    def is_honest(self) -> bool:
        """Whether nothing may be reported of it."""
        return not self.kinds


def read_pages() -> list[CorpusPage]:
    """Return the pages, the honest ones first, each group by name."""
    return [_read(path) for folder in ("honest", "manipulative") for path in sorted((PAGES / folder).glob("*.html"))]


async def examine(html: str, *, browser: Browser, site: Site) -> tuple[Experiment, list[Detection]]:
    """Run the experiment on a page as a new visitor; return it with the detections of every detector."""
    async with (
        browser.fresh_profile() as fresh,
        await fresh.visit(site.page(next(_paths), html), virtual_time=True) as tab,
    ):
        experiment = await run_experiment(tab)
    return experiment, distinct(detect(experiment))


def _read(path: Path) -> CorpusPage:
    html = path.read_text("utf-8")
    match = _KINDS.match(html)
    is_honest = path.parent.name == "honest"
    if is_honest == bool(match):
        raise ValueError(f"{path.name} {'may not' if is_honest else 'must'} begin with a comment that names kinds")
    return CorpusPage(path.stem, html, frozenset(match[1].split()) if match else frozenset())
