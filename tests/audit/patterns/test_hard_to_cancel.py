"""A cancel control that is hard to see, or missing, is detected; one that can be read and used is not."""

from __future__ import annotations

from tests.audit.patterns.conftest import TakeSnapshot, cases
from veritas.audit.patterns import hard_to_cancel

CONTENT = "<main>" + "<p>Good tea, sent every month, from the gardens of Assam to your door.</p>" * 30 + "</main>"


BURIED = (
    ("color: #f4f4f4; font-size: 7px", "high"),
    ("color: #eee", "high"),
    ("color: #000; font-size: 6px", "high"),
    ("color: #000; font-size: 8px", "medium"),
    ("color: #aaa", "medium"),
    ("color: #888; font-size: 10px", "medium"),
)
NAMES = ("Unsubscribe", "Delete my account", "End membership", "How to cancel", "Opt out")


async def test_cancel_control_that_is_hard_to_see_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Faint or tiny links are detected, with contrast, size and place."""
    links = cases(*(f"<a href=/cancel style='{style}'>Cancel subscription</a>" for style, _ in BURIED))
    detections = list(hard_to_cancel.detect(await snapshot_of(CONTENT + links)))
    assert [detection.severity for detection in detections] == [severity for _, severity in BURIED]
    assert {(detection.kind, detection.signal) for detection in detections} == {("buried_exit", "visual")}
    assert {detection.measured["usual_font_px"] for detection in detections} == {16}
    assert min(detection.measured["depth"] for detection in detections) > 0.7


async def test_every_cancel_text_is_recognised(snapshot_of: TakeSnapshot) -> None:
    """Cancelling has many names, and need not be a link."""
    texts = "".join(f"<p style='font-size: 6px'>{name}</p>" for name in NAMES)
    assert [detection.element.text for detection in hard_to_cancel.detect(await snapshot_of(CONTENT + texts))] == list(
        NAMES
    )


async def test_readable_cancel_control_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """A readable footer in smaller type is not detected; nor are other small links."""
    links = cases(
        *(
            f"<footer style='{style}'><a href=# style='{style}'>Cancel subscription</a></footer>"
            for style in ("", "color: #555; font-size: 13px", "color: #595959; font-size: 11px")
        )
    )
    assert (
        list(hard_to_cancel.detect(await snapshot_of(CONTENT + links + "<p style='font-size: 6px'>Imprint</p>"))) == []
    )


async def test_cancelling_by_telephone_alone_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Cancelling by a call is harder than joining by a click."""
    html = "<p>You may cancel your Tea Club membership at any time by calling our member desk on weekdays.</p>"
    (detection,) = hard_to_cancel.detect(await snapshot_of(html))
    assert (detection.kind, detection.signal, detection.type.category) == (
        "hard_to_cancel",
        "structural",
        "Obstruction",
    )


async def test_cancelling_by_telephone_or_link_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """If the same line has a link, the call is only an alternative."""
    html = "<p>Cancel your membership by calling us, or right <a href=/cancel>here: cancel membership</a>.</p>"
    assert list(hard_to_cancel.detect(await snapshot_of(html))) == []
