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

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

from veritas.projections.audit_state import AuditState

Operation = list[Any] | dict[str, Any]

_LONG = 200  # characters of a text, below which the whole text is as short as the change
_OVERLAP = 40  # characters, by which the beginning of the later text is found in the earlier one
_MAX_DEPTH = 4  # levels of a state that are compared; a deeper value is one that a child emitted, and replaced whole


class StatePatches:
    """Yields the patch from each state of a run to the next."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}

    def next(self, state: AuditState) -> dict[str, Any]:
        """Return the patch from the state that was given last to *state*; at first, from an empty object."""
        values = state.as_dict()
        patch = _members(self._last, values, 0)
        # The lists are the state's own, which change with it; their items do not.
        self._last = {name: [*value] if type(value) is list else value for name, value in values.items()}
        return patch


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
