"""The fields of events, each with what the rules say of it, looked up once."""

from __future__ import annotations

from veritas.diff.path import Names
from veritas.diff.rules import Rules


class Place:
    """One field of the events of one name, or such an event as a whole.

    Attributes:
        event: What the events are called: `phase/step`.
        names: The field's path.
        hidden: The rule that keeps it from counting; "" where nobody asked to see it, None where it counts.
        tolerance: How far two numbers may be apart.
        unordered: Whether the order of a list is an accident.
        within: The fields within it that were looked up.
    """

    __slots__ = ("_rules", "event", "hidden", "names", "tolerance", "unordered", "within")

    def __init__(self, event: str, rules: Rules, names: Names = ()) -> None:
        self.event = event
        self.names = names
        self.hidden = rules.hides(event, names)
        self.tolerance = rules.tolerance(event, names)
        self.unordered = rules.is_unordered(event, names)
        self.within: dict[str, Place] = {}
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

    def comparable(self, text: str) -> tuple[str, list[str]]:
        """Return a text as it is compared, and the kinds of what was volatile in it."""
        return self._rules.comparable(text, self.names)
