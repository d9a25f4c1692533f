"""Snapshots of pages that a real browser renders, and experiments on such pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
import pytest_asyncio

from tests.audit.conftest import Site
from veritas.audit.browser import Browser, Tab
from veritas.audit.browser.navigation import wait_for_document
from veritas.audit.patterns.detection import Detection
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.patterns.virtual_time import VirtualTimePage

TakeSnapshot = Callable[[str], Awaitable[Snapshot]]
RunExperiment = Callable[[str], Awaitable[Experiment]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_tab(running_browser: Browser) -> AsyncIterator[Tab]:
    """Open one tab for the snapshots of a module: a new tab takes three times as long as another page in it."""
    site = Site()
    async with (
        running_browser.fresh_profile() as fresh,
        await fresh.visit(site.page("/", ""), virtual_time=True) as tab,
    ):
        yield tab
    site.close()


@pytest.fixture
def snapshot_of(site: Site, shared_tab: Tab) -> TakeSnapshot:
    """Return a function that renders HTML and returns its snapshot."""

    async def render(html: str) -> Snapshot:
        await shared_tab.page.goto(site.page("/", page(html)), wait_until="commit")
        assert await wait_for_document(shared_tab, timeout=20)
        return await VirtualTimePage(shared_tab).snapshot()

    return render


@pytest.fixture
def experiment_on(site: Site, browser: Browser) -> RunExperiment:
    """Return a function that runs the experiment on HTML, in a new profile, so that several can run at once."""
    paths = (f"/{number}" for number in count())

    async def examine(html: str) -> Experiment:
        async with (
            browser.fresh_profile() as fresh,
            await fresh.visit(site.page(next(paths), page(html)), virtual_time=True) as tab,
        ):
            return await run_experiment(tab)

    return examine


def cases(*htmls: str) -> str:
    """Return one page of several cases, each in a section of its own."""
    return "".join(f"<section id=case{number}>{html}</section>" for number, html in enumerate(htmls))


def case_of(snapshot: Snapshot, detection: Detection) -> int:
    """Return the number of the case that contains the element of *detection*."""
    sections = [outer for outer in snapshot.ancestors(detection.element) if outer.id_and_class.startswith("case")]
    return int(sections[-1].id_and_class.removeprefix("case").strip())


def page(body: str) -> str:
    """Return a document with *body*, in a plain font."""
    return f"<!doctype html><html lang=en><style>body {{ font: 16px sans-serif }}</style><body>{body}</body></html>"
