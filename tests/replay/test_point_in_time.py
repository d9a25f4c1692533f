"""A text is parsed as the point in time that it names, or refused with the forms that are valid."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.replay.points import TEXTS
from veritas.errors import InvalidPointInTime
from veritas.replay.point_in_time import PointInTime


@pytest.mark.parametrize(
    "text", ["17:", "101%", "-3%", "+", "+s", "+3", "+3x", "25:00", "12:03:60", "2025-13-01T00:00", "", " ", "/"]
)
def test_an_invalid_text_is_refused_with_the_valid_forms(text: str) -> None:
    with pytest.raises(InvalidPointInTime, match="give an event's number") as refused:
        PointInTime.parse(text)
    assert str(refused.value).startswith(("Invalid point in time " + repr(text), "Invalid time " + repr(text)))


@given(TEXTS)
def test_a_point_in_time_is_parsed_from_its_own_text(text: str) -> None:
    try:
        moment = PointInTime.parse(text)
    except InvalidPointInTime:
        return
    assert PointInTime.parse(str(moment)) == moment
