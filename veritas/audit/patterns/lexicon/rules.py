"""The Rule, which recognises a dark pattern by its words, and the kinds of rules that each language writes.

A rule is a regular expression for normalised text (`text_classifier.normalise`: lower case, straight quotes, single
spaces). Its reason states in one sentence what it recognises, so that a reader can check why a text was flagged. Every
gap in a pattern is bounded, so that matching stays linear in the length of the text.

A language's module has `CLASSES`, the word classes that its rules consist of, and `FORMS`, the patterns of each kind of
rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from veritas.audit.patterns.taxonomy import (
    ACTIVITY_MESSAGE,
    CONFIRMSHAMING,
    COUNTDOWN_TIMER,
    FORCED_ENROLLMENT,
    HARD_TO_CANCEL,
    HIDDEN_COSTS,
    HIDDEN_SUBSCRIPTION,
    HIGH_DEMAND,
    LIMITED_TIME,
    LOW_STOCK,
    PRESSURED_SELLING,
    SNEAK_INTO_BASKET,
    TRICK_QUESTIONS,
    PatternType,
)

Forms = Mapping[str, tuple[str, ...]]

# Most dark patterns are notices of a few words; longer texts are prose, to which only some rules apply.
NOTICE_WORDS = 40
PROSE_WORDS = 1000


@dataclass(frozen=True)
class RuleKind:
    """What the rules of one name recognise, in every language.

    Attributes:
        name: A stable slug.
        type: Its names in the literature.
        confidence: How likely a matching text is a dark pattern, 0-1. A stock count is one almost anywhere; "customers
            also bought" often is not.
        reason: One sentence for people that states what the rule recognises.
        max_words: The number of words of the longest text that the rule applies to.
    """

    name: str
    type: PatternType
    confidence: float
    reason: str
    max_words: int = NOTICE_WORDS


@dataclass(frozen=True)
class Rule:
    """A rule that recognises a type of dark pattern by its words in one language."""

    kind: RuleKind
    pattern: re.Pattern[str]


# If two matching rules have the same confidence, the first wins.
KINDS = (
    RuleKind("stock-count", LOW_STOCK, 0.9, "It states that only a few are left."),
    RuleKind("low-stock", LOW_STOCK, 0.85, "It states that the stock is low or about to run out."),
    RuleKind("high-demand", HIGH_DEMAND, 0.85, "It states that the demand is high or that the product sells fast."),
    RuleKind("stock-told", LOW_STOCK, 0.5, "It states how many are in stock, or that the stock is limited."),
    RuleKind(
        "crowd-count",
        ACTIVITY_MESSAGE,
        0.9,
        "It states how many people look at it, have it in their cart or bought it.",
    ),
    RuleKind("somebody-bought", ACTIVITY_MESSAGE, 0.9, "It states that another person bought or viewed a product."),
    RuleKind("countdown", COUNTDOWN_TIMER, 0.9, "It shows a timer that counts down."),
    RuleKind("limited-time", LIMITED_TIME, 0.8, "It urges people to hurry without naming a deadline."),
    RuleKind(
        "shaming-decline",
        CONFIRMSHAMING,
        0.9,
        "It words the refusal so that people who refuse speak ill of themselves.",
    ),
    RuleKind("first-person-decline", CONFIRMSHAMING, 0.5, "It words the refusal in the first person."),
    RuleKind(
        "opt-out-question",
        TRICK_QUESTIONS,
        0.85,
        "It asks for a tick in order not to get something, or words the choice as a negation.",
        max_words=160,
    ),
    RuleKind("protect-it", PRESSURED_SELLING, 0.5, "It presses to add protection or insurance.", max_words=80),
    RuleKind(
        "more-to-buy",
        PRESSURED_SELLING,
        0.4,
        "It presses to buy more or dearer things than the one chosen.",
        max_words=60,
    ),
    RuleKind(
        "cancel-subscription-by-contact",
        HARD_TO_CANCEL,
        0.85,
        "It lets subscribers leave only by calling, writing or waiting for an answer.",
        max_words=PROSE_WORDS,
    ),
    RuleKind(
        "cancel-by-contact",
        HARD_TO_CANCEL,
        0.5,
        "It asks to call or write in order to cancel.",
        max_words=PROSE_WORDS,
    ),
    RuleKind(
        "consent-bundled",
        FORCED_ENROLLMENT,
        0.8,
        "It combines consent to marketing with the acceptance of something else.",
        max_words=200,
    ),
    RuleKind("account-demanded", FORCED_ENROLLMENT, 0.5, "It demands an account or an address before going on."),
    RuleKind(
        "extra-added",
        SNEAK_INTO_BASKET,
        0.7,
        "It states that something was added to the order that the buyer did not ask for.",
    ),
    RuleKind(
        "fee-at-the-end",
        HIDDEN_COSTS,
        0.6,
        "It adds a fee for handling or service to the price.",
        max_words=PROSE_WORDS,
    ),
    RuleKind(
        "recurring-charge",
        HIDDEN_SUBSCRIPTION,
        0.6,
        "It turns a purchase or a trial into a recurring charge.",
        max_words=PROSE_WORDS,
    ),
)


def rules(forms: Forms, classes: Mapping[str, str]) -> tuple[Rule, ...]:
    """Return the rules of one language.

    Args:
        forms: The patterns of each kind; `<num>` in one is replaced by the word class of that name.
        classes: The word classes. A class precedes the classes that it contains.
    """
    return tuple(Rule(kind, _compile(forms[kind.name], classes)) for kind in KINDS if kind.name in forms)


def _compile(forms: tuple[str, ...], classes: Mapping[str, str]) -> re.Pattern[str]:
    source = "|".join(forms)
    for word_class, meaning in classes.items():
        source = source.replace(f"<{word_class}>", meaning)
    return re.compile(source)
