"""Recommendations to a page's consumers and to its owner, derived from the findings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from veritas.audit.finding import Finding
from veritas.audit.verdict import Recommendation

CONSUMER, OWNER = "consumer", "owner"

# For each topic of a finding, the advice to consumers and to the site's owner.
_ADVICE = {
    # Dark patterns, by the category of Mathur et al. 2019.
    "sneaking": (
        "Before you pay, check the basket and every ticked box, and remove what you did not choose.",
        "Leave every extra, subscription and consent unticked, and show the full price from the start.",
    ),
    "urgency": (
        "Ignore the countdown: take your time, and compare prices elsewhere.",
        "Remove deadlines that are not real: a countdown must end when its offer ends, and must not start again.",
    ),
    "misdirection": (
        "Look for the small or grey choice and read both before you click.",
        "Give “no” the same size, contrast and plain words as “yes”, and do not shame people who decline.",
    ),
    "social_proof": (
        "Ignore claims about what other customers do or think.",
        "Show only activity and testimonials that you can prove.",
    ),
    "scarcity": (
        "Do not let claims of short stock or high demand hurry you.",
        "Show how much is left only if the number comes from your stock.",
    ),
    "obstruction": (
        "Before you subscribe, find out how to cancel, and keep a copy of the terms.",
        "Make cancelling as easy as signing up, and put the link where people look for it.",
    ),
    "forced_action": (
        "Give no data that your purchase does not need; look for a way to buy without an account.",
        "Let people buy and leave without an account or consent that the purchase does not need.",
    ),
    # The other topics: the first word of the finding's kind.
    "certificate": (
        "Enter no data until the certificate is valid: it does not prove whose site this is.",
        "Install a certificate from a public authority, issued for this host, and renew it automatically.",
    ),
    "renewal": (
        "If the certificate has expired when you come back, enter no data.",
        "Renew the certificate now, and renew it automatically from now on.",
    ),
    "host": (
        "Compare the address letter by letter with that of the site you want to visit.",
        "Use a host name of your own that cannot be mistaken for another.",
    ),
    "mail": (
        "Do not rely on the mail address: find another way to contact the seller before you pay.",
        "Give a mail address at your own domain that accepts mail, and publish SPF and DMARC records.",
    ),
    "contact": (
        "Find out who runs the site before you pay: the site does not name its owner clearly.",
        "State on the site who you are: company, postal address, mail address and phone number.",
    ),
    "registration": (
        "Look the company up in the public register before you pay: its register number is not valid.",
        "Correct the register number.",
    ),
    "company": (
        "Ask which company you are dealing with: the page names more than one.",
        "Name the same company everywhere.",
    ),
    "address": (
        "Check in the address bar whose site you are on before you enter anything.",
        "Keep redirects and canonical links on your own domain, or state whose site they lead to.",
    ),
    "headers": (
        "If you need a password here, use one that you use nowhere else: the site is not well protected.",
        "Set the security headers and cookie flags that are missing.",
    ),
    "connection": (
        "Enter no password and no card number here: others can read them, or they are sent to another site.",
        "Serve everything over https, and send forms only to your own https address.",
    ),
}
_BY_FIRST_WORD = {"leads": "address", "canonical": "address"}
_CONNECTION = re.compile(r"form|mixed|password|secrets")

_UNKNOWN = {
    "visual": "The page was not examined for dark patterns: read every choice and box yourself before you agree.",
    "graph": "It could not be checked who runs the site: look at its imprint and certificate before you pay.",
    "security": "The connection was not examined: look for https in the address bar before you enter anything.",
}
_INCONCLUSIVE = (
    "Too little of the page could be examined to say whether it is safe: do not take the lack of findings for a good "
    "sign, and audit it again."
)
_MAX_TOPICS = 6


def recommendations_for(
    findings: Sequence[Finding], *, unknown: Sequence[str] = (), inconclusive: bool = False
) -> tuple[Recommendation, ...]:
    """Return the recommendations, those to consumers before those to the owner, the most urgent first.

    Args:
        findings: The findings, the most severe first.
        unknown: The signals that are unknown.
        inconclusive: Whether the page has no score, because too little was examined.
    """
    kinds_by_topic: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.severity != "info":
            kinds_by_topic.setdefault(topic_of(finding), {})[finding.kind] = None
    advice = [(_ADVICE[topic], tuple(kinds)) for topic, kinds in list(kinds_by_topic.items())[:_MAX_TOPICS]]
    return (
        *(Recommendation(CONSUMER, consumer, because) for (consumer, _), because in advice),
        *([Recommendation(CONSUMER, _INCONCLUSIVE)] if inconclusive else []),
        *(Recommendation(CONSUMER, _UNKNOWN[signal]) for signal in unknown if signal in _UNKNOWN),
        *(Recommendation(OWNER, owner, because) for (_, owner), because in advice),
    )


def owner_advice(finding: Finding) -> str:
    """Return the advice to the site's owner on one finding."""
    return _ADVICE[topic_of(finding)][1]


def topic_of(finding: Finding) -> str:
    """Return the topic of *finding*, which decides the advice."""
    category = finding.taxonomy.get("mathur2019", "").partition(":")[0].strip().lower().replace(" ", "_")
    if category in _ADVICE:
        return category
    if finding.signal == "security":
        return "connection" if _CONNECTION.search(finding.kind) else "headers"
    first_word = re.split(r"[_\-]", finding.kind, maxsplit=1)[0]
    first_word = _BY_FIRST_WORD.get(first_word, first_word)
    if first_word in _ADVICE:
        return first_word
    return {"temporal": "urgency", "graph": "address", "meta": "contact"}.get(finding.signal, "misdirection")
