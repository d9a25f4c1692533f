"""Pages as the detectors get them: rendered by a real browser, or put on a whole trial in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from tests.audit.conftest import Site
from veritas.audit.browser import Browser
from veritas.audit.patterns.detection import Sighting
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.patterns.experiment import conduct
from veritas.audit.patterns.page_state import Trial
from veritas.audit.patterns.virtual_time import LivePage

Look = Callable[[str], Awaitable[Snapshot]]
Try = Callable[[str], Awaitable[Trial]]


@pytest.fixture
def look(site: Site, browser: Browser) -> Look:
    """Render HTML, and return what the collector sees of it."""

    async def rendered(html: str) -> Snapshot:
        async with await browser.visit(site.page("/", page(html)), clock=True) as tab:
            return await LivePage(tab).snapshot()

    return rendered


@pytest.fixture
def put_on_trial(site: Site, browser: Browser) -> Try:
    """Serve HTML, and put it on trial, in a profile of its own, so that several trials can run at once."""
    paths = (f"/{number}" for number in count())

    async def tried(html: str) -> Trial:
        async with (
            browser.fresh_profile() as fresh,
            await fresh.visit(site.page(next(paths), page(html)), clock=True) as tab,
        ):
            return await conduct(tab)

    return tried


def cases(*htmls: str) -> str:
    """Return one page of several cases, each in a section of its own."""
    return "".join(f"<section id=case{number}>{html}</section>" for number, html in enumerate(htmls))


def case_of(snapshot: Snapshot, sighting: Sighting) -> int:
    """Return the number of the case that *sighting* belongs to."""
    sections = [outer for outer in snapshot.ancestors(sighting.element) if outer.marks.startswith("case")]
    return int(sections[-1].marks.removeprefix("case").strip())


def page(body: str) -> str:
    """Return a document around *body*, in plain type."""
    return f"<!doctype html><html lang=en><style>body {{ font: 16px sans-serif }}</style><body>{body}</body></html>"
