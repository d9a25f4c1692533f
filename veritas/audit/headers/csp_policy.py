"""The parser of content security policies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

NONE = "'none'"
MAX_POLICIES = 100

# One character less than the shortest directive, `img-src`.
_SHORTEST_POLICY = 6
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_ONLY_IN_HEADERS = frozenset({"frame-ancestors", "report-uri", "sandbox"})


class InvalidPolicy(ValueError):
    """A policy that browsers may not read as its author meant."""


@dataclass(frozen=True)
class Policy:
    """The directives of one policy.

    Attributes:
        directives: The sources of each directive, both in lower case.
        repeated: The directives that occur more than once; only reporting directives may.
    """

    directives: dict[str, frozenset[str]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def get(self, *names: str) -> frozenset[str] | None:
        """Return the sources of the first of *names* that the policy has, or None if it has none of them."""
        return next((self.directives[name] for name in names if name in self.directives), None)

    def in_meta(self) -> Policy:
        """Return the policy without the directives that browsers ignore in a meta element."""
        directives = {name: sources for name, sources in self.directives.items() if name not in _ONLY_IN_HEADERS}
        return Policy(directives, self.repeated)


def split_policies(values: Iterable[str]) -> list[str]:
    """Return the policies in header values; a value may contain several (RFC 9110, section 5.3)."""
    return [policy.strip() for value in values for policy in value.split(",")]


def parse_policy(text: str) -> Policy:
    """Parse one policy.

    Raises:
        InvalidPolicy: It is too short to hold a directive, or repeats one.
    """
    text = re.sub("[\r\n]", "", text).strip()
    if len(text) < _SHORTEST_POLICY:
        raise InvalidPolicy(f"The policy {text!r} is too short to hold a directive.")
    directives: dict[str, frozenset[str]] = {}
    repeated: set[str] = set()
    for entry in text.split(";"):
        name, *sources = entry.lower().split() or [""]
        if name in directives:
            if name not in _MAY_REPEAT:
                raise InvalidPolicy(f"The directive {name!r} occurs twice in one policy.")
            repeated.add(name)
        if name:
            directives[name] = frozenset(sources) or frozenset({NONE})
    return Policy(directives, frozenset(repeated))
