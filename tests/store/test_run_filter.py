"""A filter of the read model gives the same runs on every backend, and pages of them are parts of one list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.log import EventLog, RunFilter, RunOrder, RunReadModel, RunRow, UrlFilter
from store.read_model.run_filter import ORDERS
from store.read_model.run_table import RunTable
from tests.cli.logs import failed_run, write
from tests.databases import postgresql_schema
from tests.projections.recordings import Recording, requested, whole_run
from tests.run_rows import EVERY, KINDS, START, TAGS, fill, run_rows
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.projections.run_summary import runs_of
from veritas.projections.url_key import url_filter

RUNS = 150
ROWS = list(run_rows(RUNS))
TIMES = st.sampled_from([None, START, START + 40 * EVERY, START + 100.5 * EVERY])
URLS = st.sampled_from(
    [*(each.url or "" for each in ROWS[:5]), "shop7.example", "SHOP8.example:8443", "shop9.example/cart", "x.test", "["]
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunReadModel]:
    if request.param == "sqlite":
        with EventLog.open(tmp_path_factory.mktemp("filter") / "log.db") as log:
            fill(log, RUNS)
            yield runs_of(log)
    else:
        with postgresql_schema() as address, EventLog.open(address) as log:
            fill(log, RUNS)
            yield runs_of(log)


def is_of(row: RunRow, url: str) -> bool:
    """Return whether a run is of a page or a host, by the rules of `latest:URL`."""
    if url == "[":
        return False
    here, wanted = urlsplit(row.url or ""), urlsplit(url if "://" in url else f"//{url}")
    if not wanted.scheme and wanted.path in ("", "/"):
        return here.hostname == wanted.hostname and wanted.port in (None, here.port)
    same_page = (here.netloc, here.path, here.query) == (wanted.netloc.lower(), wanted.path or "/", wanted.query)
    return same_page and wanted.scheme in ("", here.scheme)


def matches(row: RunRow, wanted: RunFilter, url: str | None) -> bool:
    """Return whether a run has the properties of a filter, computed in another way than the database does."""
    status = "abandoned" if row.position in wanted.orphans else row.status
    return (
        (not wanted.statuses or status in wanted.statuses)
        and (url is None or is_of(row, url))
        and set(wanted.tags) <= set(json.loads(row.tags or "[]"))
        and set(wanted.kinds) <= set(json.loads(row.kinds or "{}"))
        and (not wanted.risks or row.risk_level in wanted.risks)
        and (not wanted.batches or row.batch in wanted.batches)
        and (not wanted.unended or row.status == "running")
        and row.position > wanted.after
        and (wanted.since is None or (row.started_at or 0) >= wanted.since)
        and (wanted.until is None or (row.started_at or 0) < wanted.until)
    )


filters = st.builds(
    RunFilter,
    statuses=st.lists(st.sampled_from(["completed", "failed", "running", "abandoned"]), max_size=2).map(tuple),
    orphans=st.sampled_from([(), tuple(row.position for row in ROWS if row.status == "running")]),
    unended=st.sampled_from([False, False, False, True]),
    tags=st.lists(st.sampled_from([*TAGS, "e", "EU"]), max_size=2).map(tuple),
    kinds=st.lists(st.sampled_from([*KINDS, "countdown", "Hidden_cost"]), max_size=2).map(tuple),
    risks=st.lists(st.sampled_from(["suspicious", "trusted"]), max_size=2).map(tuple),
    batches=st.sampled_from([(), (), (f"btch_{3:016x}",)]),
    after=st.sampled_from([0, 0, ROWS[RUNS // 3].position]),
    since=TIMES,
    until=TIMES,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filters, st.none() | URLS, st.sampled_from([*ORDERS]), st.booleans(), st.integers(1, 60))
def test_pages_of_a_filtered_list_are_parts_of_the_runs_that_match(
    model: RunReadModel, wanted: RunFilter, url: str | None, by: str, descending: bool, limit: int
) -> None:
    """No run is on two pages or on none, and the count is that of all pages."""
    wanted = wanted._replace(url=None if url is None else url_filter(url))
    order = RunOrder(by, descending)
    listed: list[RunRow] = []
    while page := model.rows(wanted, order=order, limit=limit, offset=len(listed)):
        listed += page
    assert sorted(listed) == sorted(row for row in ROWS if matches(row, wanted, url))
    assert listed == model.rows(wanted, order=order)
    assert model.count(wanted) == len(listed)


def test_a_kind_is_not_found_in_a_part_of_another(database: str) -> None:
    """A recorded program may name a kind as it likes."""
    with EventLog.open(database) as log:
        fill(log, 3)
        kinds = ('{"x\\"b":1}', '{"a":1,"b":2}', '{"b":1,"c":2}')
        with log._database.writing() as cursor:
            rows = [row._replace(kinds=each) for row, each in zip(run_rows(3), kinds, strict=True)]
            RunTable(log._database).upsert(cursor, rows)
        found = {kind: len(runs_of(log).rows(RunFilter(kinds=(kind,)))) for kind in ("a", "b", "c", 'x"b', "x")}
    assert found == {"a": 1, "b": 2, "c": 1, 'x"b': 1, "x": 0}


@pytest.mark.parametrize(
    ("url", "found"), [("[::1]", 3), ("[::1]:8000", 1), ("[::1]/cart", 1), ("http://[::1]/", 1), ("127.0.0.1", 0)]
)
def test_an_ipv6_address_is_a_host_like_any_other(sqlite: str, url: str, found: int) -> None:
    with Archive.open(sqlite) as archive:
        for number, page in enumerate(("http://[::1]/", "http://[::1]:8000/", "https://[::1]/cart")):
            run = Recording(f"vrts_{number:016x}.1")
            run.recorder(requested(audit_id=run.run_id[:-2], url=page))
            write(archive, run)
        assert len(list_runs(archive, RunFilter(url=url_filter(url)))) == found


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("by", ["score", "findings", "duration"])
def test_runs_without_a_value_are_last_in_either_direction(model: RunReadModel, by: str, descending: bool) -> None:
    rows = model.rows(order=RunOrder(by, descending))
    values = [
        row.trust_score
        if by == "score"
        else row.findings
        if by == "findings"
        else None
        if row.origin == "ingest" or row.finished_at is None
        else row.finished_at - (row.started_at or 0)
        for row in rows
    ]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known == sorted(known, reverse=descending)


def test_runs_are_sorted_by_host_alike_on_every_backend(model: RunReadModel) -> None:
    """PostgreSQL's own order of words differs from SQLite's."""
    pages = [(row.host, row.page) for row in model.rows(order=RunOrder("url", descending=False))]
    assert pages == sorted(pages)


def test_a_page_of_a_host_takes_an_index(model: RunReadModel) -> None:
    """So does the newest run of a batch, and the list of what has not ended."""
    if model._database.backend != "sqlite":
        pytest.skip("PostgreSQL decides by the size of the table")
    for condition, index in (
        ("host = 'x' ORDER BY position DESC", "ix_run_host_position"),
        ("batch = 'x' ORDER BY position DESC", "ix_run_batch_position"),
        ("status IN ('requested', 'running') ORDER BY position DESC", "ix_run_unended"),
    ):
        plan = model._database.row(f"EXPLAIN QUERY PLAN SELECT * FROM run WHERE audit_id <> '' AND {condition}")
        assert index in str(plan)


def test_a_log_that_cannot_be_written_is_filtered_alike(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are computed in memory if the table is behind, and then the same statement filters them."""
    with Archive.open(sqlite) as archive:
        write(archive, whole_run())
        write(archive, failed_run())
        wanted = [RunFilter(), RunFilter(statuses=("failed",)), RunFilter(url=UrlFilter(host="shop.test"))]
        expected = [list_runs(archive, each) for each in wanted]
        with archive.log._database.writing() as cursor:
            cursor.execute("UPDATE read_model SET position = 1")
            cursor.execute("DELETE FROM run")
        refusal = archive.log._database._refusal()  # type: ignore[attr-defined]

        def refuse() -> None:
            raise refusal

        monkeypatch.setattr(archive.log._database, "writing", refuse)
        assert [list_runs(archive, each) for each in wanted] == expected
        assert [len(rows) for rows in expected] == [2, 1, 1]
