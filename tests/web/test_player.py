"""The player's data: it comes in parts, it is what the log has, and what was removed from the log is not in it."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.cli.invoking import invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE, write
from tests.player.runs import run_to_play
from tests.projections.recordings import RUN
from tests.web.conftest import BEARER, ORIGIN, make_site
from veritas.archive.archive import Archive
from veritas.player.recording import Recording
from veritas.server_hosts import Hosts
from veritas.web import recordings
from veritas.web.app import make_app
from veritas.web.recordings import Recordings
from veritas.web.site import Site
from veritas.web.streams import Streams


def parts(client: TestClient, audit: str, limit: int) -> list[dict[str, Any]]:
    """Return all parts of an audit."""
    found: list[dict[str, Any]] = []
    follows = {"after": 0, "removal": 0}
    while follows["after"] is not None:
        found.append(client.get(f"/api/v1/runs/{audit}/player", params={**follows, "limit": limit}).json())
        follows = {"after": found[-1]["next"], "removal": found[-1]["removal"]}
    return found


@pytest.mark.parametrize("audit", [TEE, FAILED, RUNNING])
def test_the_parts_together_are_the_recording(client: TestClient, site: Site, audit: str) -> None:
    """Each event is in one part, with its patch and all that belongs to it."""
    whole = Recording.of(site.archive.events(f"{audit}.1"))
    (expected,) = parts(client, audit, 5_000)
    assert expected["patches"] == [patch.decode() for patch in whole.patches]
    assert expected["recording"] == json.loads(json.dumps(whole.part()))
    some = parts(client, audit, 7)
    assert [patch for part in some for patch in part["patches"]] == expected["patches"]
    for name in ("position", "offset", "seq", "line", "repeated"):
        assert [*chain(*(part["recording"]["events"][name] for part in some))] == expected["recording"]["events"][name]
    for name in ("screenshots", "visits"):
        assert [*chain(*(part["recording"][name] for part in some))] == expected["recording"][name]


def test_the_result_is_in_words(client: TestClient) -> None:
    """And the parts say whether the run is over, and after which message its stream goes on."""
    part = parts(client, TEE, 5_000)[0]
    assert part["result"]["status"] == {"text": "completed", "tone": "good"}
    assert (part["result"]["score"], part["result"]["verdict"], part["over"]) == ("44", "suspicious", True)
    with client.websocket_connect(f"ws://127.0.0.1:8000/api/audit/stream/{TEE}?after={part['messages'] - 1}") as stream:
        assert stream.receive_json()["type"] == "audit_complete"
    assert parts(client, RUNNING, 5_000)[0]["over"] is False


def test_an_event_is_given_as_it_was_recorded(client: TestClient, site: Site) -> None:
    """The same line as in a bundle, but for the proof; an event of another run is not the run's."""
    for recorded in site.archive.events(f"{FAILED}.1"):
        event = client.get(f"/api/v1/runs/{FAILED}/events/{recorded.position}").json()
        assert recorded.body is not None and event["body"].encode() == recorded.body
        assert (event["source"], event["seq"], event["position"]) == (recorded.source, recorded.seq, recorded.position)
        assert client.get(f"/api/v1/runs/{RUNNING}/events/{recorded.position}").status_code == 404


def test_what_is_removed_from_the_log_is_not_kept(tmp_path: Path) -> None:
    """A page that has it must read the run again, and then it is gone; the run can be read in parts as before."""
    database = tmp_path / "veritas.db"
    with Archive.open(database) as archive:
        write(archive, run_to_play())
        streams = Streams(archive)
        site = make_site(archive, streams=streams)
        client = TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
        url = f"/api/v1/runs/{RUN}/player"
        before = client.get(url)
        assert "Countdown restarts" in before.text
        veritas = invoke_in(database)
        assert veritas("redact", RUN, "7", "--reason", "a card number", "--by", "jane", "--yes").status == 0
        last = before.json()["recording"]["events"]["position"][-1]
        refused = client.get(url, params={"after": last, "removal": before.json()["removal"]})
        assert (refused.status_code, "removed" in refused.json()["detail"]) == (409, True)
        after = client.get(url)
        assert "Countdown restarts" not in after.text
        whole, some = after.json(), parts(client, RUN, 7)
        assert [patch for part in some for patch in part["patches"]] == whole["patches"]
        position = whole["recording"]["events"]["position"][-1]
        assert client.get(url, params={"after": position, "removal": whole["removal"]}).json()["patches"] == []


def test_a_run_is_read_as_far_as_it_is_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first part of a long run costs no more than that of a short one; a later part needs all before it."""
    folded: list[int] = []
    apply = Recording.apply
    monkeypatch.setattr(Recording, "apply", lambda self, event: (folded.append(event.position), apply(self, event)))
    kept, run_id = Recordings(site.archive), f"{TEE}.1"
    positions = [event.position for event in site.archive.events(run_id)]
    part = kept.part(run_id, after=0, limit=2)
    assert (len(part.patches), part.following, folded) == (2, positions[1], positions[:3])
    assert not part.ended
    part = kept.part(run_id, after=positions[4], limit=1)
    assert (part.events["events"]["position"], folded) == ([positions[5]], positions[:7])
    part = kept.part(run_id, after=positions[5], limit=1_000)
    assert (part.following, part.ended, folded) == (None, True, positions)


def test_few_recordings_are_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was asked for last, and the others only as far as there is room."""
    kept = Recordings(site.archive)
    monkeypatch.setattr(recordings, "MOST_EVENTS", 10)
    for audit in (TEE, FAILED, RUNNING, TEE):
        part = kept.part(f"{audit}.1", after=0, limit=1_000)
        assert part.patches and len(kept) <= 2
    assert len(kept) == 1


def test_the_result_needs_no_script(client: TestClient, tmp_path: Path) -> None:
    """The page has it, and leads to a summary with the phases and findings, whatever an emitter left out of them."""
    page = client.get(f"/audits/{TEE}").text
    for text in ("http://shop.test/", "completed", "44", "suspicious", f'href="/audits/{TEE}.1/summary"'):
        assert text in page
    summary = client.get(f"/audits/{TEE}/summary").text
    for text in ("suspicious", "Countdown restarts", "Visual Intelligence", "The server hung up."):
        assert text in summary
    assert client.get("/audits/none/summary").status_code == 404
    with Archive.open(tmp_path / "veritas.db") as archive:
        write(archive, run_to_play())
        site = make_site(archive)
        hostile = TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
        answers = [hostile.get(f"/audits/{RUN}{page}") for page in ("", "/summary")]
    for answer in answers:
        assert answer.status_code == 200 and "<img src=x" not in answer.text and "\u202e" not in answer.text
