"""What to do about findings: for whoever uses a page, and for whoever owns it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from veritas.audit.finding import Finding
from veritas.audit.verdict import Recommendation

CONSUMER, OWNER = "consumer", "owner"

# By what a finding is about: what a consumer should do, and what the site's owner should.
_ADVICE = {
    # Dark patterns, by the category of Mathur et al. 2019.
    "sneaking": (
        "Before paying, go through the basket and every ticked box, and take out what you did not choose.",
        "Leave every extra, subscription and consent unticked, and show the full price from the start.",
    ),
    "urgency": (
        "Ignore the countdown: take your time, and compare prices elsewhere.",
        "Take down deadlines that are not real: a countdown ends when its offer ends, and starts for nobody anew.",
    ),
    "misdirection": (
        "Look for the small or grey choice and read both before you click.",
        "Give “no” the size, contrast and plain words of “yes”, and shame nobody who declines.",
    ),
    "social_proof": (
        "Give nothing on what others are said to do or think here.",
        "Show only activity and testimonials that you can prove.",
    ),
    "scarcity": (
        "Do not let claims of short stock or high demand hurry you.",
        "Say how much is left only where the number comes from your stock.",
    ),
    "obstruction": (
        "Before you subscribe, find out how to cancel, and keep a copy of the terms.",
        "Make cancelling as easy as signing up, and link it where people look for it.",
    ),
    "forced_action": (
        "Give no data that your purchase does not need; look for a way without an account.",
        "Let people buy and leave without an account or consent that the purchase does not need.",
    ),
    # The rest, by the first word of the finding's kind.
    "certificate": (
        "Enter nothing here before the certificate is in order: it does not prove whose site this is.",
        "Install a certificate from a public authority, made out to this host, and have it renewed automatically.",
    ),
    "renewal": (
        "If the certificate has run out when you come back, enter nothing.",
        "Renew the certificate now, and have it renewed automatically from then on.",
    ),
    "host": (
        "Compare the address letter by letter with that of the site you mean to visit.",
        "Use a host name of your own that cannot be mistaken for another.",
    ),
    "mail": (
        "Do not rely on the mail address given: find another way to reach the seller before you pay.",
        "Give a mail address at your own domain that takes mail, and publish SPF and DMARC records.",
    ),
    "contact": (
        "Find out who runs the site before you pay: it does not say so well enough.",
        "Say on the site who you are: company, postal address, mail address and phone number.",
    ),
    "registration": (
        "Look the company up in the public register before you pay: the number given cannot exist.",
        "Correct the register number.",
    ),
    "company": (
        "Ask which company you would be dealing with: the page names more than one.",
        "Name the same company everywhere.",
    ),
    "address": (
        "Check in the address bar whose site you are on before you enter anything.",
        "Keep redirects and canonical links on your own domain, or say whose they are.",
    ),
    "headers": (
        "If you need a password here, use one that you use nowhere else: the site could be better protected.",
        "Set the security headers and cookie flags that are missing.",
    ),
    "connection": (
        "Enter no password and no card number here: what you send can be read or leaves the site.",
        "Serve everything over https, and send forms only to your own https address.",
    ),
}
_BY_FIRST_WORD = {"leads": "address", "canonical": "address"}
_CONNECTION = re.compile(r"form|mixed|password|secrets")

_UNKNOWN = {
    "visual": "The page was not examined for dark patterns: read every choice and box yourself before you agree.",
    "graph": "Who runs the site could not be checked: look at its imprint and certificate before you pay.",
    "security": "The connection was not examined: look for https in the address bar before you enter anything.",
}
_MOST = 6


def recommendations_for(findings: Sequence[Finding], *, unknown: Sequence[str] = ()) -> tuple[Recommendation, ...]:
    """Return what to do, the most pressing first, the consumer before the owner.

    Args:
        findings: The gravest first.
        unknown: The signals of which nothing is known.
    """
    kinds: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.severity != "info":
            kinds.setdefault(topic_of(finding), {})[finding.kind] = None
    advice = [(_ADVICE[topic], tuple(because)) for topic, because in list(kinds.items())[:_MOST]]
    return (
        *(Recommendation(CONSUMER, consumer, because) for (consumer, _), because in advice),
        *(Recommendation(CONSUMER, _UNKNOWN[signal]) for signal in unknown if signal in _UNKNOWN),
        *(Recommendation(OWNER, owner, because) for (_, owner), because in advice),
    )


def topic_of(finding: Finding) -> str:
    """Return what *finding* is about, as far as advice goes."""
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
