"""An overlay that demands a sign-up and cannot be closed is found; one that can be closed is not."""

from __future__ import annotations

import asyncio

from tests.audit.patterns.conftest import Try
from veritas.audit.patterns import forced_enrollment

SHADE = "position: fixed; inset: 0; background: rgb(0 0 0 / .8)"
FORM = "<form style='background: #fff'><p>Sign up to read on</p><input type=email><button>Sign up</button>{rest}</form>"
CONTENT = "<p>Twelve ways to brew.</p>"


def wall(rest: str = "", script: str = "") -> str:
    """Return a page under an overlay with a sign-up form."""
    return f"{CONTENT}<div id=wall style='{SHADE}'>{FORM.format(rest=rest)}</div><script>{script}</script>"


async def test_wall_is_found(put_on_trial: Try) -> None:
    """No way around it, by click or by key."""
    (found,) = forced_enrollment.judge(await put_on_trial(wall()))
    assert (found.kind, found.element.selector) == ("forced_signup", "#wall")
    assert found.measured["covered"] == 1.0


async def test_wall_that_comes_later_is_found(put_on_trial: Try) -> None:
    """Most of them wait a few seconds."""
    late = wall(script="wall.hidden = true; setTimeout(() => wall.hidden = false, 4000)").replace(
        "<div", "<style>[hidden] { display: none !important }</style><div"
    )
    assert [found.kind for found in forced_enrollment.judge(await put_on_trial(late))] == ["forced_signup"]


async def test_overlay_that_can_be_closed_is_left_alone(put_on_trial: Try) -> None:
    """A way past it, however named, is a way."""
    ways = (
        "<button type=button>No thanks</button>",
        "<button type=button aria-label=Close>×</button>",
        "<a href=#>Continue as guest</a>",
        "<span class=modal-close style='cursor: pointer'>&nbsp;</span>",
    )
    for trial in await asyncio.gather(*(put_on_trial(wall(way)) for way in ways)):
        assert list(forced_enrollment.judge(trial)) == []


async def test_overlay_that_escape_closes_is_left_alone(put_on_trial: Try) -> None:
    """The key that closes dialogs is a way as well."""
    trial = await put_on_trial(
        wall(script="document.addEventListener('keydown', e => e.key == 'Escape' && wall.remove())")
    )
    assert trial.unescaped is not None
    assert list(forced_enrollment.judge(trial)) == []


async def test_login_page_is_no_wall(put_on_trial: Try) -> None:
    """A page whose purpose is the form covers nothing."""
    assert list(forced_enrollment.judge(await put_on_trial(FORM.format(rest="<input type=password>")))) == []
