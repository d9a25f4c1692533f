"""Scarcity: the stock is low, or the demand high."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import Rule, rule
from veritas.audit.patterns.taxonomy import HIGH_DEMAND, LOW_STOCK

RULES: tuple[Rule, ...] = (
    rule(
        "stock-count",
        LOW_STOCK,
        0.9,
        "It states that only a few are left.",
        r"\b(?:only|just|last|final|fewer than|less than|under|hurry|warning)\W{0,4}(?:<w> ){0,2}?<num><goods>[ -]"
        r"(?:<w> ){0,4}?(?:left|remain(?:s|ing)?|available|in stock|to go)\b",
        r"\blast <num> (?:left|items?|pieces?|pairs?|units?|ones?|sizes?|in stock)\b",
        r"<count>(?: ?%)?<goods>(?: ?\(s\))? ?(?:<w> ){0,4}?(?:left|remain(?:s|ing)?)\b"
        r"(?! (?:side|hand|of|turn|to spend))",
        r"\b(?:left|remaining)(?: in stock)?\)?\s?[:–-]?\s?\(?<count>\)?[.!]?$",
        r"\bonly (?:a )?(?:few|limited|handful|couple)\b<goods>",
        r"\b(?:only|just|fewer than|less than) <count> (?:<w> ){0,3}?(?:in stock|available|in store|at this price)\b",
        r"\bonly <count>(?: <w>)? in stock\b",
    ),
    rule(
        "low-stock",
        LOW_STOCK,
        0.85,
        "It states that the stock is low or about to run out.",
        r"\blow (?:in |on )?(?:stock|inventory|availability|quantit\w+|supply)\b",
        r"\b(?:stock|inventory|quantit\w+|suppl(?:y|ies)|availability)(?: is| are|:)?(?: running| getting"
        r"| very)? (?:low|limited|scarce)\b",
        r"\brunning (?:low|out of stock)\b|\b(?:is|are|it's|they're|stock) running out\b",
        r"\blimited (?:in )?(?:stocks?|quantit\w+|availability|suppl\w+|items?|pieces|spots?|seats?|inventory"
        r"|places|units?|number (?:left|available|of))\b",
        r"\b(?:almost|nearly|about to be|about to) (?:all )?(?:gone|sold ?-?out|out of stock|sell ?-?out|run out)\b",
        r"\b(?:few|last|final|remaining|limited) (?:<w> )?(?:left|remaining|remain|items?|pieces?|pairs?"
        r"|units?|ones?|stocks?|sizes|in stock|available)\b",
        r"\b(?:live remaining|remaining) stock\b",
        r"\b(?:it|this|these|they|prices?|deals?|stock|offers?)? ?won'?t last(?: long)?\b",
        r"\b(?:before|until|till) (?:it|they|we|these|this|stock)(?:'s|'re| is| are|s)?(?: all)? (?:gone"
        r"|sold ?-?out|sells? ?-?out|runs? out)\b",
        r"\bsell(?:s|ing)?[ -]?out risk\b|\b(?:likely|going|expected) to sell[ -]?out\b",
        r"\byou just missed it\b|\bsold out\b.{0,30}\bmissed\b",
    ),
    rule(
        "high-demand",
        HIGH_DEMAND,
        0.85,
        "It states that the demand is high or that the product sells fast.",
        r"\b(?:in|high|strong|great|huge|extreme(?:ly)?|heavy|hot) (?:high |great |hot |popular )?demand\b",
        r"\bsell(?:s|ing)?(?: out)? (?:<w> )?(?:fast|quick(?:ly)?|soon|rapidly)\b",
        r"\b(?:going|goes|booking|filling|disappearing)(?: up| out)? (?:fast|quick(?:ly)?|rapidly)\b",
        r"\bselling like hot ?cakes\b|\bflying (?:off|out)\b|\bdemand is (?:very )?(?:high|strong)\b",
        r"\b(?:so|very|super|extremely) popular\b|\bhot(?:test)? (?:item|seller)\b|\bpopular (?:item|choice"
        r"|style)[!.]",
    ),
    rule(
        "stock-told",
        LOW_STOCK,
        0.5,
        "It states how many are in stock, or that the stock is limited.",
        r"^\W{0,3}(?:(?:over|about|we have|status:?|availability:?) )*<count> (?:<w> )?(?:in stock|available)\b",
        r"\bin stock ?[:(–-]{1,2} ?<count>\)?$",
        r"\bwhile (?:stocks?|suppl(?:y|ies)|quantities) lasts?\b",
    ),
)
