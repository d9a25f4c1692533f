"""A way out that is hidden or barred is found; one that can be read and taken is not."""

from __future__ import annotations

import pytest

from tests.audit.patterns.conftest import Look
from veritas.audit.patterns import obstruction

CONTENT = "<main>" + "<p>Good tea, sent every month, from the gardens of Assam to your door.</p>" * 30 + "</main>"


@pytest.mark.parametrize(
    ("style", "severity"),
    [
        ("color: #f4f4f4; font-size: 7px", "high"),
        ("color: #eee", "high"),
        ("color: #000; font-size: 6px", "high"),
        ("color: #000; font-size: 8px", "medium"),
        ("color: #aaa", "medium"),
        ("color: #888; font-size: 10px", "medium"),
    ],
)
async def test_buried_way_out_is_measured(look: Look, style: str, severity: str) -> None:
    """Faint or tiny links to cancel are found, with contrast, size and place."""
    html = f"{CONTENT}<footer><a href=/cancel style='{style}'>Cancel subscription</a></footer>"
    (found,) = obstruction.judge(await look(html))
    assert (found.kind, found.severity, found.signal) == ("buried_exit", severity, "visual")
    assert found.measured["usual_font_px"] == 16
    assert found.measured["depth"] > 0.8


@pytest.mark.parametrize("text", ["Unsubscribe", "Delete my account", "End membership", "How to cancel", "Opt out"])
async def test_every_way_out_counts(look: Look, text: str) -> None:
    """Leaving has many names, and need not be a link."""
    (found,) = obstruction.judge(await look(f"{CONTENT}<p style='font-size: 6px'>{text}</p>"))
    assert found.element.text == text


@pytest.mark.parametrize("style", ["", "color: #555; font-size: 13px", "color: #595959; font-size: 11px"])
async def test_plain_way_out_is_left_alone(look: Look, style: str) -> None:
    """A footer in smaller type that can be read hides nothing; nor do other small links matter."""
    html = f"<footer style='{style}'><a href=# style='{style}'>Cancel subscription</a></footer>"
    assert list(obstruction.judge(await look(CONTENT + html + "<p style='font-size: 6px'>Imprint</p>"))) == []


async def test_leaving_by_telephone_alone_is_found(look: Look) -> None:
    """Who may join by a click and leave only by a call is kept in."""
    html = "<p>You may cancel your Tea Club membership at any time by calling our member desk on weekdays.</p>"
    (found,) = obstruction.judge(await look(html))
    assert (found.kind, found.signal, found.type.category) == ("hard_to_cancel", "structural", "Obstruction")


async def test_leaving_by_a_link_is_not_barred(look: Look) -> None:
    """Where the same line has the link, calling is only another way."""
    html = "<p>Cancel your membership by calling us, or right <a href=/cancel>here: cancel membership</a>.</p>"
    assert list(obstruction.judge(await look(html))) == []
