"""The comparison of two events of the same kind, field by field."""

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
from veritas.diff.volatile import (
    NUMBERS,
    ORDERS,
    cookie_without_value,
    is_cookie,
    is_page_text,
    without_numbers,
    without_volatile,
)

_HEADERS = "headers"
# The members that identify a list's item, if items are not equal: the first of these that an item has counts.
_IDENTIFYING = ("url", "id", "name", "test", "selector", "kind", "host", "page", "text")

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    Attributes:
        kind: `altered`, or for an item of a list `missing` or `reordered`.
        path: The field.
        before: Its value in the first event.
        after: Its value in the second.
        hidden: The rules that hide it; empty if it counts.
    """

    kind: str
    path: Path
    before: Any
    after: Any
    hidden: tuple[str, ...] = ()


class Fields:
    """The fields of the events with one name (`phase/step`), under some rules."""

    def __init__(self, event: str, rules: Rules) -> None:
        self.root = FieldMatcher(event, rules)

    def key(self, value: Mapping[str, Any]) -> bytes:
        """Return a key that is equal for two events if and only if nothing that certainly counts differs."""
        try:
            return _canonical(_comparable(value, self.root))
        except RecursionError:  # too deeply nested to be read field by field: compared as it is
            return _canonical(value)

    def differences(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[FieldDifference]:
        """Yield the differences between two events, including those that a rule hides."""
        try:
            yield from list(_compare_members(a, b, (), self.root))
        except RecursionError:  # as in `key`
            yield FieldDifference(ALTERED, (), a, b)


class FieldMatcher:
    """One field of the events with one name, or such an event as a whole: decides what of its values counts.

    Attributes:
        event: The events' name: `phase/step`.
        names: The field's path.
        hidden: The rule that hides the field; "" if it was not asked for, None if it counts.
        tolerance: By how much two numbers may differ.
        unordered: Whether the order of a list does not count.
        outside_only: Whether the field itself does not count, and at most a field within it does.
        children: The matchers of the fields within it that have been looked up.
        comparable_text: Returns the part of a text that is compared, and the kinds of volatile parts removed from it.
    """

    __slots__ = (
        "_rules",
        "children",
        "comparable_text",
        "event",
        "hidden",
        "names",
        "outside_only",
        "tolerance",
        "unordered",
    )

    def __init__(self, event: str, rules: Rules, names: Names = ()) -> None:
        self.event = event
        self.names = names
        self.hidden = rules.hides(event, names)
        self.tolerance = rules.tolerance(event, names)
        self.unordered = rules.is_unordered(event, names)
        self.outside_only = rules.outside_only(event, names)
        self.children: dict[str, FieldMatcher] = {}
        self.comparable_text = _text_filter(rules, event, names)
        self._rules = rules

    def field(self, name: str) -> FieldMatcher:
        """Return the matcher of the field with this name within it."""
        matcher = self.children.get(name)
        if matcher is None:
            matcher = self.children[name] = FieldMatcher(self.event, self._rules, (*self.names, name))
        return matcher

    def is_hidden(self, value: object) -> bool:
        """Return whether this value does not count; an object or a list counts if something within it may count."""
        container = isinstance(value, dict | list)
        if self.outside_only and not container:
            return True
        return self.hidden is not None and not (self._rules.tolerances and container)


def _compare(a: Any, b: Any, path: Path, matcher: FieldMatcher) -> Iterator[FieldDifference]:
    if _is_same(a, b):
        return
    if matcher.outside_only:
        a, b = _or_empty(a, b), _or_empty(b, a)
    if matcher.is_hidden(a) or matcher.is_hidden(b):
        if matcher.hidden and _canonical(a) != _canonical(b):
            yield FieldDifference(ALTERED, path, a, b, (matcher.hidden,))
        return
    a, b = _headers_by_name(a, matcher), _headers_by_name(b, matcher)
    match a, b:
        case dict(), dict():
            yield from _compare_members(a, b, path, matcher)
        case list(), list():
            yield from _compare_items(a, b, path, matcher)
        case _:
            yield from _compare_scalars(a, b, path, matcher)


def _compare_members(
    a: Mapping[str, Any], b: Mapping[str, Any], path: Path, matcher: FieldMatcher
) -> Iterator[FieldDifference]:
    for name in a if a.keys() == b.keys() else sorted({*a, *b}):
        yield from _compare(a.get(name, ABSENT), b.get(name, ABSENT), (*path, name), matcher.field(name))


def _compare_items(a: Sequence[Any], b: Sequence[Any], path: Path, matcher: FieldMatcher) -> Iterator[FieldDifference]:
    order_a, keys_a = _items(a, matcher)
    order_b, keys_b = _items(b, matcher)
    if matcher.unordered and keys_a == keys_b and order_a != order_b:
        yield FieldDifference(REORDERED, path, a, b, (ORDERS,))
    alignment = align(keys_a, keys_b)
    for i, j in sorted([*alignment.equal, *alignment.similar]):
        yield from _compare(a[order_a[i]], b[order_b[j]], (*path, Index(order_a[i], order_b[j])), matcher)
    for i, j in alignment.moved:
        at = (*path, Index(order_a[i], order_b[j]))
        if not matcher.outside_only:
            yield FieldDifference(REORDERED, at, a[order_a[i]], b[order_b[j]])
        yield from _compare(a[order_a[i]], b[order_b[j]], at, matcher)
    if matcher.outside_only:
        for i in alignment.only_a:
            yield from _compare(a[order_a[i]], ABSENT, (*path, Index(order_a[i], None)), matcher)
        for j in alignment.only_b:
            yield from _compare(ABSENT, b[order_b[j]], (*path, Index(None, order_b[j])), matcher)
        return
    for i in alignment.only_a:
        yield FieldDifference(MISSING, (*path, Index(order_a[i], None)), a[order_a[i]], ABSENT)
    for j in alignment.only_b:
        yield FieldDifference(MISSING, (*path, Index(None, order_b[j])), ABSENT, b[order_b[j]])


def _compare_scalars(a: Any, b: Any, path: Path, matcher: FieldMatcher) -> Iterator[FieldDifference]:
    if _is_same_number(a, b):
        return
    if matcher.tolerance is not None and matcher.tolerance.allows(a, b):
        yield FieldDifference(ALTERED, path, a, b, (str(matcher.tolerance),))
        return
    if isinstance(a, str) and isinstance(b, str):
        (plain_a, kinds_a), (plain_b, kinds_b) = matcher.comparable_text(a), matcher.comparable_text(b)
        if plain_a == plain_b:
            kinds = dict.fromkeys([*kinds_a, *kinds_b])
            if NUMBERS in kinds and without_volatile(a)[0] == without_volatile(b)[0]:
                del kinds[NUMBERS]  # the numbers are the same
            yield FieldDifference(ALTERED, path, a, b, tuple(kinds))
            return
    yield FieldDifference(ALTERED, path, a, b)


def _items(items: Sequence[Any], matcher: FieldMatcher) -> tuple[list[int], list[list[bytes]]]:
    """Return the order in which a list's items are compared, and their keys: the content, the identity, and nothing."""
    contents = [_canonical(_comparable(item, matcher)) for item in items]
    identities = [_canonical(_comparable(_identity(item), matcher)) for item in items]
    order = list(range(len(items)))
    if matcher.unordered:
        order.sort(key=lambda at: (identities[at], contents[at]))
    return order, [[contents[at] for at in order], [identities[at] for at in order], [b""] * len(order)]


def _comparable(value: Any, matcher: FieldMatcher) -> Any:
    """Return *value* without the fields that do not count, or that have a tolerance."""
    kind = type(value)
    if kind is str:
        return matcher.comparable_text(value)[0] if matcher.tolerance is None else None
    if kind is not dict and kind is not list:
        return value if matcher.tolerance is None else None
    value = _headers_by_name(value, matcher)
    if isinstance(value, list):
        items = [
            _comparable(item, matcher) for item in value if not matcher.outside_only or isinstance(item, dict | list)
        ]
        return sorted(items, key=_canonical) if matcher.unordered else items
    members = {}
    for name, item in value.items():
        member = matcher.children.get(name) or matcher.field(name)
        if (member.hidden is None and not member.outside_only) or not member.is_hidden(item):
            members[name] = _comparable(item, member)
    return members


def _or_empty(value: Any, other: Any) -> Any:
    """Return *value*, or if it is absent an empty value of the other's type."""
    return type(other)() if value is ABSENT and isinstance(other, dict | list) else value


def _headers_by_name(value: Any, matcher: FieldMatcher) -> Any:
    """Convert headers, which are recorded as pairs, to a mapping by name; return anything else as it is."""
    if not isinstance(value, list) or matcher.names[-1:] != (_HEADERS,):
        return value
    by_name: dict[str, Any] = {}
    for pair in value:
        match pair:
            case [str(name), str(header)]:
                by_name.setdefault(name.lower(), []).append(header)
            case _:
                return value
    return {name: headers[0] if len(headers) == 1 else headers for name, headers in by_name.items()}


def _identity(item: Any) -> Any:
    if not isinstance(item, dict):
        return None
    return next(([name, item[name]] for name in _IDENTIFYING if isinstance(item.get(name), str)), None)


def _is_same(a: Any, b: Any) -> bool:
    """Return whether two values are equal, with the same types throughout: `True` is not 1 here."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict | list):
        return bool(a == b) and _canonical(a) == _canonical(b)
    return bool(a == b)


def _is_same_number(a: Any, b: Any) -> bool:
    """Return whether two values are equal numbers: 1 and 1.0, but not 1 and true."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b))
    return numbers and bool(a == b)


def _canonical(value: Any) -> bytes:
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return json.dumps(value, sort_keys=True, default=repr).encode("utf-8", "backslashreplace")


def _text_filter(rules: Rules, event: str, names: Names) -> Callable[[str], tuple[str, list[str]]]:
    if not rules.defaults:
        return lambda text: (text, [])
    if is_page_text(event, names):
        return without_numbers
    return cookie_without_value if is_cookie(names) else without_volatile
