"""What takes the room in a log is told by kind, by month and by host, and a long log is sampled."""

from __future__ import annotations

import pytest

from store import log_size
from store.log import EventLog
from tests.cli.logs import failed_run, write
from tests.projections.recordings import AUDIT, whole_run
from tests.store.making import PNG, record, records
from veritas.archive.archive import Archive
from veritas.projections.run_summary import runs_of

LONG = b'{"detail":"%s"}' % (b"What a page says. " * 100)


def test_the_kinds_add_up_to_the_whole(log: EventLog) -> None:
    """A screenshot counts once, however many events have it, and a body as it is stored."""
    log.append([record(1, artifact=PNG), record(2, artifact=PNG), record(3, LONG)])
    size = log.sizes()
    assert size.screenshots == len(PNG.data)
    assert 0 < size.bodies < len(LONG)
    parts = size.screenshots + size.attachments + size.bodies + size.rows + size.runs + size.tree + (size.free or 0)
    assert parts == size.total > 0
    assert (size.events, size.read) == (3, 3)


def test_months_and_hosts_are_told(log: EventLog) -> None:
    """The largest host is first."""
    archive = Archive(log)
    for run in (whole_run(), whole_run(run_id=f"{AUDIT}.2"), failed_run()):
        write(archive, run)
    runs_of(log).rows()
    size = log.sizes()
    assert {host.host: host.audits for host in size.hosts} == {"shop.test": 1, "hostile.test": 1}
    assert size.hosts[0].host == "shop.test" and size.hosts[0].bytes > size.hosts[1].bytes > 0
    assert size.audits == 2 and size.audit > 0
    assert len(size.months) == 1


def test_a_stream_without_an_audit_is_not_an_audit(log: EventLog) -> None:
    """The streams of batches take room, and count as no audit."""
    archive = Archive(log)
    write(archive, whole_run())
    log.append([record(1, LONG, run_id="btch_0123456789abcdef")])
    runs_of(log).rows()
    size = log.sizes()
    assert size.audits == 1
    assert {host.host: host.audits for host in size.hosts} == {"shop.test": 1, None: 0}


def test_a_long_log_is_estimated_from_a_sample(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of events stand for all of them."""
    log.append(records(1, 1000))
    whole = log.sizes()
    for name, value in (("_MOST_READ", 500), ("_BLOCKS", 10), ("_BLOCK", 10)):
        monkeypatch.setattr(log_size, name, value)
    sampled = log.sizes()
    assert sampled.read == 100
    assert abs(sampled.bodies - whole.bodies) < whole.bodies / 10


def test_an_empty_log_has_a_size(log: EventLog) -> None:
    """Nothing is divided by zero."""
    size = log.sizes()
    assert (size.events, size.audits, size.hosts, size.months) == (0, 0, [], {})
    assert size.total > 0
