"""Claims are reported as claims, each with what was read of it."""

from __future__ import annotations

from tests.audit.patterns.conftest import Try, case_of, cases
from veritas.audit.patterns import pressure_claims

CLAIMS = (
    ("<p>Only <b>2</b> left in stock</p>", "scarcity_claim"),
    ("<p>High demand</p>", "scarcity_claim"),
    ("<p>31 shoppers bought this today</p>", "activity_claim"),
    ("<p>Limited-time offer</p>", "urgency_claim"),
    ("<div style='display: flex'><span>Only</span><span>2</span><span>left</span></div>", "scarcity_claim"),
    ("<div>Only 2 left! <div>Kettle</div></div>", "scarcity_claim"),
    ("<div style='display: flex'><b>17</b><span>people are viewing this</span></div>", "activity_claim"),
    ("<p style='display: flex'><b>17</b> people are viewing this</p>", "activity_claim"),
)


async def test_claim_is_reported_as_a_claim(put_on_trial: Try) -> None:
    """What cannot be measured weighs little: a claim that nothing bears out."""
    trial = await put_on_trial(cases(*(html for html, _ in CLAIMS)))
    found = list(pressure_claims.judge(trial))
    assert [one.kind for one in found] == [kind for _, kind in CLAIMS]
    assert [case_of(trial.opened.snapshot, one) for one in found] == list(range(len(CLAIMS)))
    assert {(one.severity, one.signal) for one in found} == {("low", "meta")}
    assert all(one.measured["words"] for one in found)
    assert {one.element.text for one in found[-2:]} == {"17 people are viewing this"}


async def test_words_of_a_running_countdown_are_its_own(put_on_trial: Try) -> None:
    """What a countdown says is judged by what it does, not once more by its words."""
    html = (
        "<div><p>Hurry, offer ends in</p><p id=timer>02:00:00</p></div><script>const end = Date.now() + 7200000;"
        "setInterval(() => timer.textContent = new Date(end - Date.now()).toISOString().slice(11, 19), 1000)</script>"
    )
    assert list(pressure_claims.judge(await put_on_trial(html))) == []
