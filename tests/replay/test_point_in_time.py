"""What people write is the moment that they mean, or is refused with all that it could have been."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.replay.points import TEXTS
from veritas.errors import InvalidPointInTime
from veritas.replay.point_in_time import PointInTime


@pytest.mark.parametrize(
    "text", ["17:", "101%", "-3%", "+", "+s", "+3", "+3x", "25:00", "12:03:60", "2025-13-01T00:00", "", " ", "/"]
)
def test_what_is_no_moment_is_refused_with_all_that_would_be_one(text: str) -> None:
    with pytest.raises(InvalidPointInTime, match="give an event's number") as refused:
        PointInTime.parse(text)
    assert str(refused.value).startswith(("Invalid moment " + repr(text), "Invalid time " + repr(text)))


@given(TEXTS)
def test_a_moment_reads_as_it_was_written_or_is_refused(text: str) -> None:
    try:
        moment = PointInTime.parse(text)
    except InvalidPointInTime:
        return
    assert PointInTime.parse(str(moment)) == moment
