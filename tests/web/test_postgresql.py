"""A log on PostgreSQL: its pages are those of a log on SQLite, and a stop of the server is said and survived."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.cli.logs import FAILED, TEE, failed_run, write
from tests.own_postgresql import OwnServer, own_server
from tests.projections.recordings import whole_run
from tests.web.conftest import BEARER, ORIGIN, make_site
from tests.web.test_conditions import LIVE, live_run
from tests.web.test_serve import serving
from veritas.archive.archive import Archive
from veritas.server_hosts import Hosts
from veritas.web.app import make_app
from veritas.web.streams import Streams

PATHS = ("/", f"/audits/{TEE}", f"/compare?a={TEE}&b={FAILED}", "/sites/shop.test")


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server for the tests of this module, which may stop it and start it again."""
    with own_server() as running:
        for name in ("pages", "stream"):
            with running.connect() as connection:
                connection.execute(f"CREATE SCHEMA {name}")
        yield running


def schema_of(server: OwnServer, name: str) -> str:
    return server.url(options=f"-csearch_path%3D{name}")


@contextmanager
def client_of(database: str) -> Iterator[tuple[Archive, TestClient]]:
    """Give a log, and a client of its site."""
    with Archive.open(database) as archive:
        streams = Streams(archive)
        site = make_site(archive, streams=streams)
        yield archive, TestClient(make_app(site, hosts=Hosts("127.0.0.1")), base_url=ORIGIN, headers=BEARER)
        streams.close()
        streams.join()


def pages_of(client: TestClient) -> list[str]:
    """Return the pages, without the tokens of their sessions."""
    answers = [client.get(path) for path in PATHS]
    assert {answer.status_code for answer in answers} == {200}
    return [re.sub('"[0-9a-f]{64}"', "", answer.text) for answer in answers]


def test_the_pages_are_those_of_a_log_on_sqlite(server: OwnServer, tmp_path: Path) -> None:
    """Audits, Audit, Compare and Site; what is compared of a tee has the times of its recording."""
    found = []
    for database in (schema_of(server, "pages"), str(tmp_path / "log.db")):
        with client_of(database) as (archive, client):
            for run in (whole_run("queue", "stdout", run_id=f"{TEE}.1"), failed_run()):
                write(archive, run)
            found.append(pages_of(client))
            assert "equal, byte for byte" in client.get(f"/compare?a={TEE}").text
    for of_server, of_file in zip(*found, strict=True):
        assert of_server.splitlines() == of_file.splitlines()


@pytest.mark.timeout(180)
def test_a_stream_goes_on_after_a_stop_of_the_server(server: OwnServer) -> None:
    """It ends with a code that asks the client to connect again; meanwhile a sentence says what is away."""
    run, database = live_run(), schema_of(server, "stream")
    with Archive.open(database) as archive, serving(database) as (url, _):
        write(archive, run)
        address, _, token = url.partition("/?token=")
        stream = f"{address.replace('http', 'ws')}/api/audit/stream/{LIVE}"
        bearer = {"Authorization": f"Bearer {token}"}
        messages = []
        with connect(stream, additional_headers=bearer) as socket:
            messages.append(json.loads(socket.recv()))
            server.stop()
            with pytest.raises(ConnectionClosed) as cut:
                while True:
                    messages.append(json.loads(socket.recv()))
        assert cut.value.rcvd is not None and cut.value.rcvd.code == 1013
        with pytest.raises(InvalidStatus) as refused:
            connect(stream, additional_headers=bearer)
        answer = refused.value.response
        assert answer.status_code == 503 and "cannot be reached" in json.loads(answer.body)["detail"]
        server.start()
        for seq in range(2, 6):
            run.child("scout", "navigating", seq=seq)
        write(archive, run)
        after = messages[-1]["number"]
        with connect(f"{stream}?after={after}", additional_headers=bearer) as socket:
            messages += [json.loads(socket.recv()) for _ in range(5 - after)]
        assert [each["number"] for each in messages] == [1, 2, 3, 4, 5]
