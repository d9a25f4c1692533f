"""A body of an older version is read as one of the current version, and does not change in the log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.events import upcasting
from veritas.events.fallback import FALLBACK_KINDS
from veritas.events.recorder_events import RECORDER
from veritas.events.upcasting import Step, current_version, is_current, upcast

QUEUE = "queue"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[upcasting.Step]:
    """Install two steps, such as later versions may add."""

    def rename(wire: dict[str, Any]) -> dict[str, Any]:
        wire["colour"] = wire.pop("color", None)
        return wire

    def nest(wire: dict[str, Any]) -> dict[str, Any]:
        return {"look": {"colour": wire["colour"]}}

    monkeypatch.setattr(upcasting, "STEPS", [Step(rename), Step(nest)])
    return upcasting.STEPS


def test_a_body_goes_through_the_steps_from_its_own_version_on(steps: list[upcasting.Step]) -> None:
    assert current_version() == 3
    assert upcast({"color": "red"}, 1, QUEUE) == {"look": {"colour": "red"}}
    assert upcast({"colour": "red"}, 2, QUEUE) == {"look": {"colour": "red"}}
    assert upcast({"look": {"colour": "red"}}, 3, QUEUE) == {"look": {"colour": "red"}}


@given(st.integers(min_value=4))
def test_a_newer_body_is_read_as_it_is(version: int) -> None:
    assert upcast({"unheard": "of"}, version, QUEUE) == {"unheard": "of"}


def test_an_impossible_version_is_read_as_the_first(steps: list[upcasting.Step]) -> None:
    """Such a row was altered, which its hash shows; reading it must not fail."""
    assert upcast({"color": "red"}, -7, QUEUE) == upcast({"color": "red"}, 1, QUEUE)


def test_a_body_of_the_current_version_is_not_changed() -> None:
    assert upcast({"color": "red"}, current_version(), QUEUE) == {"color": "red"}


def test_a_step_for_one_type_leaves_other_types_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of another type is current whatever its version, so that it is not read to be upcast."""
    monkeypatch.setattr(upcasting, "STEPS", [Step(lambda wire: wire | {"seen": True}, ("finding", "progress"))])
    assert upcast({"type": "finding"}, 1, QUEUE) == {"type": "finding", "seen": True}
    assert upcast({}, 1, QUEUE) == {"seen": True}  # an event without a type is progress
    assert upcast({"type": "other"}, 1, QUEUE) == {"type": "other"}
    assert upcast({"type": ["a list"]}, 1, QUEUE) == {"type": ["a list"]}
    assert [is_current("finding", version, QUEUE) for version in (0, 1, 2, 3)] == [False, False, True, True]
    assert is_current("other", 1, QUEUE)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("The event queue cannot be created: the socket's path is too long.", "not_created"),
        ("The child was given no queue.", "not_given"),
        ("AUDIT_QUEUE_KEY is not a key in hex; the parent has to set it.", "not_given"),
        ("The event queue at '/tmp/q' cannot be reached: [Errno 2] No such file or directory.", "not_reached"),
        ("The event queue at '/tmp/q' cannot be reached: digest sent was rejected.", "refused"),
        ("The event queue at '/tmp/q' cannot be reached: digest received was wrong.", "refused"),
        ('the queue broke: TimeoutError("the queue\'s manager does not answer")', "stalled"),
        ("the queue broke: EOFError()", "broke"),
        ("the queue took and confirmed nothing for 40 s", "stalled"),
        ("the cable was pulled", "other"),
        (["a list"], "other"),
        (None, "other"),
    ],
)
def test_a_fallback_of_version_1_gets_the_kind_that_its_cause_describes(cause: object, kind: str) -> None:
    wire = {"type": "ipc_fell_back", "cause": cause}
    assert upcast(dict(wire), 1, RECORDER) == wire | {"kind": kind}
    assert kind in FALLBACK_KINDS


def test_a_fallback_that_has_a_kind_keeps_it() -> None:
    wire = {"type": "ipc_fell_back", "cause": "the queue broke", "kind": "stalled"}
    assert upcast(dict(wire), 1, RECORDER) == upcast(dict(wire), 2, RECORDER) == wire


def test_what_a_child_emitted_is_read_as_it_came() -> None:
    """A child may use the recorder's words: nothing is added to its events."""
    wire = {"type": "ipc_fell_back", "cause": "the queue broke", "mine": 1}
    assert upcast(dict(wire), 1, QUEUE) == wire
    assert is_current("ipc_fell_back", 1, QUEUE)
    assert not is_current("ipc_fell_back", 1, RECORDER)
