"""The contrast ratio is that of the colours that people see; where they cannot be determined, the reason is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import TakeSnapshot, page
from veritas.audit.browser import Browser
from veritas.audit.patterns.contrast import LARGE_TEXT, NORMAL_TEXT, Contrast, contrast, luminance, ratio, required
from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.virtual_time import VirtualTimePage

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)
GREY = Element(0, -1, "p", "p", (0, 0, 9, 9), True, text="Grey", colour=(119, 119, 119), background=WHITE, font_size=16)

# Each case is one element with the id `it`, and its ratio.
MEASURED = {
    "own opacity": ("<p id=it style='color: #000; background: #fff; opacity: .3'>Words</p>", 2.1),
    "opacity around a background": (
        "<div style='background: #000'><div style='opacity: .5; background: #fff'><p id=it>Words</p></div></div>",
        5.32,  # black and white, each half on black: #000 on #808080
    ),
    "translucent colour": ("<p id=it style='color: rgb(0 0 0 / .3)'>Words</p>", 2.1),
    "translucent background": ("<p id=it style='background: rgb(0 0 0 / .5); color: #fff'>Words</p>", 3.98),
    "gradient of one colour": (
        "<p id=it style='color: #fff; background: #fff linear-gradient(#222, #222)'>Words</p>",
        15.91,
    ),
    "gradient that is light throughout": (
        "<p id=it style='color: #fff; background: linear-gradient(#eee, #ddd)'>Words</p>",
        1.36,
    ),
    "gradient that is dark throughout": (
        "<p id=it style='color: #fff; background: linear-gradient(#111, #333)'>Words</p>",
        12.63,
    ),
    "image under an opaque box": (
        "<div style='background: url(x.png)'><p id=it style='background: #fff; color: #777'>Words</p></div>",
        4.48,
    ),
    "oklch": ("<p id=it style='color: oklch(1 0 0); background: color(srgb 0 0 0)'>Words</p>", 21),
    "mixed colour": ("<p id=it style='color: color-mix(in lab, #000 50%, #000)'>Words</p>", 21),
    "translucent oklch": ("<p id=it style='color: oklch(0 0 0 / .3)'>Words</p>", 2.1),
    "fill colour": ("<p id=it style='color: #000; -webkit-text-fill-color: #777'>Words</p>", 4.48),
    "part of a button": (
        "<button id=it style='color: #000'><b style='color: #999; font: 16px a'>Words</b></button>",
        2.44,
    ),
    "frame on a dark page": (
        "<div style='background: #000'><iframe id=f srcdoc='<p id=it style=color:#fff>Words'></iframe></div>",
        21,
    ),
    "shadow tree": (
        "<div id=host style='background: #000'></div><script>host.attachShadow({mode: 'open'}).innerHTML ="
        "'<p id=it style=\"color: #fff\">Words'</script>",
        21,
    ),
    "apart from its ancestor": (
        "<div style='background: #000; height: 9px; position: relative'>"
        "<p id=it style='position: absolute; top: 20px; margin: 0'>Words</p></div><br><br><br>",
        21,
    ),
    "a button far down the page": ("<p style='height: 3000px'></p><a href=# id=it style='color: #777'>Words</a>", 4.48),
    "a link at the bottom under a cookie banner": (
        "<p style='height: 3000px'></p><a href=# id=it style='color: #777'>Words</a>"
        "<div style='position: fixed; inset: auto 0 0; height: 60px; background: #eee'><p>Cookies</p><button style='"
        "position: absolute; inset: 0; background: #222'>Yes</button></div>",
        4.48,
    ),
}
UNCLEAR = {
    "image": "<p id=it style='background: url(x.png)'>Words</p>",
    "gradient from light to dark": "<p id=it style='background: linear-gradient(#fff, #000); color: #777'>Words</p>",
    "gradient that covers a part": (
        "<p id=it style='background: linear-gradient(#fff, #fff) no-repeat 0 0 / 9px 9px; color: #eee'>Words</p>"
    ),
    "image under a translucent box": (
        "<div style='background: url(x.png)'><p id=it style='background: rgb(9 9 9 / .9)'>Words</p></div>"
    ),
    "image under a box with opacity": (
        "<div style='background: url(x.png)'><p id=it style='background: #fff; opacity: .9'>Words</p></div>"
    ),
    "shadow": "<p id=it style='color: #fff; text-shadow: 0 0 3px #000'>Words</p>",
    "outline": "<p id=it style='color: #fff; -webkit-text-stroke: 1px #000'>Words</p>",
    "filter": "<div style='filter: invert(1)'><p id=it style='color: #eee'>Words</p></div>",
    "blend mode": "<p id=it style='color: #eee; mix-blend-mode: difference'>Words</p>",
    "mask": "<p id=it style='color: #eee; mask-image: linear-gradient(#000, transparent)'>Words</p>",
    "inset shadow": "<p id=it style='color: #eee; box-shadow: inset 0 0 0 99px #222'>Words</p>",
    "background in the shape of the text": (
        "<p id=it style='color: transparent; background: #000; background-clip: text'>Words</p>"
    ),
    "box over it": (
        "<div style='position: relative'><p id=it style='color: #eee; margin: 0'>Words</p>"
        "<div style='position: absolute; inset: 0; background: rgb(0 0 0 / .5)'></div></div>"
    ),
    "box that the mouse passes over it": (
        "<div style='position: relative'><p id=it style='color: #eee; margin: 0'>Words</p>"
        "<div style='position: absolute; inset: 0; background: #222; pointer-events: none'></div></div>"
    ),
    "veil that the mouse passes": (
        "<p id=it style='color: #eee'>Words</p>"
        "<div style='position: fixed; inset: 0; background: rgb(0 0 0 / .5); pointer-events: none'></div>"
    ),
    "box that stays in the window under it": (
        "<div style='position: fixed; inset: 0; background: #222; z-index: -1'></div>"
        "<p id=it style='color: #fff'>Words</p>"
    ),
    "box under it": (
        "<div style='height: 30px; background: #000'></div>"
        "<p id=it style='color: #fff; margin: -30px 0 9px; position: relative'>Words</p>"
    ),
    "picture under it": (
        "<div style='position: relative; height: 30px'><img style='position: absolute; width: 99px; height: 30px'>"
        "<p id=it style='color: #fff; margin: 0; position: relative'>Words</p></div>"
    ),
    "background of a pseudo-element": (
        "<style>#it::before { content: ''; position: absolute; inset: 0; background: #000; z-index: -1 }</style>"
        "<button id=it style='position: relative; z-index: 0; background: none; color: #ffa'>Words</button>"
    ),
    "partly outside its background": (
        "<div style='background: #000; width: 20px'><p id=it style='color: #fff; width: 200px'>Some words</p></div>"
    ),
    "moves over the page": "<a href=# id=it style='position: fixed; bottom: 0; color: #eee'>Words</a>",
    "disabled": "<button id=it disabled>Words</button>",
    "in a disabled fieldset": "<fieldset disabled><label id=it style='color: #ccc'>Words<input></label></fieldset>",
    "sign": "<button id=it style='color: #eee'>✕</button>",
}


async def test_contrast_is_that_of_the_colours_that_people_see(snapshot_of: TakeSnapshot) -> None:
    """Transparency, notations, frames and shadow trees are counted in."""
    measured = await _contrasts(snapshot_of, {case: html for case, (html, _) in MEASURED.items()})
    assert {case: one.why_unknown for case, one in measured.items()} == dict.fromkeys(MEASURED, "")
    ratios = {case: one.ratio for case, one in measured.items()}
    assert ratios == pytest.approx({case: ratio for case, (_, ratio) in MEASURED.items()}, abs=0.06)


async def test_contrast_that_is_not_known_has_a_reason(snapshot_of: TakeSnapshot) -> None:
    """Where axe-core's rule is incomplete, no ratio is claimed."""
    measured = await _contrasts(snapshot_of, UNCLEAR)
    assert {case: value.ratio for case, value in measured.items()} == dict.fromkeys(UNCLEAR)
    assert all(value.why_unknown and not value.same_colour for value in measured.values())


async def test_page_is_scrolled_back(site: Site, browser: Browser) -> None:
    """A close look at a text far down leaves the page where it was."""
    url = site.page("/", page("<p style='height: 3000px'>Top</p><a href=#>Bottom</a>"))
    async with await browser.visit(url, virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        await virtual_page.evaluate("window.scrollTo(0, 50)")
        await virtual_page.snapshot()
        assert await virtual_page.evaluate("window.scrollY") == 50


async def test_size_is_that_at_which_people_see_a_text(snapshot_of: TakeSnapshot) -> None:
    """A transform, a zoom and a smaller part inside make a text as small as a font size does."""
    snapshot = await snapshot_of(
        "<button style='font-size: 20px; transform: scale(.4)'>One</button>"
        "<button style='font-size: 20px; zoom: .4'>Two</button>"
        "<button style='font-size: 20px; transform: rotate(3deg)'><small style='font-size: 8px'>Three</small></button>"
    )
    sizes = [element.font_size for element in snapshot.elements if element.tag == "button"]
    assert sizes == pytest.approx([8, 8, 8])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((118, 118, 118), WHITE, 4.54), ((255, 0, 0), WHITE, 4.0)],
)
def test_known_ratios(one: tuple[int, int, int], other: tuple[int, int, int], expected: float) -> None:
    """Published ratios are computed: black on white, the lightest grey that passes, pure red."""
    assert ratio(one, other) == pytest.approx(expected, abs=0.005)


@given(COLOURS, COLOURS)
def test_ratio_is_symmetric_and_from_1_to_21(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Swapping text and background does not change it."""
    assert ratio(one, other) == ratio(other, one)
    assert 1 <= ratio(one, other) <= 21.0001


@given(COLOURS)
def test_luminance_grows_with_each_channel(colour: tuple[int, int, int]) -> None:
    """A colour is never darker than black nor lighter than white."""
    assert luminance(BLACK) <= luminance(colour) <= luminance(WHITE)


def test_text_in_the_colour_of_its_background_has_no_ratio() -> None:
    """A page may hide a text so, which is not called faint, but is below every limit."""
    measured = contrast(replace(GREY, colour=WHITE))
    assert (measured.ratio, measured.same_colour, measured.is_below(1.1)) == (None, True, True)


def test_contrast_on_a_gradient_is_known_if_both_ends_agree() -> None:
    """It is the best if even that is too low, and the worst if even that suffices."""
    black = replace(GREY, colour=BLACK)
    assert contrast(replace(black, background=(20, 20, 20), lighter_background=(60, 60, 60))).rounded == 1.9
    assert contrast(replace(black, background=(200, 200, 200), lighter_background=WHITE)).rounded == 12.55
    assert contrast(replace(black, background=BLACK, lighter_background=WHITE)).ratio is None


def test_large_text_needs_less_contrast() -> None:
    """Text of 24 px, or of 18.66 px and bold, needs 3; all other 4.5."""
    assert required(GREY) == NORMAL_TEXT
    assert required(replace(GREY, font_size=24)) == LARGE_TEXT
    assert required(replace(GREY, font_size=19)) == NORMAL_TEXT
    assert required(replace(GREY, font_size=19, bold=True)) == LARGE_TEXT


async def _contrasts(snapshot_of: TakeSnapshot, cases: Mapping[str, str]) -> dict[str, Contrast]:
    """Return the contrast of each case's element `it`, all on one page."""
    numbered = [
        re.sub(r"(id=|#)(it|host|f)\b", rf"\g<1>\g<2>{number}", html) for number, html in enumerate(cases.values())
    ]
    html = "".join(
        f"<section>{one.replace('host.', f'host{number}.')}</section>" for number, one in enumerate(numbered)
    )
    snapshot = await snapshot_of(html)
    found = {element.selector.rpartition("#")[2]: element for element in snapshot.elements}
    return {case: contrast(found[f"it{number}"]) for number, case in enumerate(cases)}
