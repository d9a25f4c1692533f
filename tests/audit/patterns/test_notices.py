"""Notices that press are found once each; what informs, or is not the shop's own, is none."""

from __future__ import annotations

from tests.audit.patterns.conftest import Look, cases
from veritas.audit.patterns.notices import notices

HONEST = (
    "<p>In stock</p><p>Free delivery over $50</p><p>Sale ends 30 November</p>",
    "<nav><a href=#>Last chance</a> <a href=#>High demand</a></nav>",
    "<section class=reviews><p>Hurry, buy it! Only 2 left, I took one.</p></section>",
    "<blockquote>Hurry up please, it is time</blockquote>",
    "<p hidden>Only 2 left</p>",
)


async def test_honest_texts_are_left_alone(look: Look) -> None:
    """Information, menus, what customers write, and what is not shown are no claims of the page."""
    assert notices(await look(cases(*HONEST))) == []


async def test_a_claim_is_reported_once(look: Look) -> None:
    """What a part says is not said again of the whole."""
    html = "<div><div><p><b>Only 2 left in stock</b></p></div></div>"
    assert len(notices(await look(html))) == 1
