"""What changed between two states of a run, both as JSON values: one change a path, such as `verdict.trust_score`.

A state says some things twice (the score stands in the verdict and beside it, so that it is at hand); a change of them
is told once. Phases go by their name and what was found by its event, `phases.vision` and `findings.9`, for the same
item stands elsewhere in its list once another has come before it. Of an object that is new or gone its members are
told, as far as they say anything; of a list's item that is, and of anything deeper, all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What only repeats or counts something else that a state says.
_REPEATED = frozenset({"trust_score", "risk_level", "severities", "label", "position"})
_JUDGE = "judge"


@dataclass(frozen=True)
class Change:
    """One value that became another.

    Attributes:
        path: Where in the state it stands.
        before: What it was; None as well where it was not there.
        after: What it is; None as well where it is gone.
    """

    path: str
    before: Any
    after: Any


def diff_states(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the changes from one state to another, in the order in which states are told."""
    return list(_of_members("", _once(before), _once(after)))


def _once(state: Mapping[str, Any]) -> dict[str, Any]:
    phases = {phase["phase"]: _phase_once(phase) for phase in state["phases"]}
    return {name: phases if name == "phases" else value for name, value in state.items() if name not in _REPEATED}


def _phase_once(phase: Mapping[str, Any]) -> dict[str, Any]:
    repeated = {"phase", "label", "summary"} if phase["phase"] == _JUDGE else {"phase", "label"}
    return {
        name: value for name, value in phase.items() if name not in repeated
    }  # what the judge sums up, a verdict is


def _of_values(path: str, before: Any, after: Any) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            yield from _of_members(path, before, after)
        case list(), list():
            old, new = _items(before), _items(after)
            for name in dict.fromkeys([*old, *new]):
                if name in old and name in new:
                    yield from _of_values(f"{path}.{name}", old[name], new[name])
                else:
                    yield Change(f"{path}.{name}", old.get(name), new.get(name))
        case (dict(), None) | (None, dict()):
            for name in before or after:
                was, now = (before or {}).get(name), (after or {}).get(name)
                if not _says_nothing(was) or not _says_nothing(now):
                    yield Change(f"{path}.{name}", was, now)
        case _ if before != after:
            yield Change(path, before, after)


def _of_members(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        yield from _of_values(f"{path}.{name}" if path else name, before.get(name), after.get(name))


def _items(items: list[Any]) -> dict[str, Any]:
    """Return a list's items by the number of their event, or else by their place."""
    numbered = all(isinstance(item, dict) and "seq" in item for item in items)
    return {str(item["seq"] if numbered else place): item for place, item in enumerate(items)}


def _says_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})
