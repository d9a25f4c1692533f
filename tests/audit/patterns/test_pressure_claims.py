"""Claims without evidence are reported as claims, each with its texts."""

from __future__ import annotations

from tests.audit.patterns.conftest import RunExperiment, case_of, cases
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


async def test_unsupported_claim_has_low_severity(experiment_on: RunExperiment) -> None:
    """A claim that cannot be tested is reported as such."""
    experiment = await experiment_on(cases(*(html for html, _ in CLAIMS)))
    detections = list(pressure_claims.detect(experiment))
    assert [detection.kind for detection in detections] == [kind for _, kind in CLAIMS]
    assert [case_of(experiment.opened.snapshot, detection) for detection in detections] == list(range(len(CLAIMS)))
    assert {(detection.severity, detection.signal) for detection in detections} == {("low", "meta")}
    assert all(detection.measured["words"] for detection in detections)
    assert {detection.element.text for detection in detections[-2:]} == {"17 people are viewing this"}


async def test_words_of_a_running_countdown_are_not_a_claim(experiment_on: RunExperiment) -> None:
    """The countdown detector tests them; they are not reported a second time."""
    html = (
        "<div><p>Hurry, offer ends in</p><p id=timer>02:00:00</p></div><script>const end = Date.now() + 7200000;"
        "setInterval(() => timer.textContent = new Date(end - Date.now()).toISOString().slice(11, 19), 1000)</script>"
    )
    assert list(pressure_claims.detect(await experiment_on(html))) == []
