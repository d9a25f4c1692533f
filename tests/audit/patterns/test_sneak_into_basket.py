"""A basket that charges for what nobody chose is found; the goods and the postage in it are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import Look, cases
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
)


async def test_sneaked_item_is_found(look: Look) -> None:
    """Covers and donations that stand in the basket already were put there by the shop."""
    found = list(sneak_into_basket.judge(await look(cases(*map(cart, SNEAKED)))))
    assert [(one.kind, one.measured["price"], one.element.tag) for one in found] == [("sneaked_item", 2.0, "li")] * 3


async def test_honest_basket_is_left_alone(look: Look) -> None:
    """Goods, postage, extras that one may tick, and things for sale are no sneaked items."""
    assert list(sneak_into_basket.judge(await look(cases(*HONEST)))) == []
