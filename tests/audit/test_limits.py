"""The limits of a visit are read from options, checked, and shown as people write them."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.limits import DEFAULT_LIMITS, Limits, limit_in_words, limit_reached
from veritas.errors import UsageError


def test_without_settings_the_limits_are_the_defaults() -> None:
    """Each default is in the range that a user may choose from."""
    assert Limits.parse([]) == DEFAULT_LIMITS
    for limit in fields(Limits):
        assert limit.metadata["least"] <= limit.default <= limit.metadata["most"]


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("frames=50", "frames", 50),
        ("bytes=100MB", "bytes", 100_000_000),
        ("bytes=2g", "bytes", 2_000_000_000),
        ("document=500KB", "document", 500_000),
        ("requests=10k", "requests", 10_000),
        ("bytes=100000B", "bytes", 100_000),
        ("dialogs=0", "dialogs", 0),
    ],
)
def test_a_setting_changes_one_limit(setting: str, name: str, value: int) -> None:
    """Units are powers of ten, in either case; bytes may have a B."""
    changed = Limits.parse([setting])
    assert getattr(changed, name) == value
    assert {**changed.as_dict(), name: None} == {**DEFAULT_LIMITS.as_dict(), name: None}


def test_the_last_setting_of_a_limit_counts() -> None:
    """As for other options of a command line."""
    assert Limits.parse(["frames=5", "dialogs=1", "frames=6"]).frames == 6


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("frame=5", "There is no limit 'frame'; the limits are bytes, document, requests, redirects, dialogs, "),
        ("time=5", "There is no limit 'time'"),
        ("downloads=5", "There is no limit 'downloads'"),
        ("", "There is no limit ''"),
        ("frames", "'frames' does not set a limit; write a whole number, such as frames=500."),
        ("frames=many", "'frames=many' does not set a limit"),
        ("frames=5MB", "'frames=5MB' does not set a limit"),
        ("frames=-1", "'frames=-1' does not set a limit"),
        ("bytes=1.5MB", "such as bytes=10MB"),
        ("redirects=21", "The limit 'redirects' cannot be '21'; give a number from 0 to 20."),
        ("height=99999999999999999", "does not set a limit"),
        ("bytes=1", "give a number from 100,000 to 100,000,000,000."),
    ],
)
def test_a_wrong_setting_is_refused(setting: str, message: str) -> None:
    """The error names the setting, and what can be set."""
    with pytest.raises(UsageError) as caught:
        Limits.parse([setting])
    assert message in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_gives_limits_or_a_usage_error(text: str) -> None:
    """Nothing else is raised."""
    for setting in (text, f"bytes={text}", f"frames={text}"):
        try:
            Limits.parse([setting])
        except UsageError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("bytes", 200_000_000, "200 MB"),
        ("bytes", 1_500, "1.5 KB"),
        ("document", 5_000_000, "5 MB for a document"),
        ("frames", 500, "500 frames"),
        ("console", 2_000, "2,000 lines of the console"),
        ("time", 20.0, "20 s"),
        ("downloads", 0, "0 downloads"),
    ],
)
def test_a_limit_is_written_in_words(name: str, limit: float, words: str) -> None:
    """With its unit."""
    assert limit_in_words(name, limit) == words
    assert limit_reached("http://a.test/", name, limit).sentence.startswith(
        f"'http://a.test/' reaches the limit of {words}. "
    )
