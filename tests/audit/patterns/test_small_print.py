"""A charge in small or faint print next to an offer is detected; one that is as legible as the offer is not."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot, cases
from veritas.audit.patterns import pressured_selling, small_print

CHARGE = "your card will be charged $39.99 every month until you cancel in writing"
TRIAL = "<h2>Start your free trial</h2><button>Try for free</button>"
HIDDEN = (
    f"{TRIAL}<p style='font-size: 9px; color: #aaa'>{CHARGE}</p>",
    f"{TRIAL}<p style='color: #ccc'>{CHARGE}</p>",
    "<h2>Tickets £60</h2><p style='font-size: 8px; color: #999'>Booking fee: £8.40</p>",
)
HONEST = (
    f"{TRIAL}<p>{CHARGE}</p>",
    f"{TRIAL}<p style='font-size: 14px; color: #555'>{CHARGE}</p>",
    "<p style='font-size: 9px; color: #aaa'>Printed in Leeds</p>",
    f"<p>An article says: <q style='font-size: 9px; color: #aaa'>{CHARGE}</q></p>",
)
# Text of the usual size, so that the small print is not most of the page.
PROSE = "<p>Our tea comes from small gardens, and we pack it by hand in our own house. </p>" * 20


async def test_charges_in_small_print_are_detected(snapshot_of: TakeSnapshot) -> None:
    """High if tiny and faint, medium if only one of them."""
    detections = list(small_print.detect(await snapshot_of(PROSE + cases(*HIDDEN))))
    assert [(each.kind, each.severity) for each in detections] == [
        ("hidden_subscription", "high"),
        ("hidden_subscription", "medium"),
        ("hidden_cost", "high"),
    ]
    assert detections[0].measured["offer"] == "Start your free trial"


async def test_legible_charges_are_honest(snapshot_of: TakeSnapshot) -> None:
    """So are quotations, and small print about other things."""
    assert list(small_print.detect(await snapshot_of(PROSE + cases(*HONEST)))) == []


async def test_pressure_to_add_an_extra_is_detected(snapshot_of: TakeSnapshot) -> None:
    """On a control or near its price; a recommendation is not pressure."""
    html = cases(
        "<p>Protect your purchase: add a care plan for £9.99</p>",
        "<button>Add protection plan</button>",
        "<h3>Customers also bought</h3>",
        "<p>How to protect your home from damp</p>",
        "<h2>Protect your phone</h2><p>Our virus scanner costs £9.99</p>",
    )
    found = [each.element.text for each in pressured_selling.detect(await snapshot_of(html))]
    assert found == ["Protect your purchase: add a care plan for £9.99", "Add protection plan"]
