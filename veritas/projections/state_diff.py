"""The difference between two states of a run, both as JSON values: one change per path, such as `verdict.trust_score`.

Some values occur twice in a state (the score is in the verdict, and again at the top for convenience); a change of such
a value is reported once. A phase's path has its name, and an item's the number of its event, as in `phases.vision` and
`findings.9`, because the index of an item changes when another is inserted before it. If an object is added or removed,
each of its members that is not empty is a change; an added or removed item of a list, or a deeper value, is one change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

# The fields that only repeat or count others.
_REPEATED = frozenset({"trust_score", "risk_level", "severities", "label", "position"})
_JUDGE = "judge"


class Change(msgspec.Struct, frozen=True):
    """One value that became another.

    Attributes:
        path: Its path in the state.
        before: The value before; None also if there was none.
        after: The value after; None also if it was removed.
    """

    path: str
    before: Any
    after: Any


def diff_states(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the changes from one state to another, in the order of the state's fields."""
    return list(_member_changes("", _without_repetition(before), _without_repetition(after)))


def _without_repetition(state: Mapping[str, Any]) -> dict[str, Any]:
    phases = {phase["phase"]: _phase_without_repetition(phase) for phase in state["phases"]}
    return {name: phases if name == "phases" else value for name, value in state.items() if name not in _REPEATED}


def _phase_without_repetition(phase: Mapping[str, Any]) -> dict[str, Any]:
    repeated = {"phase", "label"}
    if phase["phase"] == _JUDGE:
        repeated.add("summary")  # it is the state's verdict
    return {name: value for name, value in phase.items() if name not in repeated}


def _value_changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            yield from _member_changes(path, before, after)
        case list(), list():
            old, new = _items(before), _items(after)
            for name in dict.fromkeys([*old, *new]):
                if name in old and name in new:
                    yield from _value_changes(f"{path}.{name}", old[name], new[name])
                else:
                    yield Change(f"{path}.{name}", old.get(name), new.get(name))
        case (dict(), None) | (None, dict()):
            for name in before or after:
                was, now = (before or {}).get(name), (after or {}).get(name)
                if not _is_empty(was) or not _is_empty(now):
                    yield Change(f"{path}.{name}", was, now)
        case _ if before != after:
            yield Change(path, before, after)


def _member_changes(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        yield from _value_changes(f"{path}.{name}" if path else name, before.get(name), after.get(name))


def _items(items: list[Any]) -> dict[str, Any]:
    """Return a list's items by the number of their event, or by their index if they do not all have one."""
    numbered = all(isinstance(item, dict) and "seq" in item for item in items)
    return {str(item["seq"] if numbered else index): item for index, item in enumerate(items)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
