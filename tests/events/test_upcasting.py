"""A body of an older form is read as one of the current form, and stays what it is in the log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.events import upcasting
from veritas.events.upcasting import current_version, upcast


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[upcasting.Step]:
    """Two steps, as later versions may add them."""

    def rename(wire: dict[str, Any]) -> dict[str, Any]:
        wire["colour"] = wire.pop("color", None)
        return wire

    def nest(wire: dict[str, Any]) -> dict[str, Any]:
        return {"look": {"colour": wire["colour"]}}

    monkeypatch.setattr(upcasting, "STEPS", [rename, nest])
    return upcasting.STEPS


def test_a_body_goes_through_the_steps_from_its_own_version_on(steps: list[upcasting.Step]) -> None:
    assert current_version() == 3
    assert upcast({"color": "red"}, 1) == {"look": {"colour": "red"}}
    assert upcast({"colour": "red"}, 2) == {"look": {"colour": "red"}}
    assert upcast({"look": {"colour": "red"}}, 3) == {"look": {"colour": "red"}}


@given(st.integers(min_value=4))
def test_a_newer_body_is_read_as_it_is(version: int) -> None:
    assert upcast({"unheard": "of"}, version) == {"unheard": "of"}


def test_a_version_that_none_can_have_is_the_first(steps: list[upcasting.Step]) -> None:
    """Whoever altered the row is found by its hash; reading it breaks nothing."""
    assert upcast({"color": "red"}, -7) == upcast({"color": "red"}, 1)


def test_without_a_step_every_body_is_what_it_is() -> None:
    assert upcast({"color": "red"}, current_version()) == {"color": "red"}
