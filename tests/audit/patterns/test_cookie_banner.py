"""On a cookie banner rejecting must be as easy as accepting."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import TakeSnapshot
from veritas.audit.patterns import cookie_banner

BUTTON = "style='background: #00408f; color: #fff; font-size: 16px; padding: 12px 30px'"


def banner(controls: str) -> str:
    """Return a banner at the bottom of the window with these controls."""
    return (
        "<p>A shop.</p><div style='position: fixed; bottom: 0; left: 0; right: 0; background: #fff'>"
        f"<p>We and our partners use cookies to improve your visit.</p><div>{controls}</div></div>"
    )


@pytest.mark.parametrize("rest", ["", "<a href=#>Cookie settings</a>", "<a href=/privacy>Learn more</a>"])
async def test_banner_without_reject_control_is_detected(snapshot_of: TakeSnapshot, rest: str) -> None:
    """Accepting takes one click; rejecting is impossible or takes more than one."""
    (detection,) = cookie_banner.detect(await snapshot_of(banner(f"<button {BUTTON}>Accept all</button> {rest}")))
    assert (detection.kind, detection.signal) == ("consent_without_reject", "structural")
    assert detection.type.gray == "Obstruction: Adding Steps"


async def test_small_reject_control_is_detected(snapshot_of: TakeSnapshot) -> None:
    """A small link is not equal to a button, even if it can be read."""
    controls = f"<button {BUTTON}>Accept all</button> <a href=# style='color: #000; font-size: 12px'>Reject</a>"
    (detection,) = cookie_banner.detect(await snapshot_of(banner(controls)))
    assert detection.kind == "weak_decline"
    assert detection.measured["area_ratio"] < 0.35


@pytest.mark.parametrize("no", ["Reject all", "Decline", "Only necessary", "Continue without accepting"])
async def test_equal_controls_are_not_detected(snapshot_of: TakeSnapshot, no: str) -> None:
    """The law requires two buttons of one kind."""
    assert (
        list(
            cookie_banner.detect(
                await snapshot_of(banner(f"<button {BUTTON}>Accept all</button> <button {BUTTON}>{no}</button>"))
            )
        )
        == []
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p>We use no cookies. <a href=#>Accept an invitation</a></p>",
        "<footer>Cookies: <a href=#>settings</a></footer>",
        "<div style='position: fixed; bottom: 0'>This shop sets one cookie for its basket. <button>OK</button></div>",
        "<div style='position: fixed; bottom: 0'>Chat with us <button>Accept</button></div>",
    ],
)
async def test_other_boxes_are_not_banners(snapshot_of: TakeSnapshot, html: str) -> None:
    """Notices that ask for nothing, and boxes about other things, are ignored."""
    assert list(cookie_banner.detect(await snapshot_of(html))) == []
