"""The pictures of the pages: the demo on a terminal, and in a browser a report, a recording and an audit."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.text import Text

from tests.docs.blocks import DOCS
from tests.docs.shell import AUDIT_IDS, WIDTH
from tests.web.test_serve import serving
from veritas.audit.browser.finder import find_browser

TERMINAL = DOCS / "images" / "demo.svg"
REPORT = DOCS / "images" / "report.png"
REPLAY = DOCS / "images" / "replay.png"
AUDIT = DOCS / "images" / "audit.png"

_LAST_LINE = "security "  # of the demo's output: the verdict of the first shop up to the signals
_FINDING = "false_scarcity"  # the kind of the finding that the picture of the report shows
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def shown_of_demo(stdout: str) -> str:
    """Return the first lines of the demo's output, as the picture shows them."""
    lines = stdout.strip("\r\n").splitlines()
    last = next(at for at, line in enumerate(lines) if line.startswith(_LAST_LINE))
    return "\n".join(["$ veritas demo", *lines[: last + 1]])


def demo_svg(stdout: str) -> str:
    """Return a picture of the demo on a terminal, given what it wrote there."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown_of_demo(stdout)))
    svg = _FONT_FACE.sub("", console.export_svg(title="veritas demo", unique_id="demo"))
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


def text_of(svg: str) -> str:
    """Return the text in a picture of a terminal."""
    _, _, lines = svg.partition('clip-path="url(#demo-clip-terminal)"')
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", lines)
    return " ".join(html.unescape(text).replace("\xa0", " ") for text in texts)


def write_replay_png(recording: Path) -> None:
    """Write a picture of a recording's player at its end, with a finding chosen, in few colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 960})
        page.goto(recording.as_uri())
        _choose_finding(page)
        picture = page.screenshot()
        browser.close()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(REPLAY, optimize=True)


def write_audit_png(database: Path) -> None:
    """Write a picture of the page of the demo's first audit, with a finding chosen, in few colours."""
    with serving(database) as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1060})
        page.goto(url)
        page.get_by_role("link", name=AUDIT_IDS["demo"][0]).click()
        _choose_finding(page)
        page.evaluate("scrollTo(0, 0)")
        picture = page.screenshot()
        browser.close()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(AUDIT, optimize=True)


def _choose_finding(page: Page) -> None:
    """Choose a finding in the player, and wait until it is outlined on its screenshot."""
    page.click("#tab-findings")
    page.locator("#panel-findings summary", has_text="Countdown").first.click()
    page.locator(".outlines .selected").wait_for()
    page.locator("#panel-findings details[open]").scroll_into_view_if_needed()


def write_report_png(report: Path) -> None:
    """Write a picture of a report's top and of one of its findings, in few colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 890})
        page.goto(report.as_uri())
        top = page.screenshot()
        page.set_viewport_size({"width": 1000, "height": 2000})
        card = page.locator(".card", has_text=_FINDING).first
        card.scroll_into_view_if_needed()
        box = card.bounding_box()
        assert box is not None
        finding = page.screenshot(clip={"x": 0, "y": box["y"] - 10, "width": 1000, "height": box["height"] + 20})
        browser.close()
    parts = [Image.open(io.BytesIO(part)) for part in (top, finding)]
    picture = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)))
    picture.paste(parts[0], (0, 0))
    picture.paste(parts[1], (0, parts[0].height))
    picture.quantize(128).save(REPORT, optimize=True)
