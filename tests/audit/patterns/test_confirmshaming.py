"""A no that shames or hides is found; a no that stands beside its yes as an equal is not."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import Look, cases
from veritas.audit.patterns import confirmshaming

YES = "<button style='background: #006400; color: #fff; font-size: 18px; padding: 12px 24px'>Yes, subscribe</button>"


def box(no: str) -> str:
    """Return an offer with a plain yes and this no."""
    return f"<div><p>Our letter, once a month.</p>{YES} {no}</div>"


SHAMING = ("No thanks, I prefer to pay full price", "No, I don't like good deals", "I'd rather miss out")
HONEST = (
    "<button style='background: #006400; color: #fff; font-size: 18px; padding: 12px 24px'>No thanks</button>",
    "<button>No thanks</button>",
    "<a href=# style='color: #00e'>No thanks</a>",
    "<a href=# style='color: #666; font-size: 14px'>Not now</a>",
    "<button aria-label=Close>×</button>",
    "<button disabled style='display: none; color: #fff'>No thanks</button>",
)


async def test_shaming_refusal_is_found(look: Look) -> None:
    """Whoever declines has to say something against themselves."""
    found = list(confirmshaming.judge(await look(cases(*(box(f"<button>{text}</button>") for text in SHAMING)))))
    assert [one.element.text for one in found] == list(SHAMING)
    assert {(one.kind, one.signal) for one in found} == {("confirmshaming", "meta")}


async def test_shame_in_prose_is_nobodys_refusal(look: Look) -> None:
    """The words count on a control, where they are the only way to say no."""
    assert list(confirmshaming.judge(await look("<p>I'd rather pay more than wait, says a customer.</p>"))) == []


async def test_clickable_words_are_controls(look: Look) -> None:
    """A span with a script behind it is a refusal like a button."""
    no = "<span style='cursor: pointer'>No thanks, I hate saving money</span>"
    assert [found.kind for found in confirmshaming.judge(await look(box(no)))] == ["confirmshaming"]


async def test_faint_refusal_is_measured(look: Look) -> None:
    """Grey on white beside white on green is found with both contrasts."""
    (found,) = confirmshaming.judge(await look(box("<a href=# style='color: #ccc'>No thanks</a>")))
    assert (found.kind, found.signal) == ("weak_decline", "visual")
    assert found.measured["contrast"] == pytest.approx(1.61, abs=0.01)
    assert found.measured["contrast_of_accept"] == pytest.approx(7.44, abs=0.01)
    assert found.measured["contrast_required"] == 4.5


async def test_see_through_refusal_is_measured(look: Look) -> None:
    """Opacity takes contrast away as colour does."""
    (found,) = confirmshaming.judge(await look(box("<a href=# style='color: #000; opacity: .25'>No thanks</a>")))
    assert found.measured["contrast"] < 2


async def test_tiny_refusal_is_measured(look: Look) -> None:
    """Type under 10 px beside 18 px is found."""
    (found,) = confirmshaming.judge(await look(box("<a href=# style='color: #000; font-size: 8px'>Skip</a>")))
    assert (found.kind, found.measured["font_px"], found.measured["font_px_of_accept"]) == ("weak_decline", 8, 18)


async def test_contrast_over_an_image_is_unknown(look: Look) -> None:
    """Where no contrast can be told, none is made up."""
    no = "<span style='background: linear-gradient(#fff, #eee)'><a href=# style='color: #eee'>No thanks</a></span>"
    assert list(confirmshaming.judge(await look(box(no)))) == []


async def test_honest_refusal_is_left_alone(look: Look) -> None:
    """Buttons of one size, and links that can be read, are no dark patterns."""
    snapshot = await look(cases(*map(box, HONEST)))
    assert len(list(confirmshaming.choices(snapshot))) == len(HONEST) - 2  # the last two offer no no to compare
    assert list(confirmshaming.judge(snapshot)) == []


async def test_page_that_is_faint_all_over_singles_out_nobody(look: Look) -> None:
    """Where yes and no are equally faint, neither is preferred."""
    style = "style='color: #bbb; background: #fff; font-size: 14px; border: 0'"
    html = f"<div><button {style}>Yes</button> <button {style}>No</button></div>"
    assert list(confirmshaming.judge(await look(html))) == []


async def test_other_controls_are_no_refusals(look: Look) -> None:
    """What merely begins like a no turns nothing down."""
    others = ("Skip to content", "No. 7 Serum", "No reviews yet", "Later models", "Close-ups", "Leave a review")
    snapshot = await look(box(" ".join(f"<a href=# style='color: #eee'>{text}</a>" for text in others)))
    assert list(confirmshaming.choices(snapshot)) == []


async def test_way_out_is_no_refusal_of_an_offer(look: Look) -> None:
    """A link that cancels a subscription turns no offer down, however faint it is."""
    html = f"<div>{YES} <a href=# style='color: #eee'>Cancel subscription</a></div>"
    assert list(confirmshaming.judge(await look(html))) == []


async def test_refusals_are_paired_with_the_yes_beside_them(look: Look) -> None:
    """A no is compared with the yes of its own box, not with one elsewhere on the page."""
    other = "<div><div><div><button style='font-size: 60px'>Buy</button></div></div></div>"
    snapshot = await look(other + box("<button>No thanks</button>"))
    assert [choice.yes.text for choice in confirmshaming.choices(snapshot)] == ["Yes, subscribe"]
