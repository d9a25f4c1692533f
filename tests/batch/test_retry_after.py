"""A page that answers 429 or 503 says for how long its host is not visited, within bounds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from veritas.batch.retry_after import LONGEST, retry_after

NOW = 1_763_800_000.0  # 2025-11-22 08:26:40 UTC


def page(status: int, value: str | None, name: str = "Retry-After") -> dict[str, Any]:
    headers = [["Content-Type", "text/html"], *([[name, value]] if value is not None else [])]
    return {"type": "log_entry", "step": "page_loaded", "summary": {"status": status, "headers": headers}}


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "7", 7.0),
        (503, " 120 ", 120.0),
        (429, "0000000000007", 7.0),
        (429, "99999999999999999999", LONGEST),
        (429, "9" * 5_000, LONGEST),
        (429, "0", None),
        (503, "Sat, 22 Nov 2025 08:27:10 GMT", 30.0),
        (503, "Saturday, 22-Nov-25 08:27:10 GMT", 30.0),  # the two old forms of a date
        (503, "Sat Nov 22 08:27:10 2025", 30.0),
        (503, "Sat, 22 Nov 2025 08:27:10", 30.0),
        (503, "Sat, 22 Nov 2025 08:27:10 XYZ", 30.0),
        (503, "Sat, 22 Nov 2025 09:27:10 +0100", 30.0),
        (503, "Sat, 22 Nov 2025 08:27:10 +9999", None),
        (503, "Sat, 22 Nov 99999 08:27:10 GMT", None),
        (503, "Sat, 22 Nov 2025 08:00:00 GMT", None),
        (503, "Sun, 22 Nov 2026 08:00:00 GMT", LONGEST),
        (429, "soon", None),
        (429, "-5", None),
        (429, "٧", None),  # a digit, but not one of HTTP
        (429, None, None),
        (200, "7", None),
        (500, "7", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_seconds_that_a_page_asks_for(
    status: int, value: str | None, seconds: float | None, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A date is in GMT, whatever the zone of this machine."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert retry_after(page(status, value), now=NOW) == seconds
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_case_of_the_name_does_not_matter() -> None:
    assert retry_after(page(429, "7", "retry-after"), now=NOW) == 7.0


@pytest.mark.parametrize("message", [{}, {"step": "done"}, {"step": "page_loaded", "summary": {"status": 429}}])
def test_other_messages_ask_for_nothing(message: dict[str, Any]) -> None:
    assert retry_after(message) is None
