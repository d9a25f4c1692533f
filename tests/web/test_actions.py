"""The conversation of a front end with the server, and how the server finds the audit that it has started."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace
from websockets.sync.client import connect

from tests.cli.logs import FAILED, TEE, write
from tests.own_postgresql import free_port
from tests.projections.recordings import Recording, requested
from tests.serving import PAGE
from tests.serving import serving as server
from tests.web.test_serve import serving
from veritas.archive.archive import Archive
from veritas.audit.headers import TESTS
from veritas.events.process_identity import ProcessIdentity
from veritas.web.actions import Actions


class Client:
    """A front end: it starts an audit, follows its stream to the end, and asks for what the messages refer to."""

    def __init__(self, url: str) -> None:
        address, _, token = url.partition("/?token=")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(base_url=address, headers=self._headers, timeout=60)
        self._streams = address.replace("http", "ws", 1)

    def get(self, path: str) -> Any:
        """Return the JSON of a resource."""
        answer = self._http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object) -> httpx2.Response:
        """Return the answer to JSON."""
        return self._http.post(path, json=body)

    def bytes_of(self, sha256: str) -> bytes:
        """Return an artifact."""
        return self._http.get(f"/api/v1/artifacts/{sha256}").content

    def audit(self, url: str) -> tuple[str, list[dict[str, Any]]]:
        """Start an audit; return its id and all messages of its stream, which must end as it should."""
        started = self.post("/api/audit/start", {"url": url, "tier": "quick_scan", "tags": ["web"]})
        assert started.status_code == 201, started.text
        answer = started.json()
        with connect(self._streams + answer["ws_url"], additional_headers=self._headers) as stream:
            messages = [json.loads(message) for message in stream]  # an end that is not normal would be an error
            assert stream.close_code == 1000
        return answer["audit_id"], messages


@pytest.mark.timeout(240)
def test_the_conversation_of_a_front_end(tmp_path: Path) -> None:
    """With a real server: an audit that completes, and one that fails, each from its start to its end."""
    with (
        server(lambda path: PAGE, "text/html") as url,
        serving(make_log(tmp_path / "veritas.db"), "--allow-actions") as (address, _),
    ):
        client = Client(address)
        assert client.get("/api/health")["status"] == "ok"
        for body in ({"url": "shop"}, {"url": url, "tier": "none"}, {"url": url, "tags": ["a b"]}, {}):
            assert client.post("/api/audit/start", body).status_code == 400, body
        audit, messages = client.audit(url)
        failed, failure = client.audit(f"http://127.0.0.1:{free_port()}/")
        for audit_id, all_messages in ((audit, messages), (failed, failure)):
            assert {each["audit_id"] for each in all_messages} == {audit_id}
            assert [each["number"] for each in all_messages] == [*range(1, len(all_messages) + 1)]
            begun = [each["phase"] for each in all_messages if each["type"] == "phase_start"]
            ended = [each["phase"] for each in all_messages if each["type"] in ("phase_complete", "phase_error")]
            assert sorted(begun) == sorted(ended)
        assert {each["type"] for each in messages} >= {
            *("phase_start", "phase_complete", "log_entry", "screenshot", "security_result", "stats_update"),
            *("finding", "audit_result", "audit_complete"),
        }
        last, stats = messages[-1], [each["stats"] for each in messages if each["type"] == "stats_update"][-1]
        state = client.get(f"/api/audit/{audit}/status")
        assert (last["type"], state["status"], state["url"].rstrip("/")) == ("audit_complete", "completed", url)
        assert (state["tags"], state["trust_score"]) == (["web"], last["trust_score"])
        assert (stats["findings"], stats["checks"]) == (last["findings"], len(TESTS))
        (screenshot, *_) = (each["sha256"] for each in messages if each["type"] == "screenshot")
        assert sha256(client.bytes_of(screenshot)).hexdigest() == screenshot
        assert failure[-1]["type"] == "audit_error" and "refuses the connection" in failure[-1]["error"]
        assert client.get(f"/api/audit/{failed}/status")["error"] == failure[-1]["error"]
        history = client.get("/api/audits/history")["audits"]
        assert [(each["audit_id"], each["status"]) for each in history] == [(failed, "failed"), (audit, "completed")]
        difference = client.post("/api/audits/compare", {"audit_ids": [audit, failed]}).json()
        assert difference["equal"] is False


def make_log(database: Path) -> Path:
    Archive.open(database).close()
    return database


def test_a_process_of_another_machine_is_not_the_one_started(tmp_path: Path) -> None:
    """Machines that share a log can each have a process with the same id."""
    own = ProcessIdentity.own()
    with Archive.open(tmp_path / "veritas.db") as archive:
        for audit, recorder in (
            (TEE, replace(own, machine="other", pid=7)),
            (FAILED, replace(own, pid=7)),
        ):
            run = Recording(f"{audit}.1")
            run.recorder(requested(audit_id=audit, recorder=recorder))
            write(archive, run)
        actions = Actions(archive, None)
        assert actions.run_of(7, after=0) == f"{FAILED}.1"
        assert actions.run_of(8, after=0) is None
