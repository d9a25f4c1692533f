"""The pages Compare and Site show what `veritas diff` computes, and lead from one audit to the next."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from starlette.testclient import TestClient

from tests.cli.invoking import invoke_in
from tests.cli.logs import write
from tests.diff.logs import DOT, ONE, OTHER, WHITE, audit, other
from tests.diff.sites import finding, site_run
from tests.diff.tees import tee_run
from tests.report.test_report import HOSTILE
from tests.web.conftest import BEARER, ORIGIN, make_site
from tests.web.test_serve import serving
from veritas.archive.archive import Archive
from veritas.server_hosts import Hosts
from veritas.web.app import make_app
from veritas.web.pages import leads, site_history

SITE = "/sites/shop.test"
FIRST, FAILED, LAST, STRANGE, TEE, TORN = (f"vrts_{number:016x}" for number in (1, 2, 3, 4, 8, 9))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site over four days, two audits with different pictures, and two tees; the tests only read it."""
    mild = finding("confirmshaming", selector="#no", severity="low")
    runs = (
        site_run(1, findings=[finding(), mild], headers=[("server", "one")], third_parties=["ads.test"]),
        site_run(2, failed="scout"),
        site_run(
            3,
            findings=[mild | {"severity": "high"}, finding("preselected", selector="#box")],
            headers=[("server", "two")],
            score=71,
            level="probably_safe",
        ),
        site_run(4, findings=[finding(HOSTILE, title=HOSTILE, severity=HOSTILE)], headers=[("server", HOSTILE)]),
        audit(ONE),
        other(),
        tee_run(8),
        tee_run(9, lost=(("queue", 2),), over_stdout={3: {"detail": HOSTILE}}),
    )
    database = tmp_path_factory.mktemp("log") / "veritas.db"
    with Archive.open(database) as archive:
        for run in runs:
            write(archive, run)
    return database


def text_of(client: TestClient, path: str, status: int = 200) -> str:
    """Return a page as one line, without its tags."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    page = answer.text
    assert "\x1b" not in page and "\u202e" not in page and "style=" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def test_compare_shows_what_is_new_gone_worse_and_changed(client: TestClient, log: Path) -> None:
    """As the command has it; what both have is there too, folded."""
    text = text_of(client, f"/compare?a={FIRST}&b={LAST}")
    for part in (
        "New findings (1)",
        "Gone findings (1)",
        "0 unchanged",
        "1 changed (1 worse)",
        "Changed findings (1)",
        "worse its severity is high and was low",
        "Headers of the first page (1)",
        "Third parties (1)",
        "ads.test",
        "71 of 100",
    ):
        assert part in text, part
    assert "Not compared findings" not in text and "Unchanged findings" not in text
    summary = invoke_in(log)("diff", FIRST, LAST, "--format", "json").json["summary"]
    assert {word: len(found) for word, found in summary["findings"].items()} == {
        "new": 1,
        "gone": 1,
        "changed": 1,
        "unchanged": 0,
        "not_compared": 0,
    }


def test_a_finding_that_could_not_be_seen_is_neither_gone_nor_new(client: TestClient) -> None:
    """The second audit failed, so nothing is known of the first one's findings."""
    text = text_of(client, f"/compare?a={FIRST}&b={FAILED}")
    assert "Not compared findings (2)" in text and "Gone findings" not in text
    assert "unknown: not in both recordings" in text


def test_compare_shows_the_pictures_as_artifacts(client: TestClient) -> None:
    """A and B in one place, in the same order, and what differs is outlined."""
    page = client.get(f"/compare?a={ONE}&b={OTHER}").text
    images = re.findall(r'<image href="(/api/v1/artifacts/\w+)"', page)
    assert [client.get(image).content for image in images] == [WHITE, DOT]
    assert '<input type="range"' in page and "<rect" in page
    assert f"/compare?a={OTHER}.1&amp;b={ONE}.1" in page  # swapped


def test_a_picture_that_is_not_in_the_log_has_a_sentence(tmp_path: Path) -> None:
    """In place of a broken picture, whether it was removed or cannot be read. One that is shown has its size."""
    database = tmp_path / "veritas.db"
    pictured, bare = audit(ONE), site_run(1, url="http://127.0.0.1/")
    with Archive.open(database) as archive:
        for run in (pictured, bare):
            write(archive, run)
        site = make_site(archive)
        client = TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
        path = f"/compare?a={pictured.run_id}&b={bare.run_id}"
        assert re.search(r'<img src="/api/v1/artifacts/\w+" width="\d+" height="\d+"', client.get(path).text)
        with sqlite3.connect(database) as connection:
            connection.execute("DROP TRIGGER artifact_update")
            connection.execute("UPDATE artifact SET bytes = x'00'")
        text = text_of(client, path)
        assert "only in A The picture cannot be shown: " in text and "<img" not in client.get(path).text
        assert invoke_in(database)("redact", ONE, "2", "--reason", "a face", "--by", "jane", "--yes").status == 0
        assert "only in A The picture was removed from the log." in text_of(client, path)


def test_a_tee_shows_each_lead(client: TestClient, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row for each event that came over both, in pages."""
    text = text_of(client, f"/compare?a={TEE}")
    assert "equal, byte for byte" in text and "first stdout 0, queue 3 of 3 events" in text
    assert re.findall(r"(\d) scout/navigating (\w+)", text) == [(number, "queue") for number in "123"]
    monkeypatch.setattr("veritas.web.pages.compare.MOST_LEADS", 2)
    monkeypatch.setattr(leads, "MOST_LEADS", 2)
    assert f"/compare?a={TEE}.1&amp;offset=2" in client.get(f"/compare?a={TEE}").text
    assert re.findall(r"(\d) scout/navigating", text_of(client, f"/compare?a={TEE}&offset=2")) == ["3"]
    assert "There is no such event" in text_of(client, f"/compare?a={TEE}&offset=7")


def test_a_tee_that_differs_says_where(client: TestClient) -> None:
    """What one transport lost or altered; hostile text is text."""
    text = text_of(client, f"/compare?a={TORN}")
    assert "scout/navigating 2 missing over queue" in text and "scout/navigating 3 detail" in text
    assert "&lt;script&gt;window.ran" in text


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("a=none&b=none", 404, "No audit&#39;s id begins with"),
        (f"b={FIRST}", 400, "Give the first audit too."),
        (f"a={FIRST}", 400, "did not send its events over both transports"),
        (f"a={TEE}&offset=-1", 400, "not a number of events"),
        ("a=vrts_", 404, "The ids of several audits begin with"),
        ("", 200, "The latest audits"),
    ],
)
def test_the_form_says_what_is_wrong(client: TestClient, query: str, status: int, word: str) -> None:
    """What was given is still in it, and the latest audits are there to choose from."""
    text = text_of(client, f"/compare?{query}", status)
    assert word in text and f"{TEE}.1" in text


def test_a_site_has_its_scores_its_changes_and_its_comparisons(client: TestClient) -> None:
    """The latest first; each is compared with the one before that has a verdict, and a failed audit is a gap."""
    page = client.get("/sites/shop.test").text
    text = text_of(client, "/sites/shop.test")
    assert "6 recordings, 3 without a score" in text  # the failed one and two tees
    assert page.count('class="gap"') == 3 and page.count("<circle") == 3
    for before, after in ((FIRST, LAST), (LAST, STRANGE)):
        assert f'href="/compare?a={before}.1&amp;b={after}.1"' in page
    assert f'href="/compare?a={FIRST}.1&amp;b={FAILED}.1"' in page and f"a={FAILED}.1" not in page
    assert page.index(f'href="/audits/{STRANGE}.1"') < page.index(f'href="/audits/{FIRST}.1"')
    assert "ads.test" in text and "gone by" in text


def test_an_audit_leads_to_its_site_and_to_the_one_before(client: TestClient) -> None:
    """In the list and on its page; the one before is one with a verdict, so not a failed one."""
    audits = client.get("/?url=shop.test").text
    for run, before in ((LAST, FIRST), (FAILED, FIRST), (STRANGE, LAST), (FIRST, None)):
        page = client.get(f"/audits/{run}").text
        for text in (page, audits):
            links = re.findall(rf'href="/compare\?a=(\w+)\.1&amp;b={run}\.1"', text)
            assert links == ([before] if before else [])
            assert f'href="{SITE}"' in text
    for path, there in ((f"/audits/{TEE}", True), (f"/audits/{FIRST}", False), ("/compare", True)):
        assert (f'href="/compare?a={TEE}.1"' in client.get(path).text) is there


def test_a_long_history_says_what_is_left_out(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest recordings are shown."""
    monkeypatch.setattr(site_history, "_MOST_RECORDINGS", 2)
    text = text_of(client, "/sites/shop.test")
    assert "earlier recordings left out" in text and f"{FIRST}.1" not in text and f"{STRANGE}.1" in text


@pytest.mark.parametrize(("host", "status"), [("none.test", 404), ("%20", 400), ("a%2Fb", 404)])
def test_an_unknown_site_gets_a_sentence(client: TestClient, host: str, status: int) -> None:
    """It is no error of the server."""
    text_of(client, f"/sites/{host}", status)


async def test_the_pages_work_by_keyboard_on_any_screen(page: Page, log: Path) -> None:
    """The border between two pictures moves by keys; no violation that axe knows; text of a page is text."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    paths = (
        f"/compare?a={FIRST}&b={STRANGE}",
        f"/compare?a={TEE}",
        f"/compare?a={TORN}",
        "/compare",
        "/sites/shop.test",
    )
    with serving(log) as (url, _):
        await page.goto(url)
        await page.goto(f"{url.partition('/?')[0]}/compare?a={ONE}&b={OTHER}")
        border = page.get_by_role("slider", name="Border between")
        await border.focus()
        for key in ("Home", "ArrowRight"):
            await page.keyboard.press(key)
        await expect(page.locator(".slides svg").last).to_have_css("clip-path", "inset(0px 0px 0px 1%)")
        await expect(border).to_have_attribute("aria-valuetext", "1% A, 99% B")
        for width, scheme in ((390, "dark"), (1400, "light")):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for path in ("/", f"/compare?a={ONE}&b={OTHER}", *paths):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.goto(url.partition("/?")[0] + path)
                found = [] if path == "/" else (await Axe().run(page)).response["violations"]
                assert [(path, each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
                for between in (width, 650, 1024):
                    await page.set_viewport_size({"width": between, "height": 900})
                    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, between)
                assert await page.evaluate("window.ran") is None
    assert faults == []
