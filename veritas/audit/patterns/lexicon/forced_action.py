"""Forced action: people get one thing only together with another."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import Rule, rule
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT

RULES: tuple[Rule, ...] = (
    rule(
        "consent-bundled",
        FORCED_ENROLLMENT,
        0.8,
        "It combines consent to marketing with the acceptance of something else.",
        r"\b(?:agree|accept|consent)\b.{0,140}\b(?:terms|conditions|program\w*"
        r"|policy)\b.{0,140}\b(?:receiv\w+|be sent|subscri\w+|opt(?:ing)?[- ]in)\b.{0,60}\b(?:offers?"
        r"|promotion\w*|e-?mails?|marketing|newsletters?|updates|communications?)\b",
        r"\bby (?:<signup>|purchasing|ordering|placing|checking out"
        r"|continuing)\b.{0,60}\byou (?:<w> ){0,2}?(?:agree|consent) to (?:receive|be sent|get)\b",
        max_words=200,
    ),
    rule(
        "account-demanded",
        FORCED_ENROLLMENT,
        0.5,
        "It demands an account or an address before going on.",
        r"\b(?:<signup>|enter your e-?mail|join) to (?:continue|view|see|access|unlock|read|proceed|shop"
        r"|checkout|reveal)\b",
        r"\byou (?:must|need to|have to) (?:first )?(?:be (?:logged|signed) in|<signup>)\b",
    ),
)
