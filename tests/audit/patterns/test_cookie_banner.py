"""A cookie banner must let people refuse as easily as consent."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import Look
from veritas.audit.patterns import cookie_banner

BUTTON = "style='background: #00408f; color: #fff; font-size: 16px; padding: 12px 30px'"


def banner(controls: str) -> str:
    """Return a banner at the bottom of the window with these controls."""
    return (
        "<p>A shop.</p><div style='position: fixed; bottom: 0; left: 0; right: 0; background: #fff'>"
        f"<p>We and our partners use cookies to improve your visit.</p><div>{controls}</div></div>"
    )


@pytest.mark.parametrize("rest", ["", "<a href=#>Cookie settings</a>", "<a href=/privacy>Learn more</a>"])
async def test_banner_without_refusal_is_found(look: Look, rest: str) -> None:
    """One click to consent, and none, or more than one, to refuse."""
    (found,) = cookie_banner.judge(await look(banner(f"<button {BUTTON}>Accept all</button> {rest}")))
    assert (found.kind, found.signal) == ("consent_without_reject", "structural")
    assert found.type.gray == "Obstruction: Adding Steps"


async def test_small_refusal_is_found(look: Look) -> None:
    """A link in a corner is no equal of a button, even where it can be read."""
    controls = f"<button {BUTTON}>Accept all</button> <a href=# style='color: #000; font-size: 12px'>Reject</a>"
    (found,) = cookie_banner.judge(await look(banner(controls)))
    assert found.kind == "weak_decline"
    assert found.measured["area_ratio"] < 0.35


@pytest.mark.parametrize("no", ["Reject all", "Decline", "Only necessary", "Continue without accepting"])
async def test_equal_banner_is_left_alone(look: Look, no: str) -> None:
    """Two buttons of one kind are what the law asks for."""
    assert (
        list(
            cookie_banner.judge(
                await look(banner(f"<button {BUTTON}>Accept all</button> <button {BUTTON}>{no}</button>"))
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
async def test_other_boxes_are_no_banners(look: Look, html: str) -> None:
    """A notice that asks for nothing, and boxes about other things, are left alone."""
    assert list(cookie_banner.judge(await look(html))) == []
