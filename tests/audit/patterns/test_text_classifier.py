"""The text classifier recognises dark patterns by their words, quotes the words, and ignores plain texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.patterns.detection import CONFIDENT
from veritas.audit.patterns.lexicon.rules import KINDS
from veritas.audit.patterns.taxonomy import MATHUR
from veritas.audit.patterns.text_classifier import MAX_LENGTH, classify, normalise

DARK = [
    ("Only 2 jars left!", "Low-stock Message"),
    ("Hurry, just 4 pairs remaining in your size", "Low-stock Message"),
    ("Almost sold out", "Low-stock Message"),
    ("Stock is running low", "Low-stock Message"),
    ("Left in stock: 3", "Low-stock Message"),
    ("These kettles are in high demand", "High-demand Message"),
    ("Selling fast", "High-demand Message"),
    ("14 shoppers are viewing this kettle", "Activity Message"),
    ("23 people have this in their basket", "Activity Message"),
    ("Bought 87 times this month", "Activity Message"),
    ("Ines in Porto just bought a Copper Kettle", "Activity Message"),
    ("Someone in Ghent purchased a Teapot 4 minutes ago", "Activity Message"),
    ("Deal ends in 02:14:09", "Countdown Timer"),
    ("0 days 3 hours 12 minutes 9 seconds", "Countdown Timer"),
    ("Your basket is held for 9:59 minutes", "Countdown Timer"),
    ("Limited-time offer", "Limited-time Message"),
    ("Offer ends tonight", "Limited-time Message"),
    ("Last chance to save", "Limited-time Message"),
    ("Don't miss out!", "Limited-time Message"),
    ("No thanks, I'd rather pay full price", "Confirmshaming"),
    ("No, I hate saving money", "Confirmshaming"),
    ("I don't want free tea", "Confirmshaming"),
    ("Tick this box if you do not wish to receive our catalogue", "Trick Questions"),
    ("Uncheck here to opt out of emails", "Trick Questions"),
    ("To end your membership, cancel by calling our member desk", "Hard to Cancel"),
    ("We have automatically added gift insurance to your order", "Sneak into Basket"),
    ("I accept the terms of the Tea Club and agree to receive promotional emails", "Forced Enrollment"),
]

HONEST = """
12 left-handed scissors
2 items left in your basket
In stock
Out of stock
Free delivery over £50
Sale ends 30 November
Offer valid until 31.12.2025
No thanks
No, thank you
Not now
Maybe later
Decline
Reject all
Accept all cookies
Add to cart
Continue as guest
I already have an account
I don't have an account
No, I do not agree
Cart (2)
3 items in your cart
12 people found this helpful
Customer reviews (12)
Buy now and pay later
Cancel your subscription any time in your account
Cancel your order within 24 hours
Open 9:00 - 17:30
Order by 3pm for next-day delivery
Cook time: 1 hr 30 min
Best sellers
New arrivals
Limited edition
Recommended for you
Only £5.00
Only 5 minutes from the station
500 characters left
Only 3 GB of space left
3 of 12 steps remaining
Lives: 3 left
1,204 views
A limited number of keys
Serves 4 people
You have 3 attempts remaining
Turn left after 200 m
© 2024 Teahouse. All rights reserved
I bought this 3 months ago and love it.
I just bought this and it pours well
Added 2 days ago
View your recent orders
Guaranteed for 10 years
Price guaranteed for 30 days
Unsubscribe
Return your order within 30 days
If you don't see the email, check your spam folder
Last updated 3 days ago
Please don't hesitate to contact us
The battery does not last long
Running out of ideas?
You can unsubscribe at any time by clicking the link in the email
Questions? Contact us by email
Subtotal $20.00 Delivery $4.00 Tax $2.00 Total $26.00
2 year warranty included
Ships within 24 hours
Many people like this shade of blue
Posted 2024-05-01 12:30:45
Yes, send me the newsletter
20% off
""".strip().splitlines()

FOREIGN = ["Nur noch 3 Stück", "Ausverkauft", "Livraison gratuite dès 50 €", "在庫残りわずか", "Не упустите шанс"]


@pytest.mark.parametrize(("text", "type_name"), DARK)
def test_dark_pattern_is_classified(text: str, type_name: str) -> None:
    """Each text gets its type."""
    classification = classify(text)
    assert classification is not None
    assert classification.type.name == type_name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No, my parcel is missing", "en"),
        ("No, I have never smoked", "en"),
        ("No, my payment failed", "en"),
        ("No, I want to stay on this page", "en"),
        ("Non, mon colis est perdu", "fr"),
        ("Non, j'ai perdu ma carte", "fr"),
        ("Non, je veux rester sur cette page", "fr"),
        ("No, quiero quedarme en esta página", "es"),
        ("No, voglio restare su questa pagina", "it"),
    ],
)
def test_an_answer_that_reports_something_does_not_shame(text: str, language: str) -> None:
    """Although it is in the first person and states something bad; without an offer it is only an answer."""
    classification = classify(text, language)
    assert classification is None or classification.confidence < CONFIDENT


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_has_no_classification(text: str) -> None:
    """The usual texts of honest shops are not dark patterns."""
    assert classify(text) is None


@pytest.mark.parametrize("text", FOREIGN)
def test_text_in_another_language_has_no_classification(text: str) -> None:
    """The rules know only English."""
    assert classify(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "ONLY 2 LEFT IN STOCK",
        "only\u00a02\u00a0left in stock",
        "Only&nbsp;2&nbsp;left in stock",
        "  Only\n\t 2 \r\n left   in stock ",
        "🔥🔥 Only 2 left in stock 🔥",
        "Only ２ left in stock",
        "Only 2\\nleft in stock",
        "<b>Only 2 left in stock</b>",
    ],
)
def test_notation_does_not_matter(text: str) -> None:
    """Case, entities, exotic spaces, emoji, full-width digits and line breaks change nothing."""
    classification = classify(text)
    assert classification is not None
    assert classification.category == "Scarcity"


def test_curly_and_straight_quotes_are_equal() -> None:
    """All apostrophes in use are treated alike."""
    classifications = [classify(f"No thanks, I{mark}d rather pay full price") for mark in "'’´`"]
    assert {each and each.rule for each in classifications} == {"shaming-decline"}


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\x00", "\ud800", "0" * 50, "!!!"])
def test_empty_text_has_no_classification(text: str) -> None:
    """The same holds for meaningless texts."""
    assert classify(text) is None


@pytest.mark.parametrize(
    "piece", ["a ", "1 ", "1:", "only 1 ", "in a bought is ", "cancel by ", "0 0:", "&amp;", "\n", "x"]
)
def test_only_the_beginning_of_a_huge_text_is_classified(piece: str) -> None:
    """No rule takes long on a text of a megabyte."""
    huge = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    assert classify(huge) == classify(huge[:MAX_LENGTH])


def test_a_classification_quotes_the_matching_words() -> None:
    """It also states what the rule recognises."""
    classification = classify("Lovely kettle. Only 2 left in stock, says the shop.")
    assert classification is not None
    assert classification.words == "only 2 left"
    assert classification.reason == "It states that only a few are left."
    assert classification.rule == "stock-count"


def test_a_long_review_is_not_a_notice() -> None:
    """Rules for notices do not apply to prose."""
    prose = "The kettle is a fine piece of work and it pours without spilling a drop, as my aunt says. " * 4
    assert classify(prose + "There were only 2 left.") is None


def test_neutral_first_person_refusal_is_less_confident_than_confirmshaming() -> None:
    """A refusal in the first person may be harmless; one that shames its speaker is not."""
    neutral, shaming = classify("No thanks, I'm not interested"), classify("No thanks, I don't like saving money")
    assert neutral is not None
    assert shaming is not None
    assert neutral.confidence < shaming.confidence


@given(st.text(max_size=300))
def test_any_text_is_accepted(text: str) -> None:
    """No text makes the classifier fail, and it quotes only words of the text."""
    classification = classify(text)
    assert classification is None or classification.words in normalise(text)


@given(st.sampled_from(DARK), st.sampled_from(["", " ", "\n\n", "\u00a0 "]))
def test_case_and_space_do_not_matter(dark: tuple[str, str], space: str) -> None:
    """The same words in capitals, or between spaces, have the same classification."""
    text, _ = dark
    assert classify(space + text.upper() + space) == classify(text)


def test_rules_have_distinct_names_and_known_types() -> None:
    """Every rule has its own name and one of the fifteen types."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert {kind.type for kind in KINDS} <= set(MATHUR)
    assert all(0 < kind.confidence < 1 for kind in KINDS)
