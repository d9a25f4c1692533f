"""The words of dark patterns, one module for each language; `controls` has the words of the controls around them."""

from __future__ import annotations

from functools import cache

from veritas.audit.patterns.lexicon import english, french, german, italian, spanish
from veritas.audit.patterns.lexicon.rules import Rule, rules

_MODULES = {"en": english, "de": german, "fr": french, "es": spanish, "it": italian}

# The languages that are understood, by their ISO 639-1 codes.
LANGUAGES = frozenset(_MODULES)


@cache  # most pages are in one language, so the rules of the others need not be compiled
def rules_of(language: str) -> tuple[Rule, ...]:
    """Return the rules of a language; none if it is not understood."""
    module = _MODULES.get(language)
    return rules(module.FORMS, module.CLASSES) if module else ()
