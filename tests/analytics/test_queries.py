"""The queries that the page of the documentation shows have the answers that a count by hand has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.analytics.logs import write_months, write_redacted
from tests.docs.blocks import DOCS
from veritas.analytics.export import export_tables
from veritas.archive.archive import Archive

QUERIES = re.findall(r"^```sql\n(.*?)^```$", (DOCS / "analytics.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with the tables of five audits, and of one with a redacted event."""
    directory = tmp_path_factory.mktemp("exported")
    with Archive.open(directory / "log.db") as archive:
        write_months(archive)
        write_redacted(archive)
        export_tables(archive, directory / "tables", since=None, force=False)
    return directory


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        pytest.param(0, [("2026-10", 2, 0, 72.5, 1), ("2026-11", 4, 2, 50.0, 2)], id="verdicts by month"),
        pytest.param(1, [("fake_urgency", 2, 3, 0.95), ("preselected_extra", 1, 1, 0.95)], id="patterns by host"),
        pytest.param(
            2,
            [("http://b.test/", 2, 800.0), ("http://c.test/", 2, 250.0), ("http://a.test/", 1, 100.0)],
            id="slow pages",
        ),
    ],
)
def test_a_documented_query_has_this_answer(
    exported: Path, monkeypatch: pytest.MonkeyPatch, number: int, answer: list[tuple[Any, ...]]
) -> None:
    monkeypatch.chdir(exported)
    with duckdb.connect() as connection:
        assert connection.sql(QUERIES[number]).fetchall() == answer


def test_three_queries_are_documented() -> None:
    """So that none is left out above."""
    assert len(QUERIES) == 3
