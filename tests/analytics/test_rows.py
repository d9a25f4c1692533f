"""A body becomes text that every reader of JSON accepts, and nothing else of it changes."""

from __future__ import annotations

import json

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from veritas.analytics.rows import _json_text

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
