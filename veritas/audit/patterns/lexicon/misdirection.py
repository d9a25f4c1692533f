"""Misdirection: words that shame, confuse or press people who have to choose."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import Rule, rule
from veritas.audit.patterns.taxonomy import CONFIRMSHAMING, PRESSURED_SELLING, TRICK_QUESTIONS

RULES: tuple[Rule, ...] = (
    rule(
        "shaming-decline",
        CONFIRMSHAMING,
        0.9,
        "It words the refusal so that people who refuse speak ill of themselves.",
        r"^(?:no|nope|nah|not today)\b[ ,.!:;-]*(?:thanks?|thank you|thx)?[ ,.!:;–—-]*.{0,40}\b(?:free"
        r"|full[- ]price|sav(?:e|es|ing|ings)|discounts?|deals?|offers?|money|perks|rewards|prizes?|luck"
        r"|lucky|bargains?|risk|miss)\b",
        r"\b(?:i|i'd|i'll|rather|prefer|like|want|love|just|no thanks|and|to)\b.{0,20}\bpay(?:ing)? (?:the "
        r"|for |a )*(?:full[- ]price|full|more|extra|retail|shipping)\b",
        r"\b(?:like|prefer|love|want) (?:the )?full[- ]price\b",
        r"\bi(?:'d| would)? rather (?:not |pay|miss|be |stay|spend|let|kick|keep|lose|do without)",
        r"\bi (?:don't|dont|do not|hate|dislike) (?:really )?(?:like|want|need|care about|feel|enjoy|love"
        r"|mind)?\s?(?:to |a |an |any |the |my |your |such )*(?:sav(?:e|ing|ings)|discounts?|deals?|free"
        r"|luck\w*|win\w*|good|great|better|gifts?|fun|money|offers?|promotions?|perks|look|rewards?|cash"
        r"|bargains?|coupons?|exclusive|missing|party|style)\b",
        r"\bi(?:'ll| will) (?:just |still |gladly |rather |happily )*(?:risk|pass on|miss|let this|let these"
        r"|take my chances|take the risk)\b",
        r"\b(?:close|continue|proceed|checkout|order|decline)\b.{0,20}\b(?:without|and lose"
        r"|and miss)\b.{0,20}\b(?:discount|savings?|deal|offer|gift)\b",
        r"\b(?:skip|lose|forfeit|give up|waive|refuse|reject|decline) (?:my|the|this"
        r"|your) (?:<w> )?(?:discount|gift|savings?|deal|coupon|reward|prize)s?\b",
        r"\bi(?:'m| am) (?:ok|okay|fine|good|happy|cool) (?:with )?(?:paying|missing|losing|spending|being)\b"
        r"|\b(?:let me|i'd like to|i like to) (?:over)?pay\b",
        r"\b(?:not|isn't|isnt|aren't) (?:interested in|for me|into)\b.{0,20}(?:sav(?:e|ing|ings)|discounts?"
        r"|free|deals?)|\bfree stuff isn't for me\b",
    ),
    rule(
        "first-person-decline",
        CONFIRMSHAMING,
        0.5,
        "It words the refusal in the first person.",
        r"^(?:no|nope|nah|not today|not now)\b[ ,.!:;-]*(?:thanks?|thank you|thx"
        r"|way)?[ ,.!:;–—-]*\(?(?:but )?i(?:'d|'ll|'m| would| will| am| hate| love| like| prefer| enjoy"
        r"| don't| dont| do not| already| rather| want|'ve| definitely| really| can't| have)\b(?! (?:agree"
        r"|consent|accept|have an? (?:account|code|coupon)|log|sign|not agree))",
        r"^i (?:already have (?:this|it|one|enough|too)|like paying|prefer paying|hate)\b"
        r"|^(?:i'm not interested|not interested)\b",
        r"\byes,? (?:please,? )?i(?:'d)? (?:want|love|like|would)\b.{0,40}\bno,? thanks?\b",
    ),
    rule(
        "opt-out-question",
        TRICK_QUESTIONS,
        0.85,
        "It asks for a tick in order not to get something, or words the choice as a negation.",
        r"\b(?:un-?tick|un-?check|de-?select)(?:ing)?\b.{0,40}\b(?:box|if|here|below|this|to)\b",
        r"\b(?:tick|check|click|select|mark)\b.{0,40}\bif you (?:(?:do not|don't|would not|no longer) <wish>"
        r"|(?:would )?(?:prefer|rather|like) not)",
        r"\bif you (?:(?:do not|don't|would not) <wish>|(?:would |'d )?(?:prefer|rather"
        r"|like) not)\b.{0,160}\b(?:tick|check|un-?tick|un-?check)\b",
        r"\b(?:do not|don't|dont) (?:wish|want|like) (?:us )?to (?:receive|hear|get|be (?:contacted|sent"
        r"|added|subscribed)|send|share)\b",
        r"\b(?:prefer|rather|wish|choose|like) not to (?:receive|hear|be|get|share)\b",
        r"\b(?:please )?(?:do not|don't) (?:send me|e-?mail me|contact me|un-?subscribe|sign me)\b",
        max_words=160,
    ),
    rule(
        "protect-it",
        PRESSURED_SELLING,
        0.5,
        "It presses to add protection or insurance.",
        r"\bprotect (?:your|my|the|this) (?:<w> )?(?:gear|purchase|order|sofa|device|phone|investment|product"
        r"|item|package|shipment|trip|booking|furniture|tech|shipping|mattress|laptop|tablet|watch"
        r"|jewell?e?ry|tickets?|bike|car|home)\b",
        r"\badd (?:<w> ){0,4}?(?:protection|warranty|insurance|coverage|care plan|applecare\+?)\b",
        r"\b(?:accident\w*|damage) (?:<w> )?(?:coverage|protection|cover)\b|\bprotection plan\b",
        max_words=80,
    ),
    rule(
        "more-to-buy",
        PRESSURED_SELLING,
        0.4,
        "It presses to buy more or dearer things than the one chosen.",
        r"\bcustomers?\b.{0,40}\balso (?:bought|shopped|viewed|purchased|like[ds]?|love[ds]?|ordered"
        r"|add(?:ed)?|consider(?:ed)?)\b",
        r"\b(?:frequently|often|commonly) (?:bought|purchased) (?:together|with)\b|\bpeople also (?:bought|buy)\b",
        r"\bhow about (?:one of )?(?:these|this|adding)\b|\bdon't forget (?:the|to add|these)\b",
        r"\bwhy not (?:add|upgrade|treat)\b|\b(?:upgrade|add)\b.{0,30}\b(?:for (?:just|only)|and save"
        r"|to your order)\b",
        r"\bgrab (?:yourself )?an? (?:bargain|deal)\b|\b(?:checkout|order) bonus\b|\byou(?:'ve"
        r"| have)? (?:qualify|qualified|unlocked)\b",
        r"\bmissing out\b|\bsubscribe (?:&|and|\+|n) save\b|\byou might (?:also )?need\b|\bwait[!,]+ (?:don't"
        r"|before)\b",
        r"\b(?:order|continue|buy|checkout) without (?:<w> ){0,3}?(?:membership|protection|insurance|coverage"
        r"|saving)\b",
        max_words=60,
    ),
)
