"""On whole pages, honest ones are not accused and manipulative ones are found."""

from __future__ import annotations

import random

import pytest

from tests.audit.conftest import Site
from tests.audit.patterns.corpus import CorpusPage, examine, read_pages
from veritas.audit.browser import Browser

# `python -m tests.benchmarks findings` examines all of them.
SELECTED = 4
PAGES = read_pages()


def selection(*, is_honest: bool) -> list[CorpusPage]:
    """Return the same few pages on every run."""
    return random.Random(7).sample([page for page in PAGES if page.is_honest == is_honest], SELECTED)


@pytest.mark.parametrize("page", selection(is_honest=True), ids=lambda page: page.name)
async def test_nothing_is_reported_of_an_honest_page(page: CorpusPage, browser: Browser, site: Site) -> None:
    """Although it has words and clocks like those of manipulative pages."""
    _, detections = await examine(page.html, browser=browser, site=site)
    assert [(each.kind, each.element.words) for each in detections] == []


@pytest.mark.parametrize("page", selection(is_honest=False), ids=lambda page: page.name)
async def test_a_manipulative_page_is_found(page: CorpusPage, browser: Browser, site: Site) -> None:
    """With a finding of a kind that fits."""
    _, detections = await examine(page.html, browser=browser, site=site)
    assert page.kinds & {each.kind for each in detections}


def test_the_corpus_is_large_on_both_sides() -> None:
    """At least forty pages each."""
    assert sum(page.is_honest for page in PAGES) >= 40
    assert sum(not page.is_honest for page in PAGES) >= 40
