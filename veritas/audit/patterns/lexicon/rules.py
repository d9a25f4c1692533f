"""The Rule, which recognises a dark pattern by its words, and the word classes that rules consist of.

A rule is a regular expression for normalised text (`text_classifier.normalise`: lower case, straight quotes, single
spaces). Its reason states in one sentence what it recognises, so that a reader can check why a text was flagged. Every
gap in a pattern is bounded, so that matching stays linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.taxonomy import PatternType

# Most dark patterns are notices of a few words; longer texts are prose, to which only some rules apply.
NOTICE_WORDS = 40
PROSE_WORDS = 1000

# A class precedes the classes that it contains.
_CLASSES = {
    # After a number: the thing that is counted is stock, not time, nor characters as in "500 characters left".
    "goods": r"(?! ?(?:<w> )?(?:<span>|characters?|chars|words|letters|attempts?|tries|steps?|points|credits|clicks?"
    r"|questions?|gb|mb|miles|calories|ingredients)\b)",
    # From the start of a text about other people: a review is about its writer.
    "others": r"^(?!.{0,300}\b(?:i|i've|i'd|we've|my|me)\b)",
    "w": r"[^\s!?;|]{1,24}",
    "count": r"(?<![\d.,:$€£])\d[\d.,]{0,9}(?:k|m)?\+?",
    "many": r"(?:one|two|three|dozens|hundreds|thousands|lots|loads|tons)(?: of)?(?: other)?",
    "num": r"(?:\d[\d.,]{0,9}k?\+?|an?|one|two|three|four|five|six|seven|eight|nine|ten|a dozen|several|a few|few"
    r"|a couple(?: of)?|a handful(?: of)?|limited)",
    "people": r"(?:people|persons?|customers?|shoppers?|users?|visitors?|others?|buyers?|fans|guests?|travell?ers?"
    r"|members?|viewers?|students?|women|men|ladies|babes?|friends|parents|collectors?|folks|clients?)",
    "bought": r"(?:bought|purchased|ordered|booked|claimed|grabbed|snagged|rented|reserved|subscribed|signed up"
    r"|enrolled|checked out|picked up|started buying)",
    "looked": r"(?:view(?:ed|ing|s)?|look(?:ed|ing)?|watch(?:ed|ing)|brows(?:ed|ing)|eyeing|eyeballing|considering"
    r"|check(?:ed|ing) (?:this|it|out)|visit(?:ed|ing)|interested|shopping|active|online|buying|purchasing"
    r"|booking|adding|added)",
    "bag": r"(?:carts?|bags?|baskets?|trolleys?|wish ?-?lists?|favou?rites|watch ?-?lists?)",
    "span": r"(?:secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?|months?|years?)",
    "offer": r"(?:sale|offer|deal|promo|promotion|discount|price|savings?|coupon|code|event|special|bargain|voucher"
    r"|shipping|delivery|clearance|bonus|gift|pricing)s?",
    "channel": r"(?:call(?:ing)?|phon(?:e|ing)|telephon(?:e|ing)|contact(?:ing)?|e-?mail(?:ing)?|writ(?:e|ing)"
    r"|letter|fax|live chat|speak(?:ing)?|notify(?:ing)?|reach(?:ing)? out)",
    "wish": r"(?:wish|want|like|prefer|care)",
    "signup": r"(?:sign(?:ing)? ?up|register(?:ing)?|creat(?:e|ing) (?:an |your )?account|log(?:ging)? ?in"
    r"|sign(?:ing)? ?in)",
}


@dataclass(frozen=True)
class Rule:
    """A rule that recognises a type of dark pattern by its words.

    Attributes:
        name: A stable slug.
        type: Its names in the literature.
        confidence: How likely a matching text is a dark pattern, 0-1. A stock count is one almost anywhere; "customers
            also bought" often is not.
        reason: One sentence for people that states what the rule recognises.
        pattern: The regular expression.
        max_words: The number of words of the longest text that the rule applies to.
    """

    name: str
    type: PatternType
    confidence: float
    reason: str
    pattern: re.Pattern[str]
    max_words: int


def rule(
    name: str, type: PatternType, confidence: float, reason: str, *forms: str, max_words: int = NOTICE_WORDS
) -> Rule:
    """Return a rule that matches any of *forms*, in which `<num>` is replaced by the word class of that name."""
    source = "|".join(forms)
    for word_class, meaning in _CLASSES.items():
        source = source.replace(f"<{word_class}>", meaning)
    return Rule(name, type, confidence, reason, re.compile(source), max_words)
