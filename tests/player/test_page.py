"""The player in a real browser: what it shows, how it is steered, and what it finds out about the evidence."""

from __future__ import annotations

import base64
import functools
import gzip
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import write
from tests.pages import open_file
from tests.player.runs import run_to_play
from tests.projections.recordings import RUN
from veritas.archive.archive import Archive
from veritas.events.json import encode_json
from veritas.player.assets import MODULES
from veritas.player.recording import Recording
from veritas.projections.audit_state import AuditState

SHOW_STATE = "document.getElementById('tab-state').click(); document.querySelector('#panel-state details').open = true"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log with the run."""
    database = tmp_path_factory.mktemp("log") / "veritas.db"
    with Archive.open(database) as archive:
        write(archive, run_to_play())
    return database


@pytest.fixture
def veritas(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run commands on that log in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return invoke_in(log)


@pytest.fixture
def file(veritas: Invoke, tmp_path: Path) -> Path:
    """Give the player's file."""
    outcome = veritas("report", RUN, "--replay")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"{RUN}.replay.html\n", "")
    return tmp_path / f"{RUN}.replay.html"


async def shown_state(page: Page) -> Any:
    """Return the state that the player shows."""
    return json.loads(await page.locator("#state-json").text_content() or "")


async def press(page: Page, key: str, times: int = 1) -> None:
    """Press a key, and wait until the player has drawn."""
    for _ in range(times):
        await page.keyboard.press(key)
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def test_the_state_at_each_event_is_that_of_show(page: Page, file: Path, log: Path, veritas: Invoke) -> None:
    """Going through the events, and to each phase, from there and from a link to its position."""
    await open_file(page, file)
    await page.evaluate(SHOW_STATE)
    await press(page, "Home")
    with Archive.open(log) as archive:
        events = [*archive.events(RUN)]
    state = AuditState()
    for recorded in events:
        state.apply(recorded)
        assert await shown_state(page) == json.loads(encode_json(state.as_dict()))
        await press(page, "ArrowRight")
    await press(page, "Home")
    for phase in ("init", "scout", "security", "vision", "judge"):
        shown = veritas("show", RUN, "--at", phase, "--format", "json").json
        at = {name: shown.pop(name) for name in ("fault", "imported_from", "at")}["at"]
        await press(page, "]", 2 if phase == "judge" else 1)  # the phase with the hostile name is before it
        assert await shown_state(page) == shown
        assert await page.inner_text("#place") == f"event {at['position']} of {len(events)}"


async def test_keys_links_and_the_pointer_go_to_a_moment(page: Page, file: Path) -> None:
    await open_file(page, file)
    place, last = page.locator("#place"), "event 20 of 20"
    assert await place.inner_text() == last
    await press(page, "Home")
    await press(page, "ArrowRight", 3)
    assert await place.inner_text() == "event 4 of 20"
    assert await page.get_attribute("#track", "aria-valuenow") == "4"
    await press(page, "ArrowLeft")
    await press(page, "]")
    assert "Initialization" in (await page.get_attribute("#track", "aria-valuetext") or "")
    await page.click("#copy")
    assert (await page.evaluate("location.hash")) == "#at=4"
    await press(page, "End")
    await page.reload()
    await expect(place).to_have_text("event 4 of 20")
    await page.evaluate("location.hash = '#at=9'")
    await expect(place).to_have_text("event 9 of 20")
    box = await page.locator("#track").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 1, box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 30, steps=5)
    await page.mouse.up()
    await expect(place).to_have_text(last)
    await page.focus("#track")
    await press(page, "PageDown")
    await press(page, "ArrowUp", 2)
    assert await place.inner_text() == "event 12 of 20"
    await press(page, "End")
    await press(page, "+", 9)
    assert await page.input_value("#speed") == "16"
    await page.locator("body").press("Space")
    await expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    await expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    await expect(place).to_have_text(last)


async def test_a_finding_is_outlined_where_it_was_and_hostile_text_is_text(page: Page, file: Path) -> None:
    """On its screenshot, with what was measured; Enter chooses it, and Escape no finding, without moving the focus.

    Nothing that a page wrote becomes an element or a request.
    """
    requests = await open_file(page, file)
    assert [url for url in requests if not url.startswith(("file:", "blob:"))] == []
    await page.click("#tab-findings")
    summary, outline = (page.locator(each) for each in ("#panel-findings summary", ".outlines button.selected"))
    summary = summary.filter(has_text="Countdown restarts")
    await summary.focus()
    for key, number in (("Enter", 1), ("Escape", 0), ("Enter", 1)):
        await page.keyboard.press(key)
        await expect(outline).to_have_count(number)
        await expect(page.locator("#panel-findings details[open]")).to_have_count(number)
        await expect(summary).to_be_focused()
    inside = """outline => {
        const elements = [outline, document.querySelector('.stage img')];
        const [frame, image] = elements.map(each => each.getBoundingClientRect());
        return [frame.left - image.left, frame.top - image.top, frame.width, frame.height].map(
            (value, at) => Math.round(value / (at % 2 ? image.height / 300 : image.width / 400)));
    }"""
    assert await outline.evaluate(inside) == [40, 30, 100, 60]
    assert "<img src=x onerror" in await page.inner_text("#panel-findings details[open]")
    for tab in ("network", "security", "state", "event", "evidence"):
        await page.click(f"#tab-{tab}")
        await press(page, "End")
        assert await page.inner_text(f"#panel-{tab}")
    inapplicable = page.locator("#panel-security tr").filter(has_text="redirection")
    assert await inapplicable.locator(".chip").text_content() == "n/a"
    text = await page.inner_text("body")
    assert "\u202e" not in text and "\x1b" not in text
    assert await page.evaluate("window.ran") is None
    assert await page.locator("img[src=x], main script, main title").count() == 0


def blocks(html: str) -> dict[str, str]:
    """Return the data in the file, by name."""
    return dict(re.findall(r'<script type="application/octet-stream" id="data-([^"]+)">([^<]*)</script>', html))


def repacked(name: str, pattern: bytes, replacement: bytes) -> Callable[[str], str]:
    """Return a change of a page: of the content of one block, so that it still unpacks."""

    def altered(html: str) -> str:
        packed = next(text for each, text in blocks(html).items() if each.startswith(name))
        data, is_picture = base64.b64decode(packed), name.startswith("artifact")
        changed, found = re.subn(pattern, replacement, data if is_picture else gzip.decompress(data), count=1)
        assert found
        return html.replace(packed, base64.b64encode(changed if is_picture else gzip.compress(changed)).decode())

    return altered


ALTERED: dict[str, tuple[Callable[[str], str], str]] = {
    "the body of an event": (repacked("events", b"0.95", b"0.96"), "events: altered"),
    "the step of an event": (repacked("events", b'"navigating"', b'"navigates"'), "events: altered"),
    "an event taken away": (repacked("events", rb'{"position":20,[^\n]*\n', b""), "events are missing at the end"),
    "a picture": (repacked("artifact-", b"IEND", b"IENE"), "artifacts: altered"),
    "the checkpoint": (repacked("recording", rb"\\n20\\n", rb"\\n22\\n"), "place in the log"),
    "what is shown": (repacked("recording", rb'"position":\[1,', rb'"position":[2,'), "what is shown"),
    "one byte of the events": (lambda html: html.replace(blocks(html)["events"][100:104], "AAAA"), "cannot be read"),
    "one byte of what is shown": (lambda html: html.replace(blocks(html)["recording"][100:104], "AAAA"), "damaged"),
}


async def test_the_browser_checks_the_evidence(page: Page, file: Path, veritas: Invoke) -> None:
    """As it was recorded, everything holds, and the page says what it cannot know. What was altered is named."""
    await open_file(page, file)
    await page.click("#tab-evidence")
    evidence = page.locator("#panel-evidence")
    await evidence.get_by_text("none covers these events yet").wait_for()
    assert veritas("checkpoint").status == 0
    assert veritas("report", RUN, "--replay", "--force").status == 0
    await page.reload()
    await page.click("#tab-evidence")
    await evidence.get_by_text("the checkpoint is signed with the key").wait_for()
    assert await evidence.locator(".chip").all_inner_texts() == ["passed"] * 5 + ["not checked"] * 3
    computed = evidence.get_by_role("row", name="verdict, findings, states and descriptions")
    await expect(computed).to_contain_text("compare what matters with the raw event")
    assert await page.locator("#trouble").is_hidden()
    genuine = file.read_text("utf-8")
    await page.route("http://player.test/", functools.partial(fulfill, text=genuine, kind="text/html"))
    await page.goto("http://player.test/")  # not a secure context
    await page.click("#tab-evidence")
    await evidence.get_by_text("WebCrypto is missing").wait_for()
    await open_file(page, file)
    for name, (alter, fault) in ALTERED.items():
        altered = alter(genuine)
        assert altered != genuine, name
        file.write_text(altered, "utf-8")
        await page.reload()
        notice = page.locator("#trouble:not([hidden])")
        await notice.wait_for()
        assert fault in await notice.inner_text(), name
        if name == "an event taken away":  # it is the last one, which is shown
            await expect(page.locator("#panel-event .raw")).to_have_text("This event cannot be read.")


SHIFTS = """async () => {
    let shifts = 0;
    const add = list => list.getEntries().forEach(each => { shifts += each.hadRecentInput ? 0 : each.value; });
    new PerformanceObserver(add).observe({type: "layout-shift", buffered: true});
    for (const position of [1, 9, 13, 17, 20]) {
        location.hash = `#at=${position}`;
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    }
    await new Promise(done => setTimeout(done));
    return shifts;
}"""


async def test_it_can_be_used_without_sight_or_pointer_on_any_screen(page: Page, file: Path) -> None:
    """No violation that axe knows, nothing that does not fit, and nothing that moves when the moment is another one."""
    for width, scheme in ((390, "dark"), (1400, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await open_file(page, file)
        assert await page.evaluate(SHIFTS) == 0
        for tab in ("evidence", "findings", "network", "security", "state"):
            await page.click(f"#tab-{tab}")
        results = await Axe().run(page)
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in results.response["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


GROWING = """
import {{ Player }} from "./player.js";
import {{ Source }} from "./source.js";
class Growing extends Source {{
  picture() {{ return null; }}
  async record(index) {{ return JSON.stringify({{ source: "queue", seq: index, position: index, body: "{{}}" }}); }}
}}
const parts = {parts};
const source = new Growing({{}});
source.whole = false;
source.append(parts[0]);
new Player(source);
window.grow = () => {{
  source.whole = true;
  source.append(parts[1]);
}};
"""


async def test_a_run_that_goes_on_is_followed(page: Page) -> None:
    """The modules as a server has them. At the last event the player follows; at another one it stays.

    A moment that a link names is shown as soon as it is there.
    """
    run, recording, parts = run_to_play(), Recording(), []
    for first, last in ((0, 8), (8, len(run.events))):
        for recorded in run.events[first:last]:
            recording.apply(recorded)
        patches = [patch.decode() for patch in recording.patches[first:]]
        parts.append(json.loads(encode_json(recording.part(first) | {"patches": patches})))
    for name in MODULES:
        text = (files("veritas.player") / "static" / f"{name}.js").read_text("utf-8")
        await page.route(f"**/{name}.js", functools.partial(fulfill, text=text, kind="text/javascript"))
    body = (files("veritas.player") / "templates" / "player.html").read_text("utf-8")
    script = GROWING.format(parts=json.dumps(parts).replace("<", "\\u003c"))
    text = f"<!doctype html><meta charset=utf-8>{body}<script type=module>{script}</script>"
    await page.route("http://player.test/", functools.partial(fulfill, text=text, kind="text/html"))
    await page.goto("http://player.test/")
    place = page.locator("#place")
    await expect(place).to_have_text("event 8 of more than 8")
    await page.evaluate("grow()")
    await expect(place).to_have_text("event 20 of 20")
    await page.goto("http://player.test/#at=15")
    await page.reload()
    await expect(place).to_have_text("event 8 of more than 8")
    await page.evaluate("grow()")
    await expect(place).to_have_text("event 15 of 20")
    await page.goto("http://player.test/")
    await page.reload()
    await page.evaluate("grow()")
    assert await page.get_attribute("#track", "aria-valuemax") == "20"
    assert await page.locator("#filmstrip button").count() == 2
    await page.reload()
    await press(page, "ArrowLeft")
    await page.evaluate("grow()")
    await expect(place).to_have_text("event 7 of 20")
    await page.evaluate(SHOW_STATE)
    await press(page, "End")
    assert await shown_state(page) == json.loads(encode_json(recording.state.as_dict()))


async def fulfill(route: Route, *, text: str, kind: str) -> None:
    await route.fulfill(body=text, content_type=f"{kind}; charset=utf-8")


async def test_what_the_log_lost_is_shown(
    page: Page, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that was redacted is proved without its content. If the log was altered, the page begins with it.

    In the place of a picture that the log does not have any more is a sentence of why.
    """
    monkeypatch.chdir(tmp_path)
    shutil.copy(log, tmp_path / "copy.db")
    veritas = invoke_in(tmp_path / "copy.db")
    assert veritas("redact", RUN, "7", "--reason", "a card number", "--by", "jane", "--yes").status == 0
    assert veritas("report", RUN, "--replay", "-o", "redacted.html").status == 0
    await open_file(page, tmp_path / "redacted.html")
    await page.click("#tab-evidence")
    await page.get_by_text("21 events have the hashes that they were recorded with; 1 of them redacted").wait_for()
    await page.evaluate("location.hash = '#at=10'")
    await page.click("#tab-event")
    await page.get_by_text("(its content was removed from the log)").wait_for()
    assert await page.locator("#trouble").is_hidden()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET step = 'arrived' WHERE position = 5")
        connection.execute("UPDATE artifact SET bytes = NULL")
    outcome = veritas("report", RUN, "--replay", "-o", "altered.html")
    assert (outcome.status, outcome.stdout) == (1, "altered.html\n")
    assert "Warning: The log is not as it was recorded: position 5" in outcome.stderr
    await open_file(page, tmp_path / "altered.html")
    await page.get_by_role("heading", name="Not as it was recorded").wait_for()
    notice = page.locator("#trouble:not([hidden])")
    await notice.wait_for()
    assert "events: altered after they were recorded: position 5." in await notice.inner_text()
    absent = page.locator(".stage .absent")
    await expect(absent).to_have_text(re.compile(r"This picture cannot be shown\. The bytes of .* were removed"))
    assert await page.locator(".stage img, .filmstrip img").count() == 0
