"""What is chosen in advance and costs, commits or advertises is found; honest defaults are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import Look, case_of, cases
from veritas.audit.patterns import preselection
from veritas.audit.patterns.detection import Sighting

CHECKED = [
    ("<label><input type=checkbox checked> Shipping insurance (+$3.99)</label>", "preselected_extra", 3.99),
    ("<label><input type=checkbox checked> Add a 2-year warranty</label>", "preselected_extra", None),
    ("<label><input type=checkbox checked> Donate €2 to the tea museum</label>", "preselected_extra", 2.0),
    ("<label><input type=checkbox checked> Tea Club membership, $9 per month</label>", "preselected_extra", 9.0),
    ("<input type=checkbox checked id=i><label for=i>Gift wrap</label> <b>+ $4.00</b>", "preselected_extra", 4.0),
    ("<ul class=cart><li><label><input type=checkbox checked> + Cloth $3</label></ul>", "preselected_extra", 3.0),
    ("<label><input type=checkbox checked> Polishing cloth $3</label>", "preselected_extra", 3.0),
    ("<div><input type=checkbox checked> Express handling <b>£5</b></div>", "preselected_extra", 5.0),
    ("<div role=checkbox tabindex=0 aria-checked=true>Protection plan $6</div>", "preselected_extra", 6.0),
    ("<button role=switch aria-checked=true aria-label='Carbon offset for $1'>.</button>", "preselected_extra", 1.0),
    (
        "<input type=checkbox checked id=s style='position: absolute; opacity: 0'><label for=s>Insurance $7</label>",
        "preselected_extra",
        7.0,
    ),
    ("<label><input type=checkbox checked> Send me offers from our partners</label>", "preselected_consent", None),
    ("<label><input type=checkbox checked> Marketing cookies</label>", "preselected_consent", None),
    (
        "<label><input type=radio name=p checked> Subscribe: $9 monthly</label>"
        "<label><input type=radio name=p> One-time purchase: $12</label>",
        "preselected_extra",
        9.0,
    ),
    (
        "<label><input type=radio name=i checked> Insure my parcel, $4</label>"
        "<label><input type=radio name=i> No insurance</label>",
        "preselected_extra",
        4.0,
    ),
    ("<select><option>No thanks<option selected>Add protection (+$8)</select>", "preselected_extra", 8.0),
    (
        "<label><input type=radio name=d checked> Courier $15</label><label><input type=radio name=d> Post $5</label>",
        "preselected_dearer",
        15.0,
    ),
    ("<select><option>Post, free<option selected>Courier $15</select>", "preselected_dearer", 15.0),
]

HONEST = [
    "<label><input type=checkbox> Shipping insurance (+$3.99)</label>",
    "<label><input type=checkbox checked> Remember me</label>",
    "<label><input type=checkbox checked> Billing address same as shipping address</label>",
    "<label><input type=checkbox checked> In stock only</label>",
    "<label><input type=checkbox checked disabled> Strictly necessary cookies</label>",
    "<label><input type=checkbox checked> Free gift receipt</label>",
    "<div hidden><label><input type=checkbox checked> Insurance $5</label></div>",
    "<label><input type=radio name=d checked> Post $5</label><label><input type=radio name=d> Courier $15</label>",
    "<label><input type=radio name=d checked> Post, free</label><label><input type=radio name=d> Courier $15</label>",
    "<label><input type=radio name=i> Insure it, $4</label><label><input type=radio name=i checked> No cover</label>",
    "<select><option>Blue<option selected>Grey</select>",
    "<select><option selected>Small $10<option>Large $20</select>",
    "<label><input type=radio name=b checked> Yearly $90</label><label><input type=radio name=b> Monthly $9</label>",
    "<ul class=cart><li><label><input type=checkbox checked> Copper kettle $40</label></ul>",
    "<label><input type=radio name=o checked> One-time purchase $12</label>"
    "<label><input type=radio name=o> Subscribe: $9 monthly</label>",
]


async def seen(look: Look, *htmls: str) -> dict[int, list[Sighting]]:
    """Return what the detector sees in each form."""
    snapshot = await look(cases(*(f"<form>{html}</form>" for html in htmls)))
    found: dict[int, list[Sighting]] = {}
    for sighting in preselection.judge(snapshot):
        found.setdefault(case_of(snapshot, sighting), []).append(sighting)
    return found


async def test_what_is_chosen_in_advance_is_found(look: Look) -> None:
    """Boxes, switches, radio buttons and selects, styled or not, are found with what they cost."""
    found = await seen(look, *(html for html, _, _ in CHECKED))
    for number, (html, kind, price) in enumerate(CHECKED):
        assert [(one.kind, one.measured["price"]) for one in found.get(number, [])] == [(kind, price)], html
    assert {one.signal for several in found.values() for one in several} == {"structural"}


async def test_honest_defaults_are_left_alone(look: Look) -> None:
    """Unticked boxes, defaults that cost least, and ticks that cost nothing are no dark patterns."""
    assert await seen(look, *HONEST) == {}


async def test_subscription_is_named_as_one(look: Look) -> None:
    """What recurs is a hidden subscription, not one more item."""
    found = (await seen(look, "<label><input type=checkbox checked> Auto-renew at $9 per month</label>"))[0][0]
    assert found.type.mathur == "Sneaking: Hidden Subscription"
    assert found.severity == "high"


async def test_groups_of_different_forms_are_apart(look: Look) -> None:
    """Radio buttons of one name in two forms are two choices."""
    one = "<label><input type=radio name=d checked> Post $5</label><label><input type=radio name=d> Van $9</label>"
    other = "<label><input type=radio name=d checked> Ship $3</label><label><input type=radio name=d> Air $8</label>"
    assert await seen(look, one, other) == {}
