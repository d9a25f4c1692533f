"""The page Rollout and its API show and change what `veritas rollout` does, with the same refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from starlette.testclient import TestClient

from tests.benchmarks._rollout_log import fill_with_runs
from tests.cli.invoking import invoke_in
from tests.cli.logs import HOSTILE
from tests.cli.test_rollout import write_lossy
from tests.rollout.outputs.test_html import HOSTILE as MARKUP
from tests.rollout.test_queries import split, write_run
from tests.web.conftest import BEARER, ORIGIN, TOKEN, make_site
from tests.web.test_serve import serving
from veritas.archive.archive import Archive
from veritas.core.mode_decision import ROLLOUT
from veritas.rollout.history import Change
from veritas.rollout.ledger import Ledger
from veritas.rollout.plan import Plan
from veritas.server_hosts import Hosts
from veritas.web import rollout_results
from veritas.web.actions import Actions
from veritas.web.app import make_app
from veritas.web.rollout_results import RolloutResults
from veritas.web.security.access import Access
from veritas.web.streams import Streams

WHY: dict[str, Any] = {"by": "jane@desk", "reason": "because"}
PLAN = Plan.parse("10,50,100")
HTML = {"Accept": "text/html"}


@contextmanager
def client_of(archive: Archive, *, actions: bool = True, password: bool = False) -> Iterator[TestClient]:
    """Give a program with the token of a server of a log."""
    streams, access = Streams(archive), Access(TOKEN, password=password, port=8000)
    site = make_site(archive, streams=streams, access=access, actions=Actions(archive, None) if actions else None)
    yield TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER, follow_redirects=False)
    streams.close()
    streams.join()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty log."""
    with Archive.open(tmp_path / "veritas.db") as opened:
        yield opened


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    """A program that may change the rollouts of the log."""
    with client_of(archive) as opened:
        yield opened


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, TestClient]]:
    """A log with a rollout at its first stage, and a program; the tests make only changes that are refused."""
    with Archive.open(tmp_path_factory.mktemp("refusing") / "veritas.db") as opened, client_of(opened) as program:
        Ledger(opened).start(PLAN, **WHY)
        yield opened, program


def changes_in(archive: Archive, name: str = ROLLOUT) -> list[Change]:
    return [*Ledger(archive).rollouts()[name].changes]


def text_of(client: TestClient, path: str = "/rollout", status: int = 200, **form: str) -> str:
    """Return the page as one line, without its tags; with a form it is the answer to that."""
    answer = client.post(path, data=form, headers=HTML) if form else client.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    assert "\x1b" not in answer.text and "style=" not in answer.text and "<script>" not in answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def test_the_api_answers_what_the_commands_print(archive: Archive, client: TestClient, tmp_path: Path) -> None:
    """The metrics and the gate, each with the position up to which it was read."""
    fill_with_runs(archive.log, 300)
    veritas, position = invoke_in(tmp_path / "veritas.db"), archive.log.head()
    answers = {
        "metrics": client.get("/api/v1/rollout/metrics").json(),
        "gate": client.get("/api/v1/rollout/gate", params={"set": ["margin=0.2", "minimum=10"]}).json(),
    }
    for command, arguments in (("metrics", ()), ("gate", ("--set", "margin=0.2", "--set", "minimum=10"))):
        printed = veritas("rollout", command, *arguments, "--format", "json").json
        shown = answers[command].pop(command)
        assert answers[command] == {"position": position}
        assert {**shown, "at": None, "rules": None} == {**printed, "at": None, "rules": None}  # forecasts have a time
        outcomes = [[rule["outcome"] for rule in each.get("rules", ())] for each in (shown, printed)]
        assert outcomes[0] == outcomes[1]
    status = client.get("/api/v1/rollout").json()
    assert status["rollouts"] == veritas("rollout", "status", "--format", "json").json
    assert status["changes"][ROLLOUT] == veritas("rollout", "history", "--format", "json").json
    assert "margn" in client.get("/api/v1/rollout/gate?set=margn%3D1").json()["detail"]


def test_a_rollout_is_held_advanced_and_rolled_back(database: str) -> None:
    """On each database, by the API, with who did it and why; an advance has the gate's numbers."""
    with Archive.open(database) as archive, client_of(archive) as client:
        Ledger(archive).start(PLAN, **WHY)
        for path, body in (
            ("hold", {}),
            ("hold", {"release": True}),
            ("advance", {"from_stage": "10%", "override": True}),
            ("rollback", {"from_stage": "50%"}),
        ):
            last = changes_in(archive)[-1].position
            answer = client.post(f"/api/v1/rollout/{path}", json={**WHY, **body, "last_position": last})
            assert answer.status_code == 200, answer.text
            assert answer.json()["last"]["position"] == changes_in(archive)[-1].position > last
        _, *changes = [change.event for change in changes_in(archive)]
        assert [(each.action, each.stage) for each in changes] == [
            ("hold", "10%"),
            ("release", "10%"),
            ("advance", "50%"),
            ("rollback", "stdout"),
        ]
        assert {(each.by, each.reason) for each in changes} == {("jane@desk", "because")}
        assert changes[2].evidence["decision"] == "cannot say" and not changes[3].evidence
        text = text_of(client)
        assert "stdout rolled back" in text
        assert "veritas rollout start starts it again" in text and "Record the change" not in text


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        (
            "advance",
            {},
            409,
            "The gate decides 'cannot say', so the rollout 'queue-ipc' was not advanced: No audit",
        ),
        ("advance", {"override": True, "from_stage": "50%"}, 409, "is at the stage '10%', not at '50%'"),
        (
            "advance",
            {"override": True, "last_position": 7},
            409,
            "was changed since it was judged (start by jane",
        ),
        ("advance", {"override": "yes"}, 400, "override"),
        ("hold", {"last_position": 7}, 409, "was changed since it was judged"),
        ("hold", {"release": True}, 400, "is not held"),
        ("hold", {"reason": " "}, 400, "--reason is empty"),
        ("hold", {"by": ""}, 400, "--by is empty"),
        ("rollback", {"last_position": 7}, 409, "was changed since it was judged"),
        ("rollback", {"rollout": "other"}, 400, "There is no rollout 'other'"),
        ("rollback", {"reason": None}, 400, "reason"),
        ("rollback", {"why": "x"}, 400, "There is no parameter 'why'"),
    ],
)
def test_a_refused_change_is_a_sentence_and_changes_nothing(
    refusing: tuple[Archive, TestClient], path: str, body: dict[str, Any], status: int, word: str
) -> None:
    """As the command refuses it."""
    archive, client = refusing
    answer = client.post(f"/api/v1/rollout/{path}", json={**WHY, **body})
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.text
    assert len(changes_in(archive)) == 1


def test_changes_at_the_same_time_are_neither_doubled_nor_lost(archive: Archive, client: TestClient) -> None:
    """Of equal changes one is recorded; each other one is refused, and so is one of an older page."""
    Ledger(archive).start(PLAN, **WHY)
    last = changes_in(archive)[-1].position
    body = {**WHY, "from_stage": "10%", "last_position": last, "override": True}

    def advance(number: int) -> int:
        return client.post("/api/v1/rollout/advance", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = [*pool.map(advance, range(4))]
    assert sorted(statuses) == [200, 409, 409, 409]
    assert [change.event.stage for change in changes_in(archive)] == ["10%", "50%"]


def test_a_server_that_only_reads_changes_nothing(archive: Archive) -> None:
    """The page says how to allow it."""
    Ledger(archive).start(PLAN, **WHY)
    with client_of(archive, actions=False) as client:
        for path in ("advance", "hold", "rollback"):
            answer = client.post(f"/api/v1/rollout/{path}", json={**WHY, "override": True})
            assert (answer.status_code, "--allow-actions" in answer.text) == (403, True)
        assert "--allow-actions" in text_of(client, status=403, action="hold", **WHY)
        text = text_of(client)
        assert "Start it with veritas serve --allow-actions to advance, hold or roll back" in text
        assert "Record the change" not in text
    assert len(changes_in(archive)) == 1


def test_a_form_needs_the_token_of_the_page(archive: Archive, client: TestClient) -> None:
    """A page of another site cannot send it, even with the cookie."""
    Ledger(archive).start(PLAN, **WHY)
    del client.headers["Authorization"]
    page = client.get(f"/rollout?token={TOKEN}", follow_redirects=True).text
    token = re.findall(r'name="csrf_token" value="(\w+)"', page)[0]
    form = {"action": "hold", **WHY}
    for headers, fields in (
        ({"Origin": ORIGIN}, form),
        ({"Origin": ORIGIN}, {**form, "csrf_token": "0" * 64}),
        ({"Origin": "http://evil.test"}, {**form, "csrf_token": token}),
    ):
        assert client.post("/rollout", data=fields, headers=headers).status_code == 403
    assert len(changes_in(archive)) == 1
    answer = client.post("/rollout", data={**form, "csrf_token": token}, headers={"Origin": ORIGIN})
    position = changes_in(archive)[-1].position
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rollout?rollout=queue-ipc&changed={position}")
    page = client.get(answer.headers["location"]).text
    assert "Recorded: hold, stage 10%, by jane@desk" in page and "End the hold" in page


@pytest.mark.parametrize(
    ("form", "status", "word"),
    [
        ({}, 400, "choose one of the changes"),
        ({"action": "start"}, 400, "choose one of the changes"),
        ({"action": "advance"}, 409, "The gate decides 'cannot say'"),
        ({"action": "hold", "from_stage": "50%"}, 409, "is at the stage '10%', not at '50%'"),
        ({"action": "hold", "last_position": "x"}, 400, "The form is invalid"),
        ({"action": "release"}, 400, "is not held"),
    ],
)
def test_a_refused_form_is_explained_on_the_page(
    refusing: tuple[Archive, TestClient], form: dict[str, str], status: int, word: str
) -> None:
    """What was written is still in it, and nothing is changed."""
    archive, client = refusing
    answer = client.post("/rollout?rollout=queue-ipc", data={**WHY, "by": "joe", **form}, headers=HTML)
    assert answer.status_code == status
    page = answer.text.replace("&#39;", "'")
    assert word in page.partition('role="alert">')[2].partition("</p>")[0]
    assert 'name="reason" value="because"' in page and 'name="by" value="joe"' in page
    assert len(changes_in(archive)) == 1


def test_the_page_says_what_there_is_not(archive: Archive, client: TestClient) -> None:
    """An empty log, no rollout of a name, no audit yet; unknown is not called good."""
    assert "No rollout was started, so 10% of audits use the queue" in text_of(client)
    assert "There is no rollout &#39;other&#39;." in text_of(client, "/rollout?rollout=other", 404)
    assert "There is no rollout" in text_of(client, "/rollout?rollout=other", 400, action="hold", **WHY)
    Ledger(archive).start(PLAN, **WHY)
    text = text_of(client)
    assert "real share unknown: no audit was decided at this stage yet" in text
    assert "cannot say" in text and "success wait No audit of one of the modes has ended yet. observed: unknown" in text


def test_the_audit_that_a_rule_names_is_a_link(archive: Archive, client: TestClient) -> None:
    """The gate decides to roll back because of it, and an advance has to override that."""
    Ledger(archive).start(PLAN, **WHY)
    audit_id = write_lossy(archive)
    page = client.get("/rollout", headers=HTML).text
    assert f'<a href="/audits/{audit_id}.1">{audit_id}.1</a>' in page.partition("The gate</h2>")[2]
    assert "Override the gate, which decides: roll back" in page
    assert "1 event was lost in 1 audit over the queue" in text_of(client, status=409, action="advance", **WHY)
    assert client.post("/rollout", data={"action": "advance", "override": "true", **WHY}).status_code == 303


def test_several_rollouts_are_listed_and_one_is_shown(archive: Archive, client: TestClient) -> None:
    """Whatever its name is."""
    name = f"a/b?&{MARKUP}"
    Ledger(archive).start(PLAN, **WHY)
    Ledger(archive).start(Plan.parse("5,100"), name=name, tier="deep_forensic", **WHY)
    page = client.get("/rollout", headers=HTML).text
    assert '<a href="/rollout?rollout=queue-ipc" aria-current="page">queue-ipc</a>' in page
    assert MARKUP not in page
    (other,) = re.findall(r'<a href="(/rollout\?rollout=a[^"]+)">', page)
    text = text_of(client, other)
    assert "5% of the deep_forensic audits get the queue" in text and "Advance to 100%" in text
    answer = client.post(other, data={"action": "hold", **WHY})
    assert answer.status_code == 303 and "End the hold" in text_of(client, answer.headers["location"])
    assert [change.event.action for change in changes_in(archive, name)] == ["start", "hold"]


def test_with_a_password_no_name_is_assumed(archive: Archive) -> None:
    """Several people have it, and the server's user is not each of them."""
    Ledger(archive).start(PLAN, **WHY)
    with client_of(archive, password=True) as client:
        assert 'name="by" value=""' in client.get("/rollout", headers=HTML).text
    with client_of(archive) as client:
        assert re.search(r'name="by" value="[^"]+@', client.get("/rollout", headers=HTML).text)


def test_results_are_read_once_until_the_log_grows(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who ask at the same time share them; after a minute an audit may be overdue."""
    reads: list[str] = []
    read = rollout_results.read_metrics
    monkeypatch.setattr(rollout_results, "read_metrics", lambda log, name: (reads.append(name), read(log, name))[1])
    Ledger(archive).start(PLAN, **WHY)
    now = 0.0
    results = RolloutResults(archive, clock=lambda: now)
    with ThreadPoolExecutor(4) as pool:
        positions = {each.position for each in pool.map(results.of, [ROLLOUT] * 4)}
    assert (positions, len(reads)) == ({archive.log.head()}, 1)
    write_run(archive, split("queue"))
    grown = results.of(ROLLOUT)
    assert (grown.position, grown.metrics.stages[0].runs, len(reads)) == (archive.log.head(), 1, 2)
    now = 59.0
    assert results.of(ROLLOUT) is grown
    now = 60.0
    assert results.of(ROLLOUT) is not grown


def test_no_results_of_a_replaced_log_are_shown(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even those that a request began to read before the server opened the other log."""
    site = make_site(archive, streams=Streams(archive))
    client = TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
    Ledger(archive).start(PLAN, **WHY)
    write_run(archive, split("queue"))
    assert "At 10%" in text_of(client)
    with Archive.open(tmp_path / "other.db") as other:
        Ledger(other).start(Plan.parse("5,100"), **WHY)
    reopen = archive.log.reopen

    def read_and_reopen() -> None:
        assert site.rollout_results.of(ROLLOUT).rollout.last.event.stage == "10%"
        reopen()

    monkeypatch.setattr(archive.log, "reopen", read_and_reopen)
    (tmp_path / "other.db").replace(tmp_path / "veritas.db")
    assert "At 5%" in text_of(client)


@pytest.mark.timeout(120)
async def test_the_page_follows_the_log_and_changes_the_rollout(
    page: Page, archive: Archive, tmp_path: Path, running_chromium: Browser
) -> None:
    """What is written in the form stays; after another's change the own one is to be chosen again."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    ledger = Ledger(archive)
    ledger.start(PLAN, **WHY)
    with serving(tmp_path / "veritas.db", "--allow-actions") as (url, _):
        await page.goto(url)
        await page.get_by_role("link", name="Rollout").click()
        summary, reason = page.locator("#summary"), page.get_by_label("Reason")
        await expect(summary).to_have_text("At 10%; the gate decides: cannot say.")
        await page.get_by_text("Thresholds").click()
        await reason.fill("a release is due")
        await page.get_by_label("Hold at 10%").check()
        await page.get_by_label("Override the gate, which decides: cannot say").check()
        for mode in ("queue", *["stdout"] * 9):
            write_run(archive, split(mode))
        await expect(page.get_by_text("10.0% of 10 audits got the queue")).to_be_visible()
        await expect(summary).to_have_text("At 10%; the gate decides: hold.")
        await expect(page.get_by_label("Hold at 10%")).to_be_checked()
        await expect(page.get_by_label("Override the gate, which decides: hold")).not_to_be_checked()
        ledger.advance(by="joe", reason=HOSTILE)
        await expect(summary).to_have_text("At 50%; the gate decides: cannot say.")
        await expect(page.get_by_label("Hold at 50%")).not_to_be_checked()
        await expect(reason).to_have_value("a release is due")
        await expect(page.get_by_text("rollback_alpha")).to_be_visible()  # what was opened stays open
        await page.get_by_label("Override the gate").check()
        name = await page.get_by_label("Your name").input_value()
        ledger.advance(by="joe", reason=HOSTILE)
        await expect(page.get_by_label("Hold at 100%")).not_to_be_checked()
        await expect(page.get_by_label("Override the gate")).to_have_count(0)  # there is no next stage
        await expect(reason).to_have_value("a release is due")
        await expect(page.get_by_label("Your name")).to_have_value(name)
        await page.get_by_label("Hold at 100%").check()
        await reason.press("Enter")
        await expect(page.get_by_text("Recorded: hold, stage 100%")).to_be_visible()
        await expect(page.get_by_label("End the hold")).to_be_visible()
        for width, scheme in ((390, "dark"), (1400, "light")):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = (await Axe().run(page)).response["violations"]
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context = await running_chromium.new_context(java_script_enabled=False)
        await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        plain = await context.new_page()
        await plain.goto(page.url)
        await plain.get_by_label("Roll back").check()
        await plain.get_by_label("Reason").fill("an event was lost")
        await plain.get_by_role("button", name="Record the change").click()
        await expect(plain.get_by_text("Recorded: rollback, stage stdout")).to_be_visible()
        await context.close()
        await expect(summary).to_have_text("At stdout.")
    actions = [(change.event.action, change.event.reason) for change in changes_in(archive)]
    assert actions[3:] == [("hold", "a release is due"), ("rollback", "an event was lost")]
    assert [fault for fault in faults if "ERR_" not in fault] == []
