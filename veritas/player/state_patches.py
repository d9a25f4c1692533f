"""Patches of a run's state: what each event changes in the JSON that `show --at` prints.

A patch of the whole state is an object with an operation for each member that changes. An operation is

    [value]             the member has this value now
    []                  the member is removed
    [units, text]       of a text: leave out so many UTF-16 units at its beginning, and append *text*
    {name: operation}   of an object, or of a list by index: these members change; a list only grows

The patches of the events 0 to n, applied in order to an empty object, give the state after event n. So the script that
shows a run needs no fold of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, is_
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RECORDER, LineRejected, OutputCaptured
from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import phase_label
from veritas.projections.state_json import field_values

Operation = list[Any] | dict[str, Any]

_LONG = 200  # characters of a text, below which the whole text is as short as the change
_OVERLAP = 40  # characters, by which the beginning of the later text is found in the earlier one
_MAX_DEPTH = 4  # levels of a state that are compared; a deeper value is one that a child emitted, and replaced whole

# How the members of a state are made that most events change. `state_json` makes all of them.
_VALUES: Mapping[str, Callable[[AuditState], Any]] = {
    **{
        name: attrgetter(name)
        for name in (
            *("status", "phase", "step", "pct", "detail", "rounds", "emitted", "rejected", "stderr_tail", "position"),
            *("pages", "limits", "findings", "screenshots", "severities", "verdict", "trust_score", "risk_level"),
        )
    },
    "label": lambda state: phase_label(state.phase),
    "events": lambda state: dict(sorted(state.observations.items())),
    "captured": lambda state: dict(state.captured),
}
_LISTS = ("pages", "limits", "findings", "screenshots")  # they grow, and their items stay as they are
_ALWAYS = ("events", "position")
_BY_CHILD = (*_ALWAYS, "status", "phase", "label", "step", "pct", "detail", "rounds", "emitted")
_BY_JUDGE = (*_BY_CHILD, "verdict", "trust_score", "risk_level")
_BY_RECORDER = {OutputCaptured.type: (*_ALWAYS, "captured", "stderr_tail"), LineRejected.type: (*_ALWAYS, "rejected")}


class StatePatches:
    """Yields the patch from each state of a run to the next."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}

    def next(self, state: AuditState, recorded: RecordedEvent | None = None) -> dict[str, Any]:
        """Return the patch from the state that was given last to *state*; at first, from an empty object.

        Args:
            state: The state.
            recorded: The only event that was applied to the state since then; None if that is not known. Only what the
                event can change is compared: to make the JSON of a whole state takes ten times as long.
        """
        names = None if recorded is None or not self._last else _changed_by(recorded)
        if recorded is None or names is None:
            values = state.as_dict()
            patch = _members(self._last, values, 0)
            self._last = {}
        else:
            values = {name: _VALUES[name](state) for name in names}
            if recorded.source != RECORDER:
                values["phases"] = self._phases(state, recorded.event.phase)
                grown = [name for name in _LISTS if len(_VALUES[name](state)) != len(self._last[name])]
                for name in (*grown, *(("severities",) if "findings" in grown else ())):
                    values[name] = _VALUES[name](state)
            operations = ((name, _operation(self._last[name], value, 0)) for name, value in values.items())
            patch = {name: operation for name, operation in operations if operation is not None}
        # The lists are the state's own, which change with it; their items do not.
        self._last.update((name, [*value] if type(value) is list else value) for name, value in values.items())
        return patch

    def _phases(self, state: AuditState, changed: str) -> list[dict[str, Any]]:
        """Return the JSON of the phases, of which only one has changed."""
        known = {phase["phase"]: phase for phase in self._last["phases"] if phase["phase"] != changed}
        return [known.get(phase.name) or field_values(phase.as_json()) for phase in state.ordered_phases()]


def _changed_by(recorded: RecordedEvent) -> Sequence[str] | None:
    """Return the members of a state that an event may change, without its phases and lists; None for any of them."""
    event = recorded.event
    if recorded.source == RECORDER:
        return _BY_RECORDER.get(event.type)
    if event.step == "error":  # it may be why the run failed
        return None
    return _BY_JUDGE if event.phase == "judge" else _BY_CHILD


def _members(before: Mapping[str, Any], after: Mapping[str, Any], depth: int) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for name, value in after.items():
        if name not in before:
            patch[name] = [value]
        elif (operation := _operation(before[name], value, depth)) is not None:
            patch[name] = operation
    for name in before:
        if name not in after:
            patch[name] = []
    return patch


def _operation(before: Any, after: Any, depth: int) -> Operation | None:
    """Return the operation that makes *after* of *before*; None if they are the same."""
    if before is after:
        return None
    kind = type(after)
    if type(before) is not kind:  # True is not 1, although Python finds them equal
        return [after]
    if kind is str:
        return None if before == after else _text_operation(before, after)
    if kind is not dict and kind is not list:
        return None if before == after else [after]
    if depth >= _MAX_DEPTH:
        return [after]
    if kind is dict:
        patch = _members(before, after, depth + 1)
        kept = [name for name in before if name in after]
        return [after] if [*after][: len(kept)] != kept else patch or None
    return _list_operation(before, after, depth + 1)


def _list_operation(before: Sequence[Any], after: Sequence[Any], depth: int) -> Operation | None:
    if len(after) < len(before):
        return [after]
    patch: dict[str, Any] = {}
    if not all(map(is_, before, after)):
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            if (operation := _operation(old, new, depth)) is not None:
                patch[str(index)] = operation
    patch.update((str(index), [after[index]]) for index in range(len(before), len(after)))
    return patch or None


def _text_operation(before: str, after: str) -> Operation:
    """Return the operation for a text; what a child writes to stderr grows at its end, and is cut at its beginning."""
    at = before.find(after[:_OVERLAP]) if len(before) >= _LONG <= len(after) else -1
    while at >= 0:
        if after.startswith(before[at:]):
            units = len(before[:at].encode("utf-16-le", "surrogatepass")) // 2
            return [units, after[len(before) - at :]]
        at = before.find(after[:_OVERLAP], at + 1)
    return [after]
