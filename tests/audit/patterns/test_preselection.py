"""Preselected options that cost, commit or allow advertising are detected; honest defaults are not."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot, case_of, cases
from veritas.audit.patterns import preselection
from veritas.audit.patterns.detection import Detection

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


async def detections_in(snapshot_of: TakeSnapshot, *htmls: str) -> dict[int, list[Detection]]:
    """Return the detections in each form, by the form's number."""
    snapshot = await snapshot_of(cases(*(f"<form>{html}</form>" for html in htmls)))
    detections: dict[int, list[Detection]] = {}
    for detection in preselection.detect(snapshot):
        detections.setdefault(case_of(snapshot, detection), []).append(detection)
    return detections


async def test_preselected_options_are_detected(snapshot_of: TakeSnapshot) -> None:
    """Boxes, switches, radio buttons and selects, styled or not, are detected with their prices."""
    detections = await detections_in(snapshot_of, *(html for html, _, _ in CHECKED))
    for number, (html, kind, price) in enumerate(CHECKED):
        assert [(each.kind, each.measured["price"]) for each in detections.get(number, [])] == [(kind, price)], html
    assert {detection.signal for group in detections.values() for detection in group} == {"structural"}


async def test_honest_defaults_are_not_detected(snapshot_of: TakeSnapshot) -> None:
    """Unticked boxes, defaults that cost least, and ticks that cost nothing are not dark patterns."""
    assert await detections_in(snapshot_of, *HONEST) == {}


async def test_preselected_subscription_has_its_own_type(snapshot_of: TakeSnapshot) -> None:
    """A recurring charge is a hidden subscription, not one more item."""
    html = "<label><input type=checkbox checked> Auto-renew at $9 per month</label>"
    ((detection,),) = (await detections_in(snapshot_of, html)).values()
    assert detection.type.mathur == "Sneaking: Hidden Subscription"
    assert detection.severity == "high"


async def test_radio_groups_of_different_forms_are_separate(snapshot_of: TakeSnapshot) -> None:
    """Radio buttons of one name in two forms are two find_choices."""
    one = "<label><input type=radio name=d checked> Post $5</label><label><input type=radio name=d> Van $9</label>"
    other = "<label><input type=radio name=d checked> Ship $3</label><label><input type=radio name=d> Air $8</label>"
    assert await detections_in(snapshot_of, one, other) == {}
