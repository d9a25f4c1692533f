"""Extras that the shop put into the basket are detected; the goods and the postage are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot, cases
from veritas.audit.patterns import sneak_into_basket


def cart(line: str) -> str:
    """Return a basket with a kettle, its postage, and this line."""
    return (
        f"<section class=cart><h2>Your cart</h2><ul><li>Kettle $40<li>Postage $5{line}</ul><p>Total $47</p></section>"
    )


SNEAKED = (
    "<li>Purchase protection $2",
    "<li><b>Gift insurance</b> <i>$2.00</i> <button>Remove</button>",
    "<li>Donation €2",
)
HONEST = (
    cart(""),
    cart("<li><label><input type=checkbox> Purchase protection $2</label>"),
    cart("<li><input type=checkbox checked id=c> <label for=c><span>Purchase protection $2</span></label>"),
    "<ul class=products><li>Screen protection foil $8<li>Kettle $40</ul>",
    "<p>Kettles come with a warranty of two years. $40</p>",
    "<p>We have added a dark theme, and captions are automatically added.</p>",
    "<p>Remove the screen protection before use.</p>",
)


async def test_sneaked_item_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Insurances and donations in a new visitor's basket were put there by the shop."""
    detections = list(sneak_into_basket.detect(await snapshot_of(cases(*map(cart, SNEAKED)))))
    assert [(detection.kind, detection.element.tag) for detection in detections] == [("sneaked_item", "li")] * 3
    assert [detection.measured["price"] for detection in detections] == [2.0] * 3


async def test_statement_that_an_extra_was_added_is_detected(snapshot_of: TakeSnapshot) -> None:
    """If it names the order, or is below the title of a basket; elsewhere it may be news of the shop."""
    stated = "<p>Gift insurance was added.</p>"
    named = cases("<p>We have automatically added gift insurance to your order.</p>")
    for html in (f"<h1>Your cart</h1>{stated}", named):
        kinds = [each.kind for each in sneak_into_basket.detect(await snapshot_of(html))]
        assert kinds == ["sneaked_item"]
    assert list(sneak_into_basket.detect(await snapshot_of(f"<h1>News</h1>{stated}"))) == []


async def test_honest_basket_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """Goods, postage, extras with a box to tick, and items for sale are not sneaked items."""
    assert list(sneak_into_basket.detect(await snapshot_of(cases(*HONEST)))) == []
