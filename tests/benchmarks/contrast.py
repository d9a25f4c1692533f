"""How often the contrast of texts is measured right, wrong, or not at all, on examples that others have judged.

`python -m tests.benchmarks contrast [--json] FILE...`

Each file is a rule of the W3C's Accessibility Conformance Testing (ACT) in Markdown, or a test of axe-core, a JSON file
next to an HTML file of the same name: `_rules/text-contrast-afw4f7.md` of act-rules/act-rules.github.io, and
`test/integration/rules/color-contrast/color-contrast.json` of dequelabs/axe-core. "Wrong" is to call an example that
passes too faint, or one that fails good enough.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.audit.conftest import Site
from tests.browsers import open_local_browser
from veritas.audit.browser import Browser
from veritas.audit.patterns.contrast import contrast, required
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.virtual_time import VirtualTimePage

_ACT_EXAMPLE = re.compile(r"^#### (Passed|Failed|Inapplicable) Example (\d+)\n.*?```html\n(.*?)```", re.S | re.M)
_AXE_OUTCOMES = {"passes": "passed", "violations": "failed", "incomplete": "cannot tell"}
_OUTCOMES = ("passed", "failed", "cannot tell", "not read")


@dataclass(frozen=True)
class Answer:
    """The outcome that is expected of one example, and the one that is measured."""

    source: str
    example: str
    expected: str
    measured: str
    detail: str

    @property
    def is_wrong(self) -> bool:
        """Whether the measured outcome contradicts the expected one."""
        return (self.measured == "failed" and self.expected in ("passed", "inapplicable")) or (
            self.measured == "passed" and self.expected == "failed"
        )


def main(argv: list[str]) -> int:
    """Print a table of the outcomes, and the wrong ones; return 1 if there are any."""
    parser = argparse.ArgumentParser(prog="contrast", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an ACT rule or a test of axe-core")
    parser.add_argument("--json", action="store_true", help="print the answers as JSON")
    options = parser.parse_args(argv)
    answers = asyncio.run(_measure(options.files))
    wrong = [answer for answer in answers if answer.is_wrong]
    if options.json:
        print(json.dumps({"answers": [vars(answer) for answer in answers], "wrong": len(wrong)}, indent=2))
    else:
        counts = Counter((answer.source, answer.expected, answer.measured) for answer in answers)
        print(f"{'':24}{'expected':14}" + "".join(f"{outcome:>13}" for outcome in _OUTCOMES))
        for source, expected in dict.fromkeys((answer.source, answer.expected) for answer in answers):
            row = "".join(f"{counts[source, expected, outcome]:13}" for outcome in _OUTCOMES)
            print(f"{source[:23]:24}{expected:14}{row}")
        for answer in wrong:
            print(f"wrong: {answer.source} {answer.example}, {answer.measured}, not {answer.expected}: {answer.detail}")
    return 1 if wrong else 0


async def _measure(files: list[Path]) -> list[Answer]:
    site = Site()
    async with open_local_browser() as browser:
        answers = []
        for file in files:
            measure = _measure_axe if file.suffix == ".json" else _measure_act
            answers += [answer async for answer in measure(site, browser, file)]
    return answers


async def _measure_act(site: Site, browser: Browser, file: Path) -> AsyncIterator[Answer]:
    for outcome, number, html in _ACT_EXAMPLE.findall(file.read_text(encoding="utf-8")):
        snapshot = await _snapshot(site, browser, f"<!doctype html><html lang=en><body>{html}</body></html>")
        outcomes = [_outcome(element) for element in _texts(snapshot)]
        worst = ("failed", "cannot tell", "passed")
        measured, detail = min(outcomes, key=lambda one: worst.index(one[0]), default=("not read", ""))
        yield Answer(file.stem, f"{outcome} {number}", outcome.lower(), measured, detail)


async def _measure_axe(site: Site, browser: Browser, file: Path) -> AsyncIterator[Answer]:
    snapshot = await _snapshot(site, browser, file.with_suffix(".html").read_text(encoding="utf-8"))
    expected = json.loads(file.read_text(encoding="utf-8"))
    for key, outcome in _AXE_OUTCOMES.items():
        for (selector,) in expected[key]:
            element = next((one for one in snapshot.elements if one.selector.endswith(selector) and one.text), None)
            measured, detail = _outcome(element) if element else ("not read", "")
            yield Answer(file.stem, selector, outcome, measured, detail)


async def _snapshot(site: Site, browser: Browser, html: str) -> Snapshot:
    async with await browser.visit(site.page("/", html), virtual_time=True) as tab:
        return await VirtualTimePage(tab).snapshot()


def _texts(snapshot: Snapshot) -> Iterator[Element]:
    return (element for element in snapshot.elements if element.visible and element.own_text)


def _outcome(element: Element) -> tuple[str, str]:
    measured = contrast(element)
    if measured.ratio is None:
        return "cannot tell", measured.why_unknown
    is_enough = measured.ratio >= required(element)
    return ("passed" if is_enough else "failed"), f"{measured.ratio:.2f}:1 of {required(element):g}:1"
