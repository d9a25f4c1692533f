"""What two events of the same kind say differently, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from veritas.diff.alignment import align
from veritas.diff.difference import ABSENT, ALTERED, MISSING, REORDERED
from veritas.diff.path import Index, Names, Path
from veritas.diff.rules import Rules, Treatment

_HEADERS = "headers"
# By which a list's items are told apart where they are not equal: the first of these members that an item has.
_IDENTIFYING = ("url", "id", "name", "test", "selector", "kind", "host", "page", "text")

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    Attributes:
        kind: `altered`, `missing` (an item of a list) or `reordered` (likewise).
        path: Which field.
        before: What the first has there.
        after: What the second has.
        hidden: The rules that keep it from counting; none where it counts.
    """

    kind: str
    path: Path
    before: Any
    after: Any
    hidden: tuple[str, ...] = ()


class Fields:
    """The fields of events that are called *event* (`phase/step`), under some rules."""

    def __init__(self, event: str, rules: Rules) -> None:
        self._event = event
        self._rules = rules

    def key(self, value: Mapping[str, Any]) -> bytes:
        """Return what is the same for two events exactly where nothing that counts for certain differs."""
        return _canonical(self._comparable(value, ()))

    def differences(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[FieldDifference]:
        """Yield what differs between two events, and what would if a rule did not hide it."""
        yield from self._of_members(a, b, (), ())

    def _of(self, a: Any, b: Any, path: Path, names: Names) -> Iterator[FieldDifference]:
        if _is_same(a, b):
            return
        treatment = self._rules.treatment(self._event, names)
        containers = isinstance(a, dict | list) and isinstance(b, dict | list)
        if treatment.hidden is not None and not (containers and self._rules.tolerances):
            if treatment.hidden and _canonical(a) != _canonical(b):
                yield FieldDifference(ALTERED, path, a, b, (treatment.hidden,))
            return
        a, b = _as_read(names, a), _as_read(names, b)
        match a, b:
            case dict(), dict():
                yield from self._of_members(a, b, path, names)
            case list(), list():
                yield from self._of_items(a, b, path, names, unordered=treatment.unordered)
            case _:
                yield from self._of_values(a, b, path, names)

    def _of_members(
        self, a: Mapping[str, Any], b: Mapping[str, Any], path: Path, names: Names
    ) -> Iterator[FieldDifference]:
        for name in a if a.keys() == b.keys() else sorted({*a, *b}):
            yield from self._of(a.get(name, ABSENT), b.get(name, ABSENT), (*path, name), (*names, name))

    def _of_items(
        self, a: Sequence[Any], b: Sequence[Any], path: Path, names: Names, *, unordered: bool
    ) -> Iterator[FieldDifference]:
        order_a, keys_a = self._items(a, names, unordered=unordered)
        order_b, keys_b = self._items(b, names, unordered=unordered)
        if unordered and keys_a == keys_b and order_a != order_b:
            yield FieldDifference(REORDERED, path, a, b, ("orders that are an accident",))
        found = align(keys_a, keys_b)
        for i, j in sorted([*found.equal, *found.similar]):
            place = Index(order_a[i], order_b[j])
            yield from self._of(a[order_a[i]], b[order_b[j]], (*path, place), names)
        for i, j in found.moved:
            item_a, item_b = a[order_a[i]], b[order_b[j]]
            yield FieldDifference(REORDERED, (*path, Index(order_a[i], order_b[j])), item_a, item_b)
        for i in found.only_a:
            yield FieldDifference(MISSING, (*path, Index(order_a[i], None)), a[order_a[i]], ABSENT)
        for j in found.only_b:
            yield FieldDifference(MISSING, (*path, Index(None, order_b[j])), ABSENT, b[order_b[j]])

    def _of_values(self, a: Any, b: Any, path: Path, names: Names) -> Iterator[FieldDifference]:
        if _is_same_number(a, b):
            return
        tolerance = self._rules.treatment(self._event, names).tolerance
        if tolerance is not None and tolerance.allows(a, b):
            yield FieldDifference(ALTERED, path, a, b, (str(tolerance),))
            return
        if isinstance(a, str) and isinstance(b, str):
            plain_a, kinds_a = self._rules.comparable(a, names)
            plain_b, kinds_b = self._rules.comparable(b, names)
            if plain_a == plain_b:
                yield FieldDifference(ALTERED, path, a, b, tuple(dict.fromkeys([*kinds_a, *kinds_b])))
                return
        yield FieldDifference(ALTERED, path, a, b)

    def _items(self, items: Sequence[Any], names: Names, *, unordered: bool) -> tuple[list[int], list[list[bytes]]]:
        """Return in which order the items are looked at, and their keys: what they are, who they are, and nothing."""
        exact = [_canonical(self._comparable(item, names)) for item in items]
        who = [_canonical(self._comparable(_identity(item), names)) for item in items]
        order = list(range(len(items)))
        if unordered:
            order.sort(key=lambda place: (who[place], exact[place]))
        kinds = [[exact[place] for place in order], [who[place] for place in order], [b""] * len(order)]
        return order, kinds

    def _comparable(self, value: Any, names: Names) -> Any:
        """Return *value* without what does not count, or counts only by how far it is apart."""
        treatment = self._rules.treatment(self._event, names) if names else Treatment()
        if not (isinstance(value, dict | list) and self._rules.tolerances):  # within one, something may be tolerated
            if treatment.hidden is not None:
                return ABSENT
            if treatment.tolerance is not None:
                return None
        value = _as_read(names, value)
        if isinstance(value, dict):
            members = ((name, self._comparable(item, (*names, name))) for name, item in value.items())
            return {name: item for name, item in members if item is not ABSENT}
        if isinstance(value, list):
            items = [self._comparable(item, names) for item in value]
            return sorted(items, key=_canonical) if treatment.unordered else items
        if isinstance(value, str):
            return self._rules.comparable(value, names)[0]
        return value


def _as_read(names: Names, value: Any) -> Any:
    """Return headers, which are recorded as pairs, by their names; anything else as it is."""
    if not names or names[-1] != _HEADERS or not isinstance(value, list):
        return value
    by_name: dict[str, Any] = {}
    for pair in value:
        match pair:
            case [str(name), str(said)]:
                by_name.setdefault(name.lower(), []).append(said)
            case _:
                return value
    return {name: said[0] if len(said) == 1 else said for name, said in by_name.items()}


def _identity(item: Any) -> Any:
    if not isinstance(item, dict):
        return None
    return next(([name, item[name]] for name in _IDENTIFYING if isinstance(item.get(name), str)), None)


def _is_same(a: Any, b: Any) -> bool:
    """Whether two values are equal, and of the same types throughout: `True` is not 1 here."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict | list):
        return bool(a == b) and _canonical(a) == _canonical(b)
    return bool(a == b)


def _is_same_number(a: Any, b: Any) -> bool:
    """Whether two are numbers of the same value: 1 and 1.0, but not 1 and true."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b))
    return numbers and bool(a == b)


def _canonical(value: Any) -> bytes:
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return json.dumps(value, sort_keys=True, default=repr).encode("utf-8", "backslashreplace")
