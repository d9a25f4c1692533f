"""A way out that is hidden or barred is found; one that can be read and taken is not."""

from __future__ import annotations

from tests.audit.patterns.conftest import Look, cases
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


async def test_buried_way_out_is_measured(look: Look) -> None:
    """Faint or tiny links to cancel are found, with contrast, size and place."""
    links = cases(*(f"<a href=/cancel style='{style}'>Cancel subscription</a>" for style, _ in BURIED))
    found = list(hard_to_cancel.judge(await look(CONTENT + links)))
    assert [one.severity for one in found] == [severity for _, severity in BURIED]
    assert {(one.kind, one.signal) for one in found} == {("buried_exit", "visual")}
    assert {one.measured["usual_font_px"] for one in found} == {16}
    assert min(one.measured["depth"] for one in found) > 0.7


async def test_every_way_out_counts(look: Look) -> None:
    """Leaving has many names, and need not be a link."""
    texts = "".join(f"<p style='font-size: 6px'>{name}</p>" for name in NAMES)
    assert [one.element.text for one in hard_to_cancel.judge(await look(CONTENT + texts))] == list(NAMES)


async def test_plain_way_out_is_left_alone(look: Look) -> None:
    """A footer in smaller type that can be read hides nothing; nor do other small links matter."""
    links = cases(
        *(
            f"<footer style='{style}'><a href=# style='{style}'>Cancel subscription</a></footer>"
            for style in ("", "color: #555; font-size: 13px", "color: #595959; font-size: 11px")
        )
    )
    assert list(hard_to_cancel.judge(await look(CONTENT + links + "<p style='font-size: 6px'>Imprint</p>"))) == []


async def test_leaving_by_telephone_alone_is_found(look: Look) -> None:
    """Who may join by a click and leave only by a call is kept in."""
    html = "<p>You may cancel your Tea Club membership at any time by calling our member desk on weekdays.</p>"
    (found,) = hard_to_cancel.judge(await look(html))
    assert (found.kind, found.signal, found.type.category) == ("hard_to_cancel", "structural", "Obstruction")


async def test_leaving_by_a_link_is_not_barred(look: Look) -> None:
    """Where the same line has the link, calling is only another way."""
    html = "<p>Cancel your membership by calling us, or right <a href=/cancel>here: cancel membership</a>.</p>"
    assert list(hard_to_cancel.judge(await look(html))) == []
