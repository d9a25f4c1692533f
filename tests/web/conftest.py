"""A site on a log with three audits, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cli.logs import write_all
from tests.databases import database, postgresql, sqlite
from veritas.archive.archive import Archive
from veritas.server_hosts import Hosts
from veritas.web.actions import Actions
from veritas.web.app import make_app
from veritas.web.bundles import Bundles
from veritas.web.security.access import Access
from veritas.web.site import Site
from veritas.web.streams import Streams
from veritas.web.verifications import Verifications

__all__ = ["database", "postgresql", "sqlite"]

TOKEN = "the-token"
ORIGIN = "http://127.0.0.1:8000"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Connect = Callable[..., TestClient]


def make_site(
    archive: Archive,
    *,
    streams: Streams | None = None,
    access: Access | None = None,
    actions: Actions | None = None,
    trusted: Callable[[], Collection[bytes]] = tuple,
    report: Callable[[BaseException], object] = lambda error: None,
) -> Site:
    """Return a site on a log, which only reads if there are no *actions*."""
    return Site(
        archive=archive,
        streams=streams or Streams(archive),
        access=access or Access(TOKEN, password=False, port=8000),
        verifications=Verifications(archive, trusted=trusted, report=report),
        bundles=Bundles(archive),
        actions=actions,
    )


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
        yield make_site(archive, streams=streams)
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
