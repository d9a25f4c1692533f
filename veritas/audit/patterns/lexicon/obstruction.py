"""Obstruction: cancelling is harder than subscribing."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import PROSE_WORDS, Rule, rule
from veritas.audit.patterns.taxonomy import HARD_TO_CANCEL

RULES: tuple[Rule, ...] = (
    rule(
        "cancel-subscription-by-contact",
        HARD_TO_CANCEL,
        0.85,
        "It lets subscribers leave only by calling, writing or waiting for an answer.",
        r"^(?=.{0,3500}\b(?:subscri\w+|member\w*|recurring|auto\w*|trial|club|vip|billing|autoship|smartship"
        r"|plan)\b)(?:.{0,3500}\b)?(?:cancel\w*|unsubscribe|terminate|end your)\b.{0,200}\b(?:by|us|via|must"
        r"|should|can|please|need to|have to|to|at) (?:<w> ){0,6}?<channel>\b",
        r"^(?=.{0,3500}\b(?:subscri\w+|member\w*|recurring|auto\w*|trial|club|vip|billing"
        r"|plan)\b)(?:.{0,3500}\b)?cancel\w*\b.{0,160}(?:\b1?[-. (]{0,2}8\d\d[-.) ]{1,2}\w{3}[-. ]?\w{4}"
        r"|@[a-z0-9-]{2,30}\.[a-z]{2,})",
        r"\b(?:pause|skip|change|cancel),? (?:or )?(?:cancel|pause|change|skip)\b.{0,200}\b(?:e-?mail|call"
        r"|contact)\b",
        max_words=PROSE_WORDS,
    ),
    rule(
        "cancel-by-contact",
        HARD_TO_CANCEL,
        0.5,
        "It asks to call or write in order to cancel.",
        r"\b(?:cancel\w*|unsubscribe|terminate)\b.{0,120}\b(?:by|must|should|please|need to"
        r"|have to) (?:<w> ){0,3}?<channel>\b",
        r"\b(?:e-?mail|call|contact|phone|write to)\b.{0,60}\b(?:to|and) (?:<w> ){0,3}?(?:cancel|unsubscribe"
        r"|terminate)",
        max_words=PROSE_WORDS,
    ),
)
