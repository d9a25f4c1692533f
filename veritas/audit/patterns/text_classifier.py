"""Classify texts as dark patterns by their words alone."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from veritas.audit.patterns.lexicon import rules_of
from veritas.audit.patterns.lexicon.rules import RuleKind
from veritas.audit.patterns.taxonomy import PatternType

# Only a text's first characters are classified: notices are short, and this bounds the work on a hostile page.
MAX_LENGTH = 4000

_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "\u00ad": None, "\u200b": None})
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")


@dataclass(frozen=True)
class Classification:
    """The type of dark pattern that a text matches, and the words that matched.

    Attributes:
        type: Its names in the literature.
        confidence: The rule's confidence, 0-1.
        rule: The name of the rule that matched.
        reason: The sentence that describes what the rule recognises.
        words: The matching words, normalised.
    """

    type: PatternType
    confidence: float
    rule: str
    reason: str
    words: str

    @property
    def category(self) -> str:
        """Mathur's category: Urgency, Scarcity, Social Proof …"""
        return self.type.category


@lru_cache(maxsize=4096)  # several detectors read the texts of one page, in several states
def classify(text: str, language: str = "en") -> Classification | None:
    """Return the classification of *text*, or None if no rule of its language matches or the language has no rules."""
    plain = normalise(text)
    count = plain.count(" ") + 1
    best: tuple[RuleKind, str] | None = None
    for rule in rules_of(language):
        if count > rule.kind.max_words or (best and rule.kind.confidence <= best[0].confidence):
            continue
        match = rule.pattern.search(plain)
        if match:
            best = rule.kind, match.group().strip()
    if best is None:
        return None
    kind, matched = best
    return Classification(kind.type, kind.confidence, kind.name, kind.reason, matched)


def normalise(text: str) -> str:
    """Return *text* in lower case, with entities and escapes resolved, straight quotes and single spaces."""
    text = html.unescape(text[:MAX_LENGTH])
    text = _ESCAPES.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    return " ".join(text.split())
