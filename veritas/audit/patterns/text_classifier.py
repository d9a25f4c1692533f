"""Classify texts as dark patterns by their words alone."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from veritas.audit.patterns.lexicon import RULES
from veritas.audit.patterns.lexicon.rules import Rule
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


def classify(text: str) -> Classification | None:
    """Return the classification of *text*, or None if no rule matches.

    The rules know only English; a text in another language matches none.
    """
    plain = normalise(text)
    words = plain.count(" ") + 1
    best: tuple[Rule, str] | None = None
    for candidate in RULES:
        if words > candidate.max_words or (best and candidate.confidence <= best[0].confidence):
            continue
        match = candidate.pattern.search(plain)
        if match:
            best = candidate, match.group().strip()
    if best is None:
        return None
    rule, matched = best
    return Classification(rule.type, rule.confidence, rule.name, rule.reason, matched)


def normalise(text: str) -> str:
    """Return *text* in lower case, with entities and escapes resolved, straight quotes and single spaces."""
    text = html.unescape(text[:MAX_LENGTH])
    text = _ESCAPES.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    return " ".join(text.split())
