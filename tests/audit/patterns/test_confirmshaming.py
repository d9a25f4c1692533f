"""A reject control that shames or is hard to see is detected; one equal to its accept control is not."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import TakeSnapshot, cases
from veritas.audit.patterns import confirmshaming
from veritas.audit.patterns.detection import CannotTell

YES = "<button style='background: #006400; color: #fff; font-size: 18px; padding: 12px 24px'>Yes, subscribe</button>"


def box(no: str) -> str:
    """Return an offer with a plain accept control and this reject control."""
    return f"<div><p>Our letter, once a month.</p>{YES} {no}</div>"


SHAMING = ("No thanks, I prefer to pay full price", "No, I don't like good deals", "I'd rather miss out")
HONEST = (
    "<button style='background: #006400; color: #fff; font-size: 18px; padding: 12px 24px'>No thanks</button>",
    "<button>No thanks</button>",
    "<a href=# style='color: #00e'>No thanks</a>",
    "<a href=# style='color: #666; font-size: 14px'>Not now</a>",
    "<button aria-label=Close>×</button>",
    "<button disabled style='display: none; color: #fff'>No thanks</button>",
)


async def test_confirmshaming_is_detected(snapshot_of: TakeSnapshot) -> None:
    """People who decline have to speak ill of themselves."""
    detections = list(
        confirmshaming.detect(await snapshot_of(cases(*(box(f"<button>{text}</button>") for text in SHAMING))))
    )
    assert [detection.element.text for detection in detections] == list(SHAMING)
    assert {(detection.kind, detection.signal) for detection in detections} == {("confirmshaming", "meta")}


async def test_shaming_words_in_prose_are_ignored(snapshot_of: TakeSnapshot) -> None:
    """They count only on a control, where they are the only way to decline."""
    assert (
        list(confirmshaming.detect(await snapshot_of("<p>I'd rather pay more than wait, says a customer.</p>"))) == []
    )


async def test_clickable_text_is_a_control(snapshot_of: TakeSnapshot) -> None:
    """A span with a script is a reject control like a button."""
    no = "<span style='cursor: pointer'>No thanks, I hate saving money</span>"
    assert [detection.kind for detection in confirmshaming.detect(await snapshot_of(box(no)))] == ["confirmshaming"]


async def test_faint_reject_control_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Grey on white next to white on green is detected, with both contrasts."""
    (detection,) = confirmshaming.detect(await snapshot_of(box("<a href=# style='color: #ccc'>No thanks</a>")))
    assert (detection.kind, detection.signal) == ("weak_decline", "visual")
    assert detection.measured["contrast"] == pytest.approx(1.61, abs=0.01)
    assert detection.measured["contrast_of_accept"] == pytest.approx(7.44, abs=0.01)
    assert detection.measured["contrast_required"] == 4.5


async def test_translucent_reject_control_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Opacity lowers the contrast as colour does."""
    (detection,) = confirmshaming.detect(
        await snapshot_of(box("<a href=# style='color: #000; opacity: .25'>No thanks</a>"))
    )
    assert detection.measured["contrast"] < 2


async def test_tiny_reject_control_is_detected(snapshot_of: TakeSnapshot) -> None:
    """Type under 10 px next to 18 px is detected."""
    (detection,) = confirmshaming.detect(
        await snapshot_of(box("<a href=# style='color: #000; font-size: 8px'>Skip</a>"))
    )
    assert (detection.kind, detection.measured["font_px"], detection.measured["font_px_of_accept"]) == (
        "weak_decline",
        8,
        18,
    )


async def test_contrast_over_an_image_is_unknown(snapshot_of: TakeSnapshot) -> None:
    """A reject control whose contrast cannot be determined is no detection, and is not good either."""
    no = "<span style='background: url(x.png)'><a href=# style='color: #eee'>No thanks</a></span>"
    (undetermined,) = confirmshaming.detect(await snapshot_of(box(no)))
    assert isinstance(undetermined, CannotTell)
    assert undetermined.signal == "visual"
    assert undetermined.why == "The contrast of “No thanks” cannot be determined: its background is an image."


async def test_reject_control_in_the_colour_of_its_background_is_detected(snapshot_of: TakeSnapshot) -> None:
    """It cannot be seen at all."""
    (detection,) = confirmshaming.detect(await snapshot_of(box("<a href=# style='color: #fff'>No thanks</a>")))
    assert (detection.kind, detection.severity) == ("weak_decline", "high")
    assert "its text has the colour of its background" in detection.detail


async def test_honest_reject_control_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """Buttons of one size, and links that can be read, are not dark patterns."""
    snapshot = await snapshot_of(cases(*map(box, HONEST)))
    assert (
        len(list(confirmshaming.find_choices(snapshot))) == len(HONEST) - 2
    )  # the last two have no reject control to compare
    assert list(confirmshaming.detect(snapshot)) == []


async def test_page_with_faint_controls_only_is_not_detected(snapshot_of: TakeSnapshot) -> None:
    """If both controls are equally faint, neither is preferred."""
    style = "style='color: #bbb; background: #fff; font-size: 14px; border: 0'"
    html = f"<div><button {style}>Yes</button> <button {style}>No</button></div>"
    assert list(confirmshaming.detect(await snapshot_of(html))) == []


async def test_signs_around_the_words_of_a_control_are_ignored(snapshot_of: TakeSnapshot) -> None:
    """Emoji, crosses and arrows do not hide that two controls are a choice."""
    snapshot = await snapshot_of(
        cases(
            *(
                f"<div><button>🚀 UPGRADE →</button> <a href=# style='color: #ccc'>{no}</a></div>"
                for no in ("No thanks", "✕ No thanks", "» Maybe later!", "(skip)")
            )
        )
    )
    assert [detection.kind for detection in confirmshaming.detect(snapshot)] == ["weak_decline"] * 4


async def test_accept_control_next_to_the_reject_control_is_its_pair(snapshot_of: TakeSnapshot) -> None:
    """Both may be children of the body, on a page with much text."""
    text = "<p>" + "Our letter comes once a month. " * 30 + "</p>"
    snapshot = await snapshot_of(
        f"{text}{text}<h2>Join</h2>{YES}<p><a href=# style='color: #ccc'>No thanks</a></p>{text}"
    )
    (choice,) = confirmshaming.find_choices(snapshot)
    assert (choice.reject.text, choice.accept.text) == ("No thanks", "Yes, subscribe")


async def test_other_controls_are_not_reject_controls(snapshot_of: TakeSnapshot) -> None:
    """A control whose text only begins like a refusal rejects nothing."""
    others = ("Skip to content", "No. 7 Serum", "No reviews yet", "Later models", "Close-ups", "Leave a review")
    snapshot = await snapshot_of(box(" ".join(f"<a href=# style='color: #eee'>{text}</a>" for text in others)))
    assert list(confirmshaming.find_choices(snapshot)) == []


async def test_cancel_link_is_not_a_reject_control(snapshot_of: TakeSnapshot) -> None:
    """A link that cancels a subscription rejects no offer, however faint it is."""
    html = f"<div>{YES} <a href=# style='color: #eee'>Cancel subscription</a></div>"
    assert list(confirmshaming.detect(await snapshot_of(html))) == []


async def test_reject_control_is_paired_with_the_nearest_accept_control(snapshot_of: TakeSnapshot) -> None:
    """It is compared with the accept control of its own box, not with one elsewhere on the page."""
    other = "<div><div><div><button style='font-size: 60px'>Buy</button></div></div></div>"
    snapshot = await snapshot_of(other + box("<button>No thanks</button>"))
    assert [choice.accept.text for choice in confirmshaming.find_choices(snapshot)] == ["Yes, subscribe"]
