"""The words of controls and of what is around them, one module for each language.

The words of one name are searched in all languages together, because a label is too short to tell its language. So a
word must not mean something else in another of the languages; a test has the pairs that once did.
"""

from __future__ import annotations

import re
from functools import cache

from veritas.audit.patterns.lexicon.controls import english, french, german, italian, spanish

_LANGUAGES = {"en": english, "de": german, "fr": french, "es": spanish, "it": italian}


@cache
def words(name: str, language: str | None = None) -> re.Pattern[str]:
    """Return a pattern for the words that have this name, in one language or, by default, in all."""
    chosen = [_LANGUAGES[language]] if language else _LANGUAGES.values()
    return re.compile("|".join(module.WORDS[name] for module in chosen))
