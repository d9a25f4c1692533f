"""What the product reports: on honest and manipulative pages, and on single texts in a paragraph, button and label.

The pages are those of the tests (`tests/audit/patterns/pages`). The texts come from a given file, which
`python -m tests.benchmarks patterns` reads as well; each is put on a page three times. Any finding counts as an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from tests.audit.conftest import Site
from tests.audit.patterns.corpus import CorpusPage, examine, read_pages
from tests.benchmarks.patterns import Score, read_rows
from tests.browsers import open_local_browser
from veritas.audit.browser import Browser
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.text_classifier import classify

_AT_ONCE = 2
_TEXTS_ON_A_PAGE = 40
_PLACES = {
    "paragraph": "<p>{}</p>",
    "button": "<button>{}</button>",
    "label": "<label><input type=checkbox> {}</label>",
}
Item = TypeVar("Item")
Result = TypeVar("Result")


def main(argv: list[str]) -> int:
    """Print what is found on the pages and, if texts are given, precision, recall and F1; return the exit status."""
    parser = argparse.ArgumentParser(prog="findings", description=__doc__)
    parser.add_argument("--texts", type=Path, metavar="FILE", help="labelled texts")
    parser.add_argument("--only", choices=("pages", "texts"), help="measure only these")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(argv)
    try:
        rows = read_rows(options.texts) if options.texts else []
    except (OSError, UnicodeDecodeError, ValueError) as error:
        parser.error(f"{str(options.texts)!r} cannot be read: {error}")
    pages = read_pages() if options.only != "texts" else []
    figures = asyncio.run(_measure(pages, rows if options.only != "pages" else []))
    print(json.dumps(figures, ensure_ascii=False, indent=1) if options.json else _table(figures))
    return 0


async def _measure(pages: Sequence[CorpusPage], rows: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    async with open_local_browser() as browser:
        with closing(Site()) as site:
            if pages:
                figures["pages"] = await _measure_pages(pages, browser, site)
            if rows:
                truths = [bool(category) for _, category in rows]
                texts = [text for text, _ in rows]
                scores = {"classify": _score(truths, [classify(text) is not None for text in texts])}
                for place, frame in _PLACES.items():
                    scores[place] = _score(truths, await _reported(texts, frame, browser, site))
                figures["texts"] = {"texts": len(rows), "scores": scores}
    return figures


async def _measure_pages(pages: Sequence[CorpusPage], browser: Browser, site: Site) -> list[dict[str, Any]]:
    async def measure(page: CorpusPage) -> dict[str, Any]:
        _, detections = await examine(page.html, browser=browser, site=site)
        found = [(each.kind, each.severity, each.element.words[:100]) for each in detections]
        is_right = bool(page.kinds & {kind for kind, _, _ in found}) if page.kinds else not found
        return {"page": page.name, "honest": page.is_honest, "right": is_right, "findings": found}

    return await _each(pages, measure)


async def _reported(texts: Sequence[str], frame: str, browser: Browser, site: Site) -> list[bool]:
    """Return for each text whether anything is reported of it."""

    async def report(batch: Sequence[str]) -> list[bool]:
        sections = [f"<section id=case{n}>{frame.format(html.escape(text))}</section>" for n, text in enumerate(batch)]
        page = f"<!doctype html><html lang=en><style>body {{ font: 16px sans-serif }}</style>{''.join(sections)}</html>"
        experiment, detections = await examine(page, browser=browser, site=site)
        flagged = {_case_of(experiment.opened.snapshot, each.element) for each in detections}
        return [number in flagged for number in range(len(batch))]

    batches = [texts[start : start + _TEXTS_ON_A_PAGE] for start in range(0, len(texts), _TEXTS_ON_A_PAGE)]
    return [answer for answers in await _each(batches, report) for answer in answers]


def _case_of(snapshot: Snapshot, element: Element) -> int | None:
    for outer in (element, *snapshot.ancestors(element)):
        if outer.tag == "section" and outer.id_and_class.startswith("case"):
            return int(outer.id_and_class.removeprefix("case"))
    return None


async def _each(items: Sequence[Item], work: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Return the results of *work* on each item, some at once."""
    semaphore = asyncio.Semaphore(_AT_ONCE)

    async def limited(item: Item) -> Result:
        async with semaphore:
            return await work(item)

    return await asyncio.gather(*map(limited, items))


def _score(truths: Sequence[bool], answers: Sequence[bool]) -> dict[str, float]:
    pairs = list(zip(truths, answers, strict=True))
    return Score(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False))).as_dict()


def _table(figures: dict[str, Any]) -> str:
    lines: list[str] = []
    for is_honest, title in ((True, "honest pages"), (False, "manipulative pages")):
        pages = [page for page in figures.get("pages", ()) if page["honest"] == is_honest]
        if pages:
            right = sum(page["right"] for page in pages)
            lines.append(f"{title}: {right} of {len(pages)} {'without a finding' if is_honest else 'found'}")
            lines += [f"  {page['page']}: {page['findings'] or 'nothing'}" for page in pages if not page["right"]]
    for name, score in figures.get("texts", {}).get("scores", {}).items():
        parts = [f"{key} {value}" for key, value in score.items()]
        lines.append(f"{name:10} {', '.join(parts)}")
    return "\n".join(lines)
