"""An overlay that demands a sign-up and cannot be closed is detected; one that can be closed is not."""

from __future__ import annotations

import asyncio

from tests.audit.patterns.conftest import RunExperiment
from veritas.audit.patterns import forced_enrollment

SHADE = "position: fixed; inset: 0; background: rgb(0 0 0 / .8)"
FORM = "<form style='background: #fff'><p>Sign up to read on</p><input type=email><button>Sign up</button>{rest}</form>"
CONTENT = "<p>Twelve ways to brew.</p>"


def wall(rest: str = "", script: str = "") -> str:
    """Return a page under an overlay with a sign-up form."""
    return f"{CONTENT}<div id=wall style='{SHADE}'>{FORM.format(rest=rest)}</div><script>{script}</script>"


async def test_sign_up_wall_is_detected(experiment_on: RunExperiment) -> None:
    """It can be closed neither by a click nor by a key."""
    (detection,) = forced_enrollment.detect(await experiment_on(wall()))
    assert (detection.kind, detection.element.selector) == ("forced_signup", "#wall")
    assert detection.measured["covered"] == 1.0


async def test_sign_up_wall_that_appears_late_is_detected(experiment_on: RunExperiment) -> None:
    """Most sign-up walls appear after a few seconds."""
    late = wall(script="wall.hidden = true; setTimeout(() => wall.hidden = false, 4000)").replace(
        "<div", "<style>[hidden] { display: none !important }</style><div"
    )
    assert [detection.kind for detection in forced_enrollment.detect(await experiment_on(late))] == ["forced_signup"]


async def test_overlay_that_can_be_closed_is_not_detected(experiment_on: RunExperiment) -> None:
    """The name of the control does not matter."""
    ways = (
        "<button type=button>No thanks</button>",
        "<button type=button aria-label=Close>×</button>",
        "<a href=#>Continue as guest</a>",
        "<span class=modal-close style='cursor: pointer'>&nbsp;</span>",
    )
    for experiment in await asyncio.gather(*(experiment_on(wall(way)) for way in ways)):
        assert list(forced_enrollment.detect(experiment)) == []


async def test_overlay_that_escape_closes_is_not_detected(experiment_on: RunExperiment) -> None:
    """The Escape key closes dialogs."""
    experiment = await experiment_on(
        wall(script="document.addEventListener('keydown', e => e.key == 'Escape' && wall.remove())")
    )
    assert experiment.after_escape is not None
    assert list(forced_enrollment.detect(experiment)) == []


async def test_login_page_is_not_detected(experiment_on: RunExperiment) -> None:
    """A page that consists of the form covers no other content."""
    assert list(forced_enrollment.detect(await experiment_on(FORM.format(rest="<input type=password>")))) == []
