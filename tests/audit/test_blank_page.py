"""Pages that show nothing of their site are recognised, and small honest pages are not taken for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit import facts
from veritas.audit.blank_page import why_blank
from veritas.audit.page import Link

LINKS = [{"url": "https://shop.example.com/about", "text": "About"}]
FAILED_SCRIPT = {"url": "https://shop.example.com/app.js", "resource_type": "script", "status": 404}
TURNSTILE = [{"url": "https://challenges.cloudflare.com/turnstile/v0/api.js"}]


def reason(text: str = "", texts: int | None = None, **others: Any) -> str | None:
    return why_blank(facts.page(text=text, text_length=len(text), **others), texts)


@pytest.mark.parametrize(
    ("text", "others", "said"),
    [
        ("", {}, "blank: the server's answer has no text"),
        ("", {"texts": 0, "html_size": 900, "inline_scripts_count": 2}, "blank: it shows no text"),
        ("•\n—", {"html_size": 900, "scripts_count": 1}, "blank: it shows no text"),
        ("", {"scripts_count": 1, "requests": [FAILED_SCRIPT]}, "Some of its scripts failed."),
        ("", {"scripts_count": 1, "console_errors": ["TypeError: x is undefined"]}, "Some of its scripts failed."),
        ("", {"iframes_count": 1}, "no text except in frames"),
        ("Loading…", {}, "only that it is loading"),
        ("Loading your experience... 35%", {}, "only that it is loading"),
        ("Bitte warten", {}, "only that it is loading"),
        ("Cargando\nUn momento…", {}, "only that it is loading"),
        ("You need to enable JavaScript to run this app.", {}, "needs scripts"),
        ("Bitte aktivieren Sie JavaScript in Ihrem Browser.", {}, "needs scripts"),
        ("Application error: a client-side exception has occurred.", {}, "an error message of its own"),
        ("Oops!\nSomething went wrong.\nReload", {"console_errors": ["x"]}, "Some of its scripts failed."),
        ("Checking your browser before accessing shop.example.com.\nRay ID: 7f", {}, "a bot challenge"),
        ("shop.example.com\nVerifying you are human. This may take a few seconds.", {}, "a bot challenge"),
        ("shop.example.com", {"title": "Just a moment...", "scripts": TURNSTILE}, "a bot challenge"),
        ("Pardon Our Interruption\nAs you were browsing something made us think", {}, "a bot challenge"),
        ("Kettles", {"headers": [("CF-Mitigated", "challenge")]}, "answered with a bot challenge"),
        ("We use cookies to improve your experience.\nAccept all\nReject all", {}, "a question for consent"),
        ("Wir und unsere Partner verarbeiten Daten: Datenschutz\nAlle akzeptieren\nEinstellungen", {}, "for consent"),
        ("Avant de continuer : cookies et confidentialité\nTout accepter\nTout refuser", {}, "a question for consent"),
    ],
)
def test_a_page_that_shows_nothing_of_its_site_is_blank(text: str, others: dict[str, Any], said: str) -> None:
    """An empty page, a spinner, a page whose scripts failed, a challenge, a consent wall."""
    why = reason(text, **others)
    assert why is not None and said in why and why.endswith(".")


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("Shop", {}),
        ("Coming soon", {}),
        ("Loading docks and ramps for every warehouse", {}),
        ("Kettles\nLoading reviews…", {}),
        ("Laden", {}),
        ("Geschenke", {}),
        ("", {"texts": 3}),
        ("Loading…", {"texts": 40}),
        ("Kettles\nWe use cookies.\nAccept all\nReject all", {}),
        ("Cookies\nWe use cookies to keep your basket. Nothing else is stored.", {}),
        ("Privacy policy\nWe keep personal data for 30 days, and accept requests by mail to erase it.", {}),
        ("Write to us\nName\nMessage\nI'm not a robot\nSend", {"links_internal": LINKS}),
        ("Sign up for the letter", {"scripts": TURNSTILE}),
        ("How we run JavaScript tests without a browser\nBy Ann", {}),
        ("Something went wrong with your order? Write to us.", {"links_internal": LINKS}),
        ("Just a moment: a café in Leeds", {"title": "Just a moment"}),
        ("A. " * 600 + "Are you a robot?", {}),
    ],
)
def test_a_small_honest_page_is_not_blank(text: str, others: dict[str, Any]) -> None:
    """Neither a page of one word, nor one that mentions what a blank page shows, nor one that finishes later."""
    links = others.pop("links_internal", [])
    assert reason(text, links_internal=[Link(**link) for link in links], **others) is None
