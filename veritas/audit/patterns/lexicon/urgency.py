"""Urgency: little time is left."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import Rule, rule
from veritas.audit.patterns.taxonomy import COUNTDOWN_TIMER, LIMITED_TIME

RULES: tuple[Rule, ...] = (
    rule(
        "countdown",
        COUNTDOWN_TIMER,
        0.9,
        "It shows a timer that counts down.",
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,6}(?:d|days?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:h|hrs?|hours?)(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,6}(?:h|hrs?|hours?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:m|mins?"
        r"|minutes?)(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,6}(?:m|mins?|minutes?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:s|secs?|seconds?)(?![a-z])",
        r"\b(?:ends?|ending|expires?|left|hurry|closes?)\b.{0,30}\d ?(?:h|hrs?|hours?) ?\W{0,2}\d{1,2} ?(?:m"
        r"|mins?|minutes?)\b",
        r"\b(?:days?|d) ?\W? ?(?:hours?|hrs?|h) ?\W? ?(?:minutes?|mins?|m)\b",
        r"(?<!\d)\d[\d ]{0,6} ?: ?\d[\d ]{0,6} ?: ?\d[\d ]{0,6} ?:",
        r"\b(?:reserved|held|prioriti[sz]ed|guaranteed|saved) (?:<w> ){0,4}?for (?:(?:another |the next "
        r"|only )?\d+ ?(?::|m\b|mins?|minutes?|hrs?\b|hours?\b|secs?|seconds?)|days ?/)",
        r"\b(?:cart|order|items?|basket|bag|tickets?|seats?|spot) (?:<w> ){0,4}?(?:reserved|held"
        r"|prioriti[sz]ed|guaranteed) (?:<w> ){0,4}?for$",
        r"\b(?:(?:ends?|ending|expires?|expiring) in|left|hurry|reserved|held|remaining|within"
        r"|in the next)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b(?! ?[ap]m)",
        r"^(?!.{0,200}\b(?:return|refund|cancel|exchange|contact))(?:.{0,200}\b)?(?:order|buy|checkout"
        r"|check out|purchase|book|shop) (?:<w> ){0,3}?(?:within|in the next) (?:the next )?(?:\d ?){1,4}(?::"
        r"|h|m\b|mins?|secs?|s\b)",
    ),
    rule(
        "limited-time",
        LIMITED_TIME,
        0.8,
        "It urges people to hurry without naming a deadline.",
        r"\blimited[- ]?time\b|\btime[- ]limited\b|\blimited (?:<w> )?(?:offer|deal|sale|discount|promotion"
        r"|special)s?\b",
        r"\bfor (?:a )?(?:very )?(?:short|limited) (?:time|period)\b",
        r"\b(?:<offer>|hurry)\b.{0,30}\b(?:ends?|ending|expires?|expiring|closes?|closing|over|gone) (?:soon"
        r"|in\b(?! (?:january|february|march|april|may|june|july|august|september|october|november|december"
        r"|20\d\d))|today|tonight|tomorrow|at midnight|once|shortly)",
        r"\b(?:ends?|ending|expires?|expiring|closing) (?:very )?(?:soon|tonight|shortly|at midnight|today"
        r"|tomorrow)\b",
        r"\b(?:flash|lightning) (?:sales?|deals?|offers?)\b|\bdoor ?busters?\b|\bdeals? of the (?:day|hour)\b",
        r"\b(?:today|one day|1 day|this weekend|24 hours?|48 hours?|tonight|this week) only\b",
        r"\bonly (?:today|this weekend|until midnight|for today|24 hours)\b",
        r"\blast (?:chance|call|few days|few hours|day(?! of)|hours)\b|\bfinal (?:hours|day|days|call|chance"
        r"|countdown)\b",
        r"\bact (?:now|fast|quick)|\b(?:order|buy|shop|book) (?:now|today|soon|fast) (?:before|while)\b|\border now!",
        r"\bhurry\b|\bquick!|\bdon't (?:wait|delay|snooze)\b|\bwhile you (?:still )?can\b",
        r"\bdon't miss (?:out|this|it|your chance)\b|\bbefore (?:it's|its|it is) (?:too late|over)\b",
        r"\b(?:time is|time's) running out\b|\btime (?:left|remaining)(?:[!:.]| \d|$)|\b(?:hours?|days?"
        r"|minutes?) left\b|\blast[- ]minute deal",
        r"\b(?:prices?|cost) (?:will )?(?:increase|go up|rise|going up)s?\b.{0,20}\b(?:in|soon|tonight"
        r"|tomorrow|midnight)\b",
        r"\b(?:offer|discount|deal|coupon|bonus) (?:is |are )?(?:pending|expiring|about to expire)\b",
        r"\bget (?:yours|it) (?:now|today|before)\b|\bwon't be (?:around|here) (?:for )?long\b",
    ),
)
