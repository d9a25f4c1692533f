"""The values that are known to be secret, and their search in texts.

The search takes time that grows with the length of the text only, nearly: whether a text has a value at all is known
from a part of it that every spelling has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from veritas.secrets.spellings import base64_parts, core_of, pattern_of
from veritas.secrets.urls import MASK

_MASK = re.compile(r"(\[secret:[^\[\]\s]{0,60}\])")
_LONG, _BEGINNING = 64, 48  # characters
_ENDS = " \n\r\t\"'<>;&,"  # what ends a value in a text


@dataclass(frozen=True)
class KnownValue:
    """A value that is known to be secret.

    Attributes:
        name: Its name.
        value: The value.
        given: Whether the user gave it; then it is searched in base64 as well. Of a long value that a site sent, a text
            may have only the beginning, because it was cut.
    """

    name: str
    value: str
    given: bool

    @cached_property
    def encoded(self) -> list[str]:
        """Its base64 parts, if they are searched."""
        return base64_parts(self.value) if self.given else []

    @cached_property
    def cores(self) -> tuple[str, ...]:
        """The texts of which one is in every text that has the value."""
        return (core_of(self._searched), *self.encoded)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression for all its spellings."""
        rest = "" if self._searched == self.value else f"[^{''.join(set(_ENDS) - set(self.value))}]*"
        return re.compile("|".join([pattern_of(self._searched) + rest, *map(re.escape, self.encoded)]))

    @property
    def _searched(self) -> str:
        return self.value if self.given or len(self.value) <= _LONG else self.value[:_BEGINNING]

    def is_in(self, text: str) -> bool:
        """Return whether *text* may have the value."""
        return any(core in text for core in self.cores)

    def mask(self, text: str, replacement: Callable[[str, str], str]) -> str:
        """Return *text* with the value replaced, except in masks, whose words a value may have too."""
        mask = replacement(self.name, self.value)
        if MASK not in text:
            return self.pattern.sub(lambda match: mask, text)
        parts = _MASK.split(text)
        parts[::2] = [self.pattern.sub(lambda match: mask, part) for part in parts[::2]]
        return "".join(parts)
