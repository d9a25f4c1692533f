"""Tell from its words alone whether a text on a page is a dark pattern, and which."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from veritas.audit.patterns.lexicon import RULES
from veritas.audit.patterns.lexicon.rules import Rule
from veritas.audit.patterns.taxonomy import Type

# What follows a notice's first characters does not change what it claims; this bounds the work on a hostile page.
MAX_LENGTH = 4000

_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "\u00ad": None, "\u200b": None})
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")


@dataclass(frozen=True)
class Claim:
    """What a text was recognised as, and by which words.

    Attributes:
        type: Its names in the literature.
        confidence: 0-1, how sure the rule is.
        rule: The rule that recognised it.
        reason: What that rule recognises, in one sentence.
        words: The words that it matched, as normalised.
    """

    type: Type
    confidence: float
    rule: str
    reason: str
    words: str

    @property
    def category(self) -> str:
        """Mathur's category: Urgency, Scarcity, Social Proof …"""
        return self.type.category


def classify(text: str) -> Claim | None:
    """Return what kind of dark pattern *text* is, or None where its words are none's.

    Only English is known; a text in another language is None.
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
    return Claim(rule.type, rule.confidence, rule.name, rule.reason, matched)


def normalise(text: str) -> str:
    """Return *text* in lower case, with entities and escapes resolved, straight quotes and single spaces."""
    text = html.unescape(text[:MAX_LENGTH])
    text = _ESCAPES.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    return " ".join(text.split())
