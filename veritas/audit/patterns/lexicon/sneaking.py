"""Sneaking: extras, fees and recurring charges that the buyer did not ask for."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import PROSE_WORDS, Rule, rule
from veritas.audit.patterns.taxonomy import HIDDEN_COSTS, HIDDEN_SUBSCRIPTION, SNEAK_INTO_BASKET

RULES: tuple[Rule, ...] = (
    rule(
        "extra-added",
        SNEAK_INTO_BASKET,
        0.7,
        "It states that something was added to the order that the buyer did not ask for.",
        r"\b(?:insurance|protection|warranty|donation|care plan)(?: plan)? (?:has been |is |was |already )?added\b",
        r"\bremove (?:<w> ){0,2}?(?:insurance|protection|warranty|donation)\b",
        r"\bwe(?:'ve| have) (?:automatically |already )?added\b|\bautomatically added\b"
        r"|\balready added to your (?:cart|bag|basket|order)\b",
    ),
    rule(
        "fee-at-the-end",
        HIDDEN_COSTS,
        0.6,
        "It adds a fee for handling or service to the price.",
        r"\b(?:care (?:&|and) handling|handling fee|service fee|convenience fee|processing fee|booking fee"
        r"|admin\w* fee|resort fee|service charge|handling)s? ?:? ?[$€£]\d",
        r"\b(?:exit|early exit|activation) fees? (?:of|applies|apply|may)\b",
        max_words=PROSE_WORDS,
    ),
    rule(
        "recurring-charge",
        HIDDEN_SUBSCRIPTION,
        0.5,
        "It turns a purchase or a trial into a recurring charge.",
        r"\b(?:automatically|auto)[- ]?renew\w*\b|\brenews? automatically\b|\brecurring (?:billing|charge"
        r"|payment|subscription)\b",
        r"\bfree trial\b.{0,120}\b(?:then|unless|until you cancel|charged|billed)\b",
        r"\b(?:will be|are|be) (?:automatically )?(?:charged|billed|enrolled)\b.{0,60}\b(?:month|monthly|year"
        r"|annual\w*|every|each)\b",
        r"\bjoin (?:today )?for (?:just|only) [$€£]\d.{0,20}\b(?:first|trial)\b",
        max_words=PROSE_WORDS,
    ),
)
