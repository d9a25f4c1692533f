"""The words of dark patterns, one module for each language; `controls` has the words of the controls around them."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.patterns.lexicon import english, french, german, italian, spanish
from veritas.audit.patterns.lexicon.rules import Rule, rules

# The rules of each language that is understood, by its ISO 639-1 code.
RULES: Mapping[str, tuple[Rule, ...]] = {
    code: rules(language.FORMS, language.CLASSES)
    for code, language in (("en", english), ("de", german), ("fr", french), ("es", spanish), ("it", italian))
}
