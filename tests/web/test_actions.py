"""An audit that is started over the API, as a client converses: start it, follow its stream, and ask for its status."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.cli.logs import FAILED, TEE, write
from tests.projections.recordings import Recording, requested
from tests.serving import PAGE, serving
from tests.web.conftest import BEARER, ORIGIN, TOKEN
from veritas.archive.archive import Archive
from veritas.events.process_identity import ProcessIdentity
from veritas.server_hosts import Hosts
from veritas.web.actions import Actions
from veritas.web.app import make_app
from veritas.web.security.access import Access
from veritas.web.site import Site
from veritas.web.streams import Streams


@pytest.mark.timeout(180)
def test_an_audit_is_started_and_followed_to_its_end(tmp_path: Path) -> None:
    """It is recorded in the log of the server, by a process of its own."""
    database = tmp_path / "veritas.db"
    with Archive.open(database) as archive, serving(lambda path: PAGE, "text/html") as url:
        streams = Streams(archive)
        access, actions = Access(TOKEN, password=False, port=8000), Actions(archive, str(database))
        app = make_app(Site(archive=archive, streams=streams, access=access, actions=actions), hosts=Hosts("127.0.0.1"))
        with TestClient(app, base_url=ORIGIN, headers=BEARER) as client:
            for body in ({"url": "shop"}, {"url": url, "tier": "none"}, {"url": url, "tags": ["a b"]}, {}):
                assert client.post("/api/audit/start", json=body).status_code == 400, body
            started = client.post("/api/audit/start", json={"url": url, "tier": "quick_scan", "tags": ["web"]})
            assert started.status_code == 201
            audit_id, messages = started.json()["audit_id"], []
            url_of_stream = ORIGIN.replace("http", "ws") + started.json()["ws_url"]
            with client.websocket_connect(url_of_stream) as stream, pytest.raises(WebSocketDisconnect) as closed:
                while True:
                    messages.append(stream.receive_json())
            assert closed.value.code == 1000
            assert {each["audit_id"] for each in messages} == {audit_id}
            assert [each["number"] for each in messages] == [*range(1, len(messages) + 1)]
            assert messages[-1]["type"] == "audit_complete"
            state = client.get(f"/api/audit/{audit_id}/status").json()
            assert (state["status"], state["url"].rstrip("/"), state["tags"]) == ("completed", url, ["web"])
        streams.close()
        streams.join()


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
