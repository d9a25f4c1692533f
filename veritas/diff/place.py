"""The fields of events, each with what the rules say of it, looked up once."""

from __future__ import annotations

from collections.abc import Callable

from veritas.diff.path import Names
from veritas.diff.rules import Rules
from veritas.diff.volatile import cookie_without_value, is_cookie, without_volatile


class Place:
    """One field of the events of one name, or such an event as a whole.

    Attributes:
        event: What the events are called: `phase/step`.
        names: The field's path.
        hidden: The rule that keeps it from counting; "" where nobody asked to see it, None where it counts.
        tolerance: How far two numbers may be apart.
        unordered: Whether the order of a list is an accident.
        within: The fields within it that were looked up.
        comparable: Makes of a text that stands there what is compared of it, and the kinds of what was volatile in it.
    """

    __slots__ = ("_rules", "comparable", "event", "hidden", "names", "tolerance", "unordered", "within")

    def __init__(self, event: str, rules: Rules, names: Names = ()) -> None:
        self.event = event
        self.names = names
        self.hidden = rules.hides(event, names)
        self.tolerance = rules.tolerance(event, names)
        self.unordered = rules.is_unordered(event, names)
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
        return self.hidden is not None and not (self._rules.tolerances and isinstance(value, dict | list))


def _reading(rules: Rules, names: Names) -> Callable[[str], tuple[str, list[str]]]:
    if not rules.defaults:
        return lambda text: (text, [])
    return cookie_without_value if is_cookie(names) else without_volatile
