"""A log on PostgreSQL with a fleet, and a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import postgresql
from tests.fleet.site import Site, serving_hosts
from veritas.archive.archive import Archive
from veritas.events.recorded import RecordedEvent
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import FleetJob
from veritas.fleet.overview import list_jobs
from veritas.fleet.request import AuditRequest
from veritas.fleet.submission import Placement, submit
from veritas.recording.audit_options import AuditOptions

__all__ = ["postgresql"]

REQUEST = AuditRequest.of(AuditOptions(screenshots="none"), tier="quick_scan", tags=("nightly",), per_host=0.0)


@dataclass
class Fleet:
    """A fleet, as tests see it.

    Attributes:
        address: The log's address.
        archive: The log.
        tables: The fleet's tables.
    """

    address: str
    archive: Archive
    tables: FleetDatabase

    def submit(self, *urls: str, request: AuditRequest = REQUEST, placement: Placement | None = None) -> str:
        """Submit a batch, and return its id."""
        return submit(self.archive, self.tables, urls, request, placement or Placement(), name="test")

    def jobs(self, **choices: str) -> list[FleetJob]:
        """Return the jobs, in the order of their numbers."""
        return list_jobs(self.tables, **choices)[::-1]  # type: ignore[arg-type]

    def statuses(self) -> list[str]:
        """Return the jobs' statuses, in the order of their numbers."""
        return [job.status for job in self.jobs()]

    def events(self, run_id: str) -> list[RecordedEvent]:
        """Return a run's events."""
        return list(self.archive.events(run_id))


@pytest.fixture
def fleet(postgresql: str) -> Iterator[Fleet]:
    with Archive.open(postgresql) as archive, FleetDatabase.of(archive) as tables:
        tables.set_up()
        yield Fleet(postgresql, archive, tables)
        with tables.transaction() as connection:
            connection.execute(f'DROP SCHEMA "{tables.tables.schema}" CASCADE')


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_hosts() as site:
        yield site


@pytest.fixture
def sqlite_archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive
