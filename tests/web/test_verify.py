"""The page Verify: what is known of the log, what its checkpoints cover, and the bundles to download."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from starlette.testclient import TestClient

from store.proofs.signed_note import SigningKey
from tests.cli.invoking import invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE, write, write_all
from tests.processes import wait_until
from tests.projections.recordings import Recording, requested
from tests.store.raw import raw_connection
from tests.web.conftest import BEARER, ORIGIN, make_site
from tests.web.test_serve import fits_and_is_accessible, serving
from veritas.archive.archive import Archive
from veritas.archive.keys import parse_public_keys, public_key_line
from veritas.archive.run_selection import RunSelection
from veritas.server_hosts import Hosts
from veritas.web import bundles
from veritas.web.actions import Actions
from veritas.web.app import make_app
from veritas.web.problem import Problem
from veritas.web.site import Site
from veritas.web.verifications import MOST_KEPT

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
VERIFICATIONS, CHECKPOINTS, BUNDLE = "/api/v1/verifications", "/api/v1/checkpoints", "/api/v1/bundle"
LATE = "vrts_cccc000000000004"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with three audits and a checkpoint over all of its 44 events; the tests copy it."""
    database = tmp_path_factory.mktemp("signed") / "veritas.db"
    write_all(database)
    with Archive.open(database) as archive:
        archive.log.checkpoint(KEY)
    return database


@pytest.fixture
def log(signed: Path, tmp_path: Path) -> Path:
    """A log of this test's own."""
    return shutil.copy(signed, tmp_path / "veritas.db")


@contextmanager
def served(
    database: Path | str, trusted: Sequence[SigningKey] = (KEY,), *, actions: bool = False, **options: Any
) -> Iterator[tuple[TestClient, Site]]:
    """Give a program's client of a server that trusts some keys, and its site."""
    with Archive.open(database, create=False) as archive:
        site = make_site(
            archive,
            trusted=lambda: [key.public_key for key in trusted],
            actions=Actions(archive, str(database)) if actions else None,
            **options,
        )
        yield TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER), site
        site.bundles.close()
        site.verifications.close()


def page_of(client: TestClient, address: str = "/verify") -> str:
    """Return the page as one line, without its tags."""
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert "style=" not in answer.text and "\u202e" not in answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def verify(client: TestClient, **body: Any) -> dict[str, Any]:
    """Start a verification, wait for its end, and return it."""
    started = client.post(VERIFICATIONS, json=body)
    assert started.status_code == 202, started.text
    wait_until(lambda: client.get(VERIFICATIONS).json()["running"] is None)
    ended: dict[str, Any] = client.get(VERIFICATIONS).json()["ended"][0]
    assert ended["number"] == started.json()["number"]
    return ended


def tamper(database: Path | str, *statements: str) -> None:
    """Change a log as an attacker would."""
    with raw_connection(str(database)) as raw:
        raw.remove_guards()
        for statement in statements:
            raw.execute(statement)


def append(database: Path | str, audit: str = LATE) -> None:
    """Record another audit, which no checkpoint covers."""
    with Archive.open(database) as archive:
        run = Recording(f"{audit}.1")
        run.recorder(requested(audit_id=audit))
        write(archive, run)


def test_nothing_is_known_before_the_first_verification(log: Path) -> None:
    """And that does not look good, however many checkpoints there are."""
    with served(log) as (client, _):
        known = client.get(VERIFICATIONS).json()
        assert (known["running"], known["of_log"], known["ended"]) == (None, None, [])
        text = page_of(client)
        assert "not verified This server has not verified the log since it started at" in text
        assert "is not known here" in text and "all as they were recorded" not in text
        assert 'class="chip good">covered' not in client.get("/verify").text  # it is not verified that it agrees
        verify(client, run=FAILED)  # a run alone says nothing about the log
        assert client.get(VERIFICATIONS).json()["of_log"] is None
        assert "This server has not verified the log" in page_of(client)


def test_a_verification_has_the_result_and_the_words_of_the_command(log: Path) -> None:
    """Of the log and of a run; one that a program waits for is listed too."""
    veritas = invoke_in(log)
    trust = ("--trust", public_key_line(KEY.public_key))
    with served(log) as (client, site):
        for run, arguments in ((None, ()), (FAILED, (FAILED,))):
            ended = verify(client, run=run)
            assert ended["result"] == veritas("verify", *arguments, *trust, "--format", "json").json
            assert "\n".join(ended["sentences"]) + "\n" == veritas("verify", *arguments, *trust).stdout
            assert (ended["checked"], ended["failure"]) == (ended["total"], None)
        assert client.get("/api/v1/verify").json()["ok"]
        assert [each["run_id"] for each in client.get(VERIFICATIONS).json()["ended"]] == [None, f"{FAILED}.1", None]
        append(log)
        text = page_of(client)
        assert "log as recorded Verified the log: 44 events, all as they were recorded." in text
        assert "recorded since then 1 event, not verified" in text
        for _ in range(MOST_KEPT):
            client.get("/api/v1/verify", params={"run": FAILED})
        known = client.get(VERIFICATIONS).json()
        assert len(known["ended"]) == MOST_KEPT and known["of_log"]["run_id"] is None
        site.verifications.clear()  # another log is in the place of this one
        known = client.get(VERIFICATIONS).json()
        assert (known["of_log"], known["ended"]) == (None, [])


def test_a_signer_that_was_not_checked_does_not_look_good(log: Path) -> None:
    """Neither without a trusted key, nor without a checkpoint, nor with another key."""
    with served(log, trusted=()) as (client, _):
        verify(client)
        text = page_of(client)
        assert "as recorded, signer unknown Verified the log" in text and "covered, signer unknown" in text
        assert [each["trusted"] for each in client.get(CHECKPOINTS).json()["signers"]] == [None]
    with served(log, trusted=[OTHER]) as (client, _):
        assert verify(client)["result"]["fault"]["what"] == "foreign signature"
        text = page_of(client)
        assert "not as recorded Foreign signature" in text and "not trusted" in text
        assert "No valid checkpoint of a trusted key covers the log" in text
        assert client.get(CHECKPOINTS).json()["covered"] == 0
    append(log)
    with served(log) as (client, _):
        for run, covered in ((LATE, False), (TEE, True), (None, False)):
            ended = verify(client, run=run)
            assert (ended["result"]["ok"], ended["covered"]) == (True, covered)
        assert "log as recorded, partly covered Verified the log: 45 events" in page_of(client)
    tamper(log, "DELETE FROM checkpoint")
    with served(log) as (client, _):
        assert verify(client)["result"]["ok"]
        text = page_of(client)
        assert "as recorded, signer unknown" in text and "No checkpoint covers the log, so nothing shows" in text


def test_the_page_shows_what_is_not_covered(log: Path) -> None:
    """Positions and runs; the checkpoint is there to be kept."""
    append(log)
    with served(log) as (client, site):
        found = client.get(CHECKPOINTS).json()
        assert (found["covered"], found["events"], found["runs"]) == (44, 45, [f"{LATE}.1"])
        assert found["origin"] == site.archive.origin()
        (signer,) = found["signers"]
        assert (signer["trusted"], signer["checkpoints"], signer["size"], signer["fault"]) == (True, 1, 44, None)
        text = page_of(client)
        assert "The last checkpoint covers the log up to position 44. 1 event after that is not covered." in text
        assert f"Not covered as a whole: {LATE}.1" in text and found["checkpoint"].split()[0] in text
        with Archive.open(log) as archive:
            archive.log.checkpoint(OTHER)  # a key that is not trusted covers nothing
        assert client.get(CHECKPOINTS).json()["covered"] == 44
        assert [each["trusted"] for each in client.get(CHECKPOINTS).json()["signers"]] == [False, True]
    tamper(log, "UPDATE checkpoint SET size = 99 WHERE size = 44")
    with served(log) as (client, _):
        found = client.get(CHECKPOINTS).json()
        assert found["covered"] == 0 and "not as it was signed" in found["signers"][0]["fault"]
        assert "checkpoint damaged" in page_of(client)


def test_a_changed_log_is_not_as_it_was_recorded(log: Path) -> None:
    """A fault stays the state of the log until the whole log is verified again; its bundle is not made."""
    tamper(log, "UPDATE event SET body = CAST(replace(body, 'hung', 'hunk') AS BLOB) WHERE position = 17")
    with served(log) as (client, site):
        assert verify(client, run=TEE)["result"]["fault"]["position"] == 17
        verify(client, run=FAILED)
        site.verifications.trusted = lambda: parse_public_keys(["none"])
        assert "none" in verify(client)["failure"]  # it found nothing out
        site.verifications.trusted = lambda: [KEY.public_key]
        text = page_of(client)
        assert f"not as recorded Not as it was recorded: position 17 of run {TEE}.1: changed" in text
        refused = client.get(BUNDLE, params={"audit": TEE})
        assert refused.status_code == 409 and "position 17" in refused.json()["detail"]
        assert client.get(BUNDLE, params={"audit": FAILED}).status_code == 200


def test_a_log_is_verified_against_a_checkpoint_that_was_kept(log: Path) -> None:
    """It contradicts a log whose end was cut off; a text that is not a checkpoint is refused."""
    with served(log) as (client, _):
        kept = client.get(CHECKPOINTS).json()["checkpoint"]
        assert verify(client, checkpoints=[kept.replace("\n", "\r\n")])["result"]["ok"]
        assert "against 1 checkpoint kept elsewhere" in page_of(client)
        for checkpoints in (["none"], [kept] * 11, [1]):
            assert client.post(VERIFICATIONS, json={"checkpoints": checkpoints}).status_code == 400, checkpoints
        assert client.post(VERIFICATIONS, json={"run": "vrts_none"}).status_code == 404
    tamper(log, "DELETE FROM checkpoint", "DELETE FROM event WHERE position > 42")
    with served(log) as (client, _):
        assert verify(client, checkpoints=[kept])["result"]["fault"]["what"] == "cut tail"


def test_a_log_that_cannot_be_the_one_that_was_verified_does_not_look_good(log: Path) -> None:
    """Events are gone from it, which a further verification cannot know, or it is another log."""
    with served(log) as (client, _):
        verify(client)
        tamper(log, "DELETE FROM checkpoint", "DELETE FROM event WHERE position > 42")
        for _ in range(2):
            assert "44 events" in client.get(VERIFICATIONS).json()["contradiction"]
            assert "log not as recorded The log had 44 events when this server verified it" in page_of(client)
            verify(client)
        tamper(log, "DELETE FROM event")
        for number in range(50):
            append(log, f"vrts_cccc{number:012}")
        assert "Another log is in the place" in client.get(VERIFICATIONS).json()["contradiction"]
        assert "log not as recorded Another log is in the place" in page_of(client)
        verify(client)
        assert client.get(VERIFICATIONS).json()["contradiction"] is None


def test_a_verification_that_has_no_thread_does_not_prevent_others(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has ended, and the client learns why."""
    with served(log) as (_, site):
        with monkeypatch.context() as patch, pytest.raises(Problem, match="no thread"):
            patch.setattr(threading.Thread, "start", raise_no_thread)
            site.verifications.start()
        assert site.verifications.running is None and site.verifications.ended[0].failure is not None


def raise_no_thread(thread: threading.Thread) -> None:
    """Fail as the system does that gives no further thread."""
    raise RuntimeError("can't start new thread")


def test_one_verification_runs_at_a_time(log: Path) -> None:
    """Meanwhile the server answers, and the page says since when it runs; the end of the server stops it."""
    begun, go_on = threading.Event(), threading.Event()

    def trusted() -> list[bytes]:
        if threading.current_thread().name == "verification":
            begun.set()
            assert go_on.wait(60)
        return [KEY.public_key]

    with Archive.open(log, create=False) as archive:
        site = make_site(archive, trusted=trusted)
        client = TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
        assert client.post(VERIFICATIONS, json={}).status_code == 202
        assert begun.wait(60)
        for again in (client.post(VERIFICATIONS, json={"run": TEE}), client.get("/api/v1/verify")):
            assert again.status_code == 429 and "runs already" in again.json()["detail"]
        text = page_of(client)
        assert "Verifying the whole log since" in text and "This server has not verified the log" in text
        go_on.set()
        wait_until(lambda: client.get(VERIFICATIONS).json()["of_log"] is not None)
        go_on.clear()
        begun.clear()
        assert client.post(VERIFICATIONS, json={}).status_code == 202
        assert begun.wait(60)
        closing = threading.Thread(target=site.verifications.close)
        closing.start()
        go_on.set()
        closing.join()
        assert site.verifications.running is None and site.verifications.ended[0].verification is None


def test_what_cannot_be_verified_says_why(log: Path) -> None:
    """It is not known then, and a bug is reported."""
    reported: list[BaseException] = []

    def trusted() -> list[bytes]:
        raise ZeroDivisionError

    with Archive.open(log, create=False) as archive:
        site = make_site(archive, trusted=trusted, report=reported.append)
        site.verifications.start()
        wait_until(lambda: site.verifications.running is None)
        (job,) = site.verifications.ended
        assert job.verification is None and job.failure is not None and "bug" in job.failure
        wait_until(lambda: reported)
        assert isinstance(reported[0], ZeroDivisionError)


@pytest.fixture
def temporary_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory for temporary files, which is this test's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


@pytest.fixture
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the key of the log the user's own."""
    key = tmp_path / "key.pem"
    key.write_bytes(KEY.to_pem())
    key.chmod(0o600)
    monkeypatch.setenv("VERITAS_KEY", str(key))


def is_verified(bundle: bytes, directory: Path) -> bool:
    """Return whether `veritas verify` finds nothing wrong with a bundle of the trusted key."""
    file = directory / "downloaded.zip"
    file.write_bytes(bundle)
    return invoke_in("none.db")("verify", str(file), "--trust", public_key_line(KEY.public_key)).status == 0


def test_a_bundle_is_downloaded_and_anyone_can_verify_it(
    log: Path, tmp_path: Path, temporary_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run or of all runs of an audit; nothing is left of it, and a server that only reads writes nothing."""
    before = log.read_bytes()
    with served(log) as (client, site):
        for audit, name in ((TEE, TEE), (f"{TEE}.1", f"{TEE}.1"), ("latest", RUNNING)):
            answer = client.get(BUNDLE, params={"audit": audit})
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}.veritas.zip"'
            assert is_verified(answer.content, tmp_path)
            assert [*temporary_directory.iterdir()] == []
        assert f'href="/api/v1/bundle?audit={TEE}.1"' in client.get(f"/audits/{TEE}").text
        for audit in ("vrts_none", ""):
            assert client.get(BUNDLE, params={"audit": audit}).status_code == 404
        site.bundles.make(RunSelection(TEE, [f"{TEE}.1"]), remedy="")  # the client is gone before it is sent
        assert [*temporary_directory.iterdir()] != []
        monkeypatch.setattr(bundles, "MOST_BUNDLES", 1)
        assert client.get(BUNDLE, params={"audit": TEE}).status_code == 429
        site.bundles.close()
        assert [*temporary_directory.iterdir()] == []
        monkeypatch.setattr(tempfile, "tempdir", str(temporary_directory / "none"))
        refused = client.get(BUNDLE, params={"audit": TEE})
        assert refused.status_code == 507 and str(temporary_directory) not in refused.text
    assert log.read_bytes() == before


def test_only_an_action_signs_a_checkpoint(log: Path, own_key: None) -> None:
    """The bundle of an audit that goes on is refused with the remedy; a server that only reads signs nothing."""
    append(log)
    with served(log) as (client, site):
        refused = client.get(BUNDLE, params={"audit": LATE})
        assert refused.status_code == 409 and "`veritas checkpoint`" in refused.json()["detail"]
        assert client.post(CHECKPOINTS, json={}).status_code == 403
        assert 'id="sign"' not in client.get("/verify").text
        assert [each.size for each in site.archive.log.checkpoints()] == [44]
    with served(log, actions=True) as (client, _):
        assert "the button on the page Verify" in client.get(BUNDLE, params={"audit": LATE}).json()["detail"]
        assert 'id="sign"' in client.get("/verify").text
        signed = client.post(CHECKPOINTS, json={})
        assert (signed.status_code, signed.json()["covered"]) == (201, 45)
        assert client.get(BUNDLE, params={"audit": LATE}).status_code == 200
    append(log, "vrts_cccc000000000005")
    tamper(log, "UPDATE event SET body = CAST('{}' AS BLOB) WHERE position = 46")
    with served(log, actions=True) as (client, _):
        refused = client.post(CHECKPOINTS, json={})
        assert refused.status_code == 409 and "position 46" in refused.json()["detail"]


def test_a_bundle_has_the_name_of_any_run(log: Path, own_key: None) -> None:
    """An imported run's id may be long, and without a number."""
    long = "vrts_" + "x" * 300
    for run_id in (f"{long}.1", "imported"):
        with Archive.open(log) as archive:
            run = Recording(run_id)
            run.recorder(requested(audit_id=run_id))
            write(archive, run)
            archive.log.checkpoint(KEY)
    with served(log) as (client, _):
        for audit, name in ((long, long), ("import", "imported")):
            answer = client.get(BUNDLE, params={"audit": audit})
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}.veritas.zip"'


def test_what_was_removed_is_not_in_a_bundle(log: Path, tmp_path: Path, own_key: None) -> None:
    """The bundle of a redacted run says so and is valid; that of an archived one is elsewhere."""
    veritas = invoke_in(log)
    assert veritas("redact", TEE, "2", "--reason", "a card number", "--by", "jane", "--yes").status == 0
    assert veritas("checkpoint").status == 0
    with served(log) as (client, _):
        assert is_verified(client.get(BUNDLE, params={"audit": TEE}).content, tmp_path)
        assert veritas("db", "archive", "--before", "2026-01-01", "-o", str(tmp_path / "old"), "--yes").status == 0
        refused = client.get(BUNDLE, params={"audit": FAILED})
        assert refused.status_code == 400 and "was archived in" in refused.json()["detail"]
        assert verify(client)["result"]["ok"]


def test_a_log_in_postgresql_is_verified_and_exported(postgresql: str, tmp_path: Path) -> None:
    """As one in a file."""
    write_all(postgresql)
    with Archive.open(postgresql) as archive:
        archive.log.checkpoint(KEY)
    append(postgresql)
    with served(postgresql) as (client, _):
        ended = verify(client)
        assert (ended["result"]["ok"], ended["result"]["events"], ended["result"]["covered"]) == (True, 45, 44)
        assert client.get(CHECKPOINTS).json()["runs"] == [f"{LATE}.1"]
        assert is_verified(client.get(BUNDLE, params={"audit": TEE}).content, tmp_path)
    tamper(postgresql, "UPDATE event SET body = '{}' WHERE position = 17")
    with served(postgresql) as (client, _):
        assert verify(client)["result"]["fault"]["position"] == 17
        assert "not as recorded" in page_of(client)


@pytest.mark.timeout(120)
async def test_the_page_in_a_browser(page: Page, log: Path, tmp_path: Path, own_key: None) -> None:
    """The button verifies, the result comes by itself, and a download is a bundle; axe finds nothing."""
    append(log)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    with serving(log, "--allow-actions") as (url, _):
        await page.goto(url)
        await page.get_by_role("link", name="Verify").click()
        status, form = page.locator("#state"), page.get_by_role("form", name="Verify")
        await expect(status).to_contain_text("This server has not verified the log")
        await form.get_by_role("button", name="Verify now").click()
        await expect(status).to_contain_text("Verified the log: 45 events, all as they were recorded.")
        await expect(page.locator("#coverage")).to_contain_text("1 event after that is not covered.")
        await page.get_by_text("The last checkpoint, to keep elsewhere").click()
        await form.get_by_role("button", name="Sign a checkpoint").click()
        await expect(page.locator("#coverage")).to_contain_text("up to position 45. That is its last event.")
        await expect(page.locator("#coverage pre")).to_be_visible()  # what was opened stays so
        await expect(page.locator("#signed")).to_have_text("The last checkpoint covers the log up to position 45.")
        await form.get_by_label("What to verify").fill("vrts_none")
        await page.keyboard.press("Enter")
        await expect(form.get_by_role("alert")).to_contain_text("No audit's id begins with 'vrts_none'")
        tamper(log, "UPDATE event SET body = CAST(replace(body, 'hung', 'hunk') AS BLOB) WHERE position = 17")
        await form.get_by_label("What to verify").fill(TEE)
        await page.keyboard.press("Enter")
        await expect(status).to_contain_text(f"Not as it was recorded: position 17 of run {TEE}.1: changed")
        await expect(page.locator("#state-card")).to_have_class("card notice bad")
        await fits_and_is_accessible(page)
        await page.goto(f"{url.partition('?')[0]}audits/{FAILED}")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Export a bundle").click()
        assert is_verified(Path(await (await download.value).path()).read_bytes(), tmp_path)
    assert faults == []
