"""The parser of content security policies, which merges several policies into one.

Several policies are merged as the MDN HTTP Observatory does it. (Browsers enforce each policy separately.) If several
policies have a directive, the sources that they share are kept; a directive that only a later policy has becomes
'none'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote

NONE = "'none'"
MAX_POLICIES = 100

# One character less than the shortest directive, `img-src`.
_SHORTEST_POLICY = 6
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_ONLY_IN_HEADERS = frozenset({"frame-ancestors", "report-uri", "sandbox"})
_BROKEN_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")

# ASCII in the order of the Unicode Collation Algorithm's root collation. Sources are sorted by it, because only
# neighbouring sources are compared.
_COLLATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
_RANK = {ord(sign): chr(rank) for rank, sign in enumerate(_COLLATION)}


class InvalidPolicy(ValueError):
    """A policy that browsers may not read as its author meant."""


@dataclass(frozen=True)
class Policy:
    """The directives of one policy or of several merged ones.

    Attributes:
        directives: The sources of each directive, both in lower case. The caller may change the sets; a change to
            the set of `default-src` also applies to the directives that use it as their default.
        repeated: The directives that occur more than once in one policy; only reporting directives may.
    """

    directives: dict[str, set[str]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def get(self, *names: str) -> set[str]:
        """Return the sources of the first of *names* that the policy has, or `*` if it has none of them."""
        for name in names:
            if name in self.directives:
                return self.directives[name]
        return {"*"}


@dataclass
class _Source:
    """A source of a directive, the number of its policy, and whether to keep it."""

    text: str
    policy: int
    keep: bool


def split_policies(values: Iterable[str]) -> list[str]:
    """Return the policies in header values; a value may contain several (RFC 9110, section 5.3)."""
    return [policy.strip() for value in values for policy in value.split(",")]


def parse_policies(policies: Sequence[str]) -> Policy:
    """Parse *policies* and merge them into one.

    Raises:
        InvalidPolicy: A policy is empty, repeats a directive, or has a source with a broken escape; or there are more
            than `MAX_POLICIES`, which would take long to merge and cannot be intended.
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
                    raise InvalidPolicy(f"The directive {name!r} occurs twice in one policy.")
                repeated.add(name)
            seen.add(name)
            sources = [_Source(value, number, keep=number == 0) for value in values]
            if number:
                sources = [*merged.get(name, []), *sources]
            merged[name] = _merge(sources)
            if number == 0 and len(texts) > 1:
                for source in merged[name]:
                    source.keep = False  # from now on, a source is kept only if a later policy has it too
    return Policy(
        {name: {source.text for source in sources} or {NONE} for name, sources in merged.items()},
        frozenset(repeated),
    )


def parse_meta_policies(policies: Sequence[str]) -> Policy:
    """Parse and merge *policies* from meta elements, without the directives that are only allowed in headers.

    Raises:
        InvalidPolicy: As for `parse_policies`.
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
    """Return the sources to keep: those that two policies share, and those that no other source covers."""
    sources.sort(key=lambda source: source.text.translate(_RANK))
    for before, source in pairwise(sources):
        if source.policy == before.policy:
            if source.text.startswith(before.text):
                source.keep = False
        elif _covers(before.text, source.text):
            source.keep = True
    return [source for source in sources if source.keep]


def _covers(one: str, other: str) -> bool:
    """Return whether the source *one* equals *other* or is a directory that contains it."""
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
