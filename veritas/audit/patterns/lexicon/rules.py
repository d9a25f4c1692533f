"""What a rule is that tells a dark pattern by its words, and the word classes that rules are made of.

A rule is a regular expression over normalised text (`texts.normalise`: lower case, straight quotes, single spaces).
It says in one sentence what it recognises, so that a reader can judge why a text was flagged. Every gap in a pattern
is bounded, so that matching stays linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.taxonomy import Type

# Most dark patterns are notices of a few words; what is longer than this is prose, which only some rules may judge.
NOTICE_WORDS = 40
PROSE_WORDS = 1000

# In an order in which a class stands before those that it is made of.
_CLASSES = {
    # After a number: what is counted is a stock, not time, and not what "500 characters left" counts.
    "goods": r"(?! ?(?:<w> )?(?:<span>|characters?|chars|words|letters|attempts?|tries|steps?|points|credits|clicks?"
    r"|questions?|gb|mb|miles|calories|ingredients)\b)",
    # From the start: it tells what others did; a review tells what its writer did.
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
    """One way to recognise a dark pattern by its words.

    Attributes:
        name: A stable slug.
        type: What it is called in the literature.
        confidence: How sure it is that a text like this is a dark pattern where it stands on a page. A stock count
            is one anywhere; "customers also bought" often is none.
        reason: One sentence for people: what it recognises.
        pattern: The expression.
        max_words: It does not judge longer texts.
    """

    name: str
    type: Type
    confidence: float
    reason: str
    pattern: re.Pattern[str]
    max_words: int


def rule(name: str, type: Type, confidence: float, reason: str, *forms: str, max_words: int = NOTICE_WORDS) -> Rule:
    """Make a rule of *forms*, any of which is enough; `<num>` in a form stands for the word class of that name."""
    source = "|".join(forms)
    for word_class, meaning in _CLASSES.items():
        source = source.replace(f"<{word_class}>", meaning)
    return Rule(name, type, confidence, reason, re.compile(source), max_words)
