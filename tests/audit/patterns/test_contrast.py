"""The contrast ratio is that of WCAG."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.patterns.contrast import LARGE_TEXT, NORMAL_TEXT, contrast, luminance, ratio, required
from veritas.audit.patterns.dom_snapshot import Element

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)
GREY = Element(
    0,
    -1,
    "p",
    "p",
    (0, 0, 9, 9),
    True,
    colour=(119, 119, 119, 1),
    background=WHITE,
    plain_background=True,
    font_size=16,
)


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


def test_transparency_lowers_the_contrast() -> None:
    """An element at half its opacity has less contrast than at full."""
    full, half = contrast(GREY), contrast(replace(GREY, opacity=0.5))
    assert full == pytest.approx(4.48, abs=0.005)
    assert half is not None
    assert full is not None
    assert half < full


def test_contrast_over_an_image_is_unknown() -> None:
    """Only a background of a single colour has a contrast."""
    assert contrast(replace(GREY, plain_background=False)) is None


def test_large_text_needs_less_contrast() -> None:
    """Text of 24 px, or of 18.66 px and bold, needs 3; all other 4.5."""
    assert required(GREY) == NORMAL_TEXT
    assert required(replace(GREY, font_size=24)) == LARGE_TEXT
    assert required(replace(GREY, font_size=19)) == NORMAL_TEXT
    assert required(replace(GREY, font_size=19, bold=True)) == LARGE_TEXT
