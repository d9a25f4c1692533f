"""What two events of the same kind say differently, field by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from veritas.diff.alignment import align
from veritas.diff.difference import ABSENT, ALTERED, MISSING, REORDERED
from veritas.diff.field_path import Index, Names, Path
from veritas.diff.rules import Rules
from veritas.diff.volatile import ORDERS, cookie_without_value, is_cookie, without_volatile


class Place:
    """One field of the events of one name, or such an event as a whole.

    Attributes:
        event: What the events are called: `phase/step`.
        names: The field's path.
        hidden: The rule that keeps it from counting; "" where nobody asked to see it, None where it counts.
        tolerance: How far two numbers may be apart.
        unordered: Whether the order of a list is an accident.
        only_within: Whether at most something within it counts, and it does not by itself.
        within: The fields within it that were looked up.
        comparable: Makes of a text that stands there what is compared of it, and the kinds of what was volatile in it.
    """

    __slots__ = ("_rules", "comparable", "event", "hidden", "names", "only_within", "tolerance", "unordered", "within")

    def __init__(self, event: str, rules: Rules, names: Names = ()) -> None:
        self.event = event
        self.names = names
        self.hidden = rules.hides(event, names)
        self.tolerance = rules.tolerance(event, names)
        self.unordered = rules.is_unordered(event, names)
        self.only_within = rules.only_within(event, names)
        self.within: dict[str, Place] = {}
        self.comparable = _reading(rules, names)
        self._rules = rules

    def field(self, name: str) -> Place:
        """Return the field of this name within it."""
        known = self.within.get(name)
        if known is None:
            known = self.within[name] = Place(self.event, self._rules, (*self.names, name))
        return known

    def is_hidden(self, value: object) -> bool:
        """Whether what stands here does not count; within an object or a list, something may be tolerated after all."""
        container = isinstance(value, dict | list)
        if self.only_within and not container:
            return True
        return self.hidden is not None and not (self._rules.tolerances and container)


def _reading(rules: Rules, names: Names) -> Callable[[str], tuple[str, list[str]]]:
    if not rules.defaults:
        return lambda text: (text, [])
    return cookie_without_value if is_cookie(names) else without_volatile


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
        self.whole = Place(event, rules)

    def key(self, value: Mapping[str, Any]) -> bytes:
        """Return what is the same for two events exactly where nothing that counts for certain differs."""
        try:
            return _canonical(_comparable(value, self.whole))
        except RecursionError:  # it is nested more deeply than can be followed, and is compared as it is
            return _canonical(value)

    def differences(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[FieldDifference]:
        """Yield what differs between two events, and what would if a rule did not hide it."""
        try:
            yield from list(_of_members(a, b, (), self.whole))
        except RecursionError:  # as above
            yield FieldDifference(ALTERED, (), a, b)


def _of(a: Any, b: Any, path: Path, place: Place) -> Iterator[FieldDifference]:
    if _is_same(a, b):
        return
    if place.only_within:
        a, b = _or_empty(a, b), _or_empty(b, a)
    if place.is_hidden(a) or place.is_hidden(b):
        if place.hidden and _canonical(a) != _canonical(b):
            yield FieldDifference(ALTERED, path, a, b, (place.hidden,))
        return
    a, b = _as_read(a, place), _as_read(b, place)
    match a, b:
        case dict(), dict():
            yield from _of_members(a, b, path, place)
        case list(), list():
            yield from _of_items(a, b, path, place)
        case _:
            yield from _of_values(a, b, path, place)


def _of_members(a: Mapping[str, Any], b: Mapping[str, Any], path: Path, place: Place) -> Iterator[FieldDifference]:
    for name in a if a.keys() == b.keys() else sorted({*a, *b}):
        yield from _of(a.get(name, ABSENT), b.get(name, ABSENT), (*path, name), place.field(name))


def _of_items(a: Sequence[Any], b: Sequence[Any], path: Path, place: Place) -> Iterator[FieldDifference]:
    order_a, keys_a = _items(a, place)
    order_b, keys_b = _items(b, place)
    if place.unordered and keys_a == keys_b and order_a != order_b:
        yield FieldDifference(REORDERED, path, a, b, (ORDERS,))
    found = align(keys_a, keys_b)
    for i, j in sorted([*found.equal, *found.similar]):
        yield from _of(a[order_a[i]], b[order_b[j]], (*path, Index(order_a[i], order_b[j])), place)
    for i, j in found.moved:
        at = (*path, Index(order_a[i], order_b[j]))
        if not place.only_within:
            yield FieldDifference(REORDERED, at, a[order_a[i]], b[order_b[j]])
        yield from _of(a[order_a[i]], b[order_b[j]], at, place)
    if place.only_within:
        for i in found.only_a:
            yield from _of(a[order_a[i]], ABSENT, (*path, Index(order_a[i], None)), place)
        for j in found.only_b:
            yield from _of(ABSENT, b[order_b[j]], (*path, Index(None, order_b[j])), place)
        return
    for i in found.only_a:
        yield FieldDifference(MISSING, (*path, Index(order_a[i], None)), a[order_a[i]], ABSENT)
    for j in found.only_b:
        yield FieldDifference(MISSING, (*path, Index(None, order_b[j])), ABSENT, b[order_b[j]])


def _of_values(a: Any, b: Any, path: Path, place: Place) -> Iterator[FieldDifference]:
    if _is_same_number(a, b):
        return
    if place.tolerance is not None and place.tolerance.allows(a, b):
        yield FieldDifference(ALTERED, path, a, b, (str(place.tolerance),))
        return
    if isinstance(a, str) and isinstance(b, str):
        (plain_a, kinds_a), (plain_b, kinds_b) = place.comparable(a), place.comparable(b)
        if plain_a == plain_b:
            yield FieldDifference(ALTERED, path, a, b, tuple(dict.fromkeys([*kinds_a, *kinds_b])))
            return
    yield FieldDifference(ALTERED, path, a, b)


def _items(items: Sequence[Any], place: Place) -> tuple[list[int], list[list[bytes]]]:
    """Return in which order a list's items are looked at, and their keys: what they are, who they are, and nothing."""
    exact = [_canonical(_comparable(item, place)) for item in items]
    who = [_canonical(_comparable(_identity(item), place)) for item in items]
    order = list(range(len(items)))
    if place.unordered:
        order.sort(key=lambda at: (who[at], exact[at]))
    return order, [[exact[at] for at in order], [who[at] for at in order], [b""] * len(order)]


def _comparable(value: Any, place: Place) -> Any:
    """Return *value* without what does not count, or counts only by how far it is apart."""
    kind = type(value)
    if kind is str:
        return place.comparable(value)[0] if place.tolerance is None else None
    if kind is not dict and kind is not list:
        return value if place.tolerance is None else None
    value = _as_read(value, place)
    if isinstance(value, list):
        items = [_comparable(item, place) for item in value if not place.only_within or isinstance(item, dict | list)]
        return sorted(items, key=_canonical) if place.unordered else items
    kept = {}
    for name, item in value.items():
        at = place.within.get(name) or place.field(name)
        if (at.hidden is None and not at.only_within) or not at.is_hidden(item):
            kept[name] = _comparable(item, at)
    return kept


def _or_empty(value: Any, other: Any) -> Any:
    """Return *value*, or where it is absent one of the other's kind that has nothing in it."""
    return type(other)() if value is ABSENT and isinstance(other, dict | list) else value


def _as_read(value: Any, place: Place) -> Any:
    """Return headers, which are recorded as pairs, by their names; anything else as it is."""
    if not isinstance(value, list) or place.names[-1:] != (_HEADERS,):
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
