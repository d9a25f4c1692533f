"""Notices that press are found once each; information, and texts of customers, are not notices."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot, cases
from veritas.audit.patterns.notices import find_notices

HONEST = (
    "<p>In stock</p><p>Free delivery over $50</p><p>Sale ends 30 November</p>",
    "<nav><a href=#>Last chance</a> <a href=#>High demand</a></nav>",
    "<section class=reviews><p>Hurry, buy it! Only 2 left, I took one.</p></section>",
    "<blockquote>Hurry up please, it is time</blockquote>",
    "<p hidden>Only 2 left</p>",
)


async def test_honest_texts_are_not_notices(snapshot_of: TakeSnapshot) -> None:
    """Information, menus, customers' texts and hidden texts are not claims of the page."""
    assert find_notices(await snapshot_of(cases(*HONEST))) == []


async def test_a_notice_is_found_once(snapshot_of: TakeSnapshot) -> None:
    """The text of a part is not reported again for the whole."""
    html = "<div><div><p><b>Only 2 left in stock</b></p></div></div>"
    assert len(find_notices(await snapshot_of(html))) == 1
