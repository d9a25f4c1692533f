"""A body becomes text that every reader of JSON accepts, and nothing else of it changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.logs import moment
from tests.cli.logs import write_all
from tests.run_rows import run_rows
from veritas.analytics.rows import _json_text, month_of
from veritas.archive.archive import Archive

ANY_TEXT = st.text(st.characters() | st.sampled_from([*"\\ud", "\ud83d", "\ude00"]))
VALUES = st.recursive(ANY_TEXT | st.integers() | st.booleans() | st.none(), st.lists, max_leaves=5)


def without_lone_surrogates(value: object) -> object:
    """Return a JSON value with U+FFFD for each half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [without_lone_surrogates(item) for item in value] if isinstance(value, list) else value


@given(VALUES, st.booleans())
def test_only_a_lone_surrogate_is_replaced(value: object, ascii_only: bool) -> None:
    """Whether characters are escaped or not, and whatever backslashes are around them."""
    text = json.dumps([value])
    if not ascii_only:  # each character that UTF-8 has, as itself
        text = json.dumps([without_lone_surrogates(value)], ensure_ascii=False)
    read = json.loads(_json_text(text.encode("utf-8")))
    assert read == [without_lone_surrogates(value)]
    row = duckdb.execute("SELECT json_valid(?)", [_json_text(text.encode("utf-8"))]).fetchone()
    assert row == (True,)


@pytest.mark.parametrize(
    ("time", "month"),
    [
        ("2026-10-31 23:59:59.999999", "2026-10"),
        ("2026-11-01", "2026-11"),
        ("1938-04-24", "1938-04"),
        ("0033-04-03", "0033-04"),
        ("9999-12-30", "9999-12"),
    ],
)
def test_the_month_of_any_time_is_written_alike(tmp_path: Path, time: str, month: str) -> None:
    """Four digits and two, in UTC."""
    run = next(iter(run_rows(1)))._replace(started_at=moment(time))
    with Archive.open(tmp_path / "log.db") as archive:
        assert month_of(run, archive) == month


def test_a_run_without_the_time_of_its_request_is_in_the_month_of_its_first_event(tmp_path: Path) -> None:
    """So is one with a time that no calendar has."""
    write_all(tmp_path / "log.db")
    for unknown in (None, 1e18):
        run = next(iter(run_rows(1)))._replace(started_at=unknown, position=1)
        with Archive.open(tmp_path / "log.db") as archive:
            first = next(archive.log.read(limit=1)).recorded_at
            assert month_of(run, archive) == f"{datetime.fromtimestamp(first / 1e6, UTC):%Y-%m}"
