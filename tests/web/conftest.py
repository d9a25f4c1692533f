"""A site on a log with three audits, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cli.logs import write_all
from tests.databases import database, postgresql, sqlite
from veritas.archive.archive import Archive
from veritas.server_hosts import Hosts
from veritas.web.app import make_app
from veritas.web.security.access import Access
from veritas.web.site import Site
from veritas.web.streams import Streams

__all__ = ["database", "postgresql", "sqlite"]

TOKEN = "the-token"
ORIGIN = "http://127.0.0.1:8000"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Connect = Callable[..., TestClient]


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with three audits; the tests only read it."""
    database = tmp_path_factory.mktemp("log") / "veritas.db"
    write_all(database)
    return database


@pytest.fixture
def reported() -> list[tuple[BaseException, str]]:
    """The unexpected errors that the server reported, each with its id."""
    return []


@pytest.fixture
def site(log: Path) -> Iterator[Site]:
    """A site that only reads."""
    with Archive.open(log, create=False) as archive:
        streams = Streams(archive)
        yield Site(archive=archive, streams=streams, access=Access(TOKEN, password=False, port=8000))
        streams.close()
        streams.join()


@pytest.fixture
def browser(site: Site, reported: list[tuple[BaseException, str]]) -> TestClient:
    """A client without a session."""
    app = make_app(site, hosts=Hosts("127.0.0.1"), report=lambda *error: reported.append(error))
    return TestClient(app, base_url=ORIGIN, follow_redirects=False)


@pytest.fixture
def client(browser: TestClient) -> TestClient:
    """A program with the token."""
    browser.headers.update(BEARER)
    return browser
