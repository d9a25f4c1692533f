"""Content security policies: their directives, and what several of them come to together.

Several policies are merged as the MDN HTTP Observatory merges them, and not as browsers do, which ask each policy by
itself: of a directive that stands in several, the sources are kept that both have; one that stands only in a later
policy comes out as 'none'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote

NONE = "'none'"
MAX_POLICIES = 100

# One character less than the shortest directive there is, `img-src`.
_SHORTEST_POLICY = 6
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_ONLY_IN_HEADERS = frozenset({"frame-ancestors", "report-uri", "sandbox"})
_BROKEN_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")

# The order in which the Unicode Collation Algorithm's root collation puts ASCII: neighbours are what gets compared.
_COLLATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
_RANK = {ord(sign): chr(rank) for rank, sign in enumerate(_COLLATION)}


class InvalidPolicy(ValueError):
    """A policy that browsers may read otherwise than its author meant."""


@dataclass(frozen=True)
class Policy:
    """The directives of one or several policies: sources by directive, both in lower case.

    Attributes:
        directives: The sets may be changed, and stand for a missing directive's default as the same object.
        repeated: Directives that stand more than once in one policy, which only those for reporting may.
    """

    directives: dict[str, set[str]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def get(self, *names: str) -> set[str]:
        """Return the sources of the first of *names* that is there; `*` where none is."""
        for name in names:
            if name in self.directives:
                return self.directives[name]
        return {"*"}


@dataclass
class _Source:
    text: str
    policy: int
    keep: bool


def split_policies(values: Iterable[str]) -> list[str]:
    """Return the policies in header values, of which each may hold several (RFC 9110, section 5.3)."""
    return [policy.strip() for value in values for policy in value.split(",")]


def parse_policies(policies: Sequence[str]) -> Policy:
    """Return what *policies* come to together.

    Raises:
        InvalidPolicy: One is empty, repeats a directive, or has a source with a broken escape; or there are more than
            `MAX_POLICIES`, which takes long and nobody means.
    """
    if len(policies) > MAX_POLICIES:
        raise InvalidPolicy(f"There are {len(policies)} policies.")
    merged: dict[str, list[_Source]] = {}
    repeated: set[str] = set()
    texts = [re.sub("[\r\n]", "", policy).strip() for policy in policies]
    for text in texts:
        if len(text) < _SHORTEST_POLICY:
            raise InvalidPolicy(f"The policy {text!r} is too short to hold a directive.")
    for number, text in enumerate(texts):
        seen: set[str] = set()
        for name, values in _directives(text):
            if name in seen:
                if name not in _MAY_REPEAT:
                    raise InvalidPolicy(f"The directive {name!r} stands twice in one policy.")
                repeated.add(name)
            seen.add(name)
            sources = [_Source(value, number, keep=number == 0) for value in values]
            if number:
                sources = [*merged.get(name, []), *sources]
            merged[name] = _merge(sources)
            if number == 0 and len(texts) > 1:
                for source in merged[name]:
                    source.keep = False  # from here on a source stays only if a later policy has it too
    return Policy(
        {name: {source.text for source in sources} or {NONE} for name, sources in merged.items()},
        frozenset(repeated),
    )


def parse_meta_policies(policies: Sequence[str]) -> Policy:
    """Return what *policies* from meta elements come to, without the directives that only count in headers.

    Raises:
        InvalidPolicy: As `parse_policies`.
    """
    policy = parse_policies(policies)
    directives = {name: sources for name, sources in policy.directives.items() if name not in _ONLY_IN_HEADERS}
    return Policy(directives, policy.repeated)


def _directives(text: str) -> Iterable[tuple[str, list[str]]]:
    for entry in text.split(";"):
        words = entry.lower().split()
        if words:
            name, *values = words
            yield name, values or ([NONE] if name.endswith("-src") else [])


def _merge(sources: list[_Source]) -> list[_Source]:
    """Return the sources to keep: without those that another covers, and with those that two policies share."""
    sources.sort(key=lambda source: source.text.translate(_RANK))
    for before, source in pairwise(sources):
        if source.policy == before.policy:
            if source.text.startswith(before.text):
                source.keep = False
        elif _covers(before.text, source.text):
            source.keep = True
    return [source for source in sources if source.keep]


def _covers(one: str, other: str) -> bool:
    """Say whether *one* is *other*, or the directory that it lies in."""
    parts, other_parts = one.split("/"), other.split("/")
    if one.endswith("/"):
        parts.pop()
        if len(parts) >= len(other_parts):
            return False
    elif len(parts) != len(other_parts):
        return False
    return all(_unescape(part) == _unescape(other) for part, other in zip(parts, other_parts, strict=False))


def _unescape(part: str) -> str:
    if _BROKEN_ESCAPE.search(part):
        raise InvalidPolicy(f"The source part {part!r} has a broken escape.")
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidPolicy(f"The source part {part!r} is not UTF-8.") from error
