"""What could not be examined, grouped for people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projections.recordings import INCONCLUSIVE, VERDICT
from veritas.projections.unexamined import Gap, unexamined


def test_equal_things_on_several_pages_are_one() -> None:
    """Their counts are added."""
    assert unexamined(INCONCLUSIVE) == [
        Gap("texts", "They are in 'et'.", "meta", 7, ("http://shop.test/", "http://shop.test/2")),
        Gap("the page", "It is blank.", "", 1, ("http://shop.test/2",)),
    ]


@pytest.mark.parametrize("verdict", [None, VERDICT, {"not_examined": 5}, {"not_examined": [None, 5, {"why": "x"}]}])
def test_a_verdict_that_does_not_say_has_none(verdict: dict[str, Any] | None) -> None:
    """An old verdict, and one of another program."""
    assert unexamined(verdict) == []


@pytest.mark.parametrize("count", [None, "4", -3, 0, True, 1e308, 10**400])
def test_an_odd_count_counts(count: object) -> None:
    """At least once, whatever another program wrote."""
    (gap,) = unexamined({"not_examined": [{"what": "texts", "count": count}]})
    assert gap.count >= 1 and gap.urls == ("",)
