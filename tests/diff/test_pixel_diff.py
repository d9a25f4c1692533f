"""Pictures are compared exactly, differences are found in a few regions, and only pictures are accepted."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.diff.pictures import Box, bomb, picture
from veritas.diff.pixel_diff import Region, compare_images, difference_picture
from veritas.errors import UnreadableImage

SIZE = (300, 200)


def test_a_picture_does_not_differ_from_itself() -> None:
    difference = compare_images(picture(SIZE), picture(SIZE))
    assert (difference.total, difference.differing, difference.percent, difference.box, difference.regions) == (
        60_000,
        0,
        0,
        None,
        (),
    )
    assert str(difference) == "no pixel differs"


def test_the_same_pixels_in_another_format_do_not_differ() -> None:
    box = (20, 30, 40, 50)
    assert compare_images(picture(SIZE, box), picture(SIZE, box, mode="RGBA")).differing == 0
    assert compare_images(picture(SIZE, box, mode="P"), picture(SIZE, box, form="WEBP", mode="RGB")).size_b == SIZE


def test_differing_pixels_are_counted_and_located() -> None:
    difference = compare_images(picture(SIZE), picture(SIZE, (20, 140, 200, 40)))
    assert (difference.differing, difference.percent) == (8_000, pytest.approx(13.333, abs=0.001))
    assert difference.box == Region(20, 140, 200, 40)
    assert difference.regions == (Region(20, 140, 200, 40),)
    assert str(difference) == "13.3% of the pixels differ, at 20,140 200x40"


@pytest.mark.parametrize("place", [(0, 0), (299, 199), (150, 3), (17, 16)])
def test_one_pixel_is_found_wherever_it_is(place: tuple[int, int]) -> None:
    difference = compare_images(picture(SIZE), picture(SIZE, (*place, 1, 1)))
    assert (difference.differing, difference.regions) == (1, (Region(*place, 1, 1),))
    assert str(difference).startswith("0.0017% of the pixels differ")


def test_separate_differences_have_separate_regions() -> None:
    difference = compare_images(picture(SIZE), picture(SIZE, (250, 10, 9, 12), (10, 100, 9, 12), (10, 10, 9, 12)))
    assert difference.regions == (Region(10, 10, 9, 12), Region(250, 10, 9, 12), Region(10, 100, 9, 12))
    assert str(difference).endswith("at 3 places within 10,10 249x102")


def test_many_differences_are_covered_by_a_few_regions() -> None:
    dots: list[Box] = [(x, y, 2, 2) for x in range(0, 1000, 50) for y in range(0, 1000, 50)]
    difference = compare_images(picture((1000, 1000)), picture((1000, 1000), *dots))
    assert difference.differing == 1600
    assert 1 <= len(difference.regions) <= 20


def test_pixels_of_only_one_picture_differ() -> None:
    difference = compare_images(picture((100, 100)), picture((120, 50)))
    assert (difference.total, difference.differing) == (
        11_000,
        6_000,
    )  # neither has the corner that lies outside of both
    assert str(difference).startswith("100x100 -> 120x50, 54.5% of the pixels differ")


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80), st.integers(1, 30), st.integers(1, 30)), max_size=6),
)
def test_it_finds_the_same_as_comparing_each_pixel(
    size_a: tuple[int, int], size_b: tuple[int, int], boxes: list[Box]
) -> None:
    """Counted one by one; the same from either side; and every differing pixel is in one of the regions."""
    a, b = picture(size_a), picture(size_b, *boxes)
    one, other = Image.open(io.BytesIO(a)), Image.open(io.BytesIO(b))
    every = {(x, y) for size in (size_a, size_b) for x in range(size[0]) for y in range(size[1])}
    differing = {
        (x, y)
        for x, y in every
        if x >= min(size_a[0], size_b[0])
        or y >= min(size_a[1], size_b[1])
        or one.getpixel((x, y)) != other.getpixel((x, y))
    }
    difference = compare_images(a, b)
    assert (difference.total, difference.differing) == (len(every), len(differing))
    exchanged = compare_images(b, a)
    assert (exchanged.differing, exchanged.regions, exchanged.box) == (
        difference.differing,
        difference.regions,
        difference.box,
    )
    for x, y in differing:
        assert any(r.x <= x < r.x + r.width and r.y <= y < r.y + r.height for r in difference.regions)


def test_the_difference_picture_marks_differing_pixels_in_red() -> None:
    image = Image.open(io.BytesIO(difference_picture(picture(SIZE), picture(SIZE, (20, 140, 200, 40))))).convert("RGB")
    assert image.size == SIZE
    inside, outside = image.getpixel((100, 150)), image.getpixel((5, 5))
    assert isinstance(inside, tuple) and inside[0] > 180 and inside[1] < 80
    assert outside == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a picture"),
        (b"PNG", "not a picture"),
        (picture(SIZE)[:60], "a broken one"),
        (picture(SIZE, form="BMP"), "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (picture(SIZE, mode="I;16"), "it has 16 bits a colour"),
        (bomb(3, 2, bits=16), "it has 16 bits a colour"),
        (bomb(40_000, 40_000), "it has more than 40,000,000 pixels"),
        (bomb(8_000, 8_000), "it has more than 40,000,000 pixels"),
        (bomb(2**31 - 1, 2**31 - 1), "it has more than 40,000,000 pixels"),
    ],
    ids=[
        "empty",
        "text",
        "cut off",
        "BMP",
        "SVG",
        "16 bits",
        "16 bits of each colour",
        "bomb",
        "smaller bomb",
        "greatest bomb",
    ],
)
def test_anything_that_is_not_a_picture_or_is_too_large_is_refused(data: bytes, why: str) -> None:
    """Before it is decoded; on either side."""
    for pair in ((data, picture(SIZE)), (picture(SIZE), data)):
        with pytest.raises(UnreadableImage, match=why):
            compare_images(*pair)
        with pytest.raises(UnreadableImage, match=why):
            difference_picture(*pair)


def test_a_wide_and_a_high_picture_are_refused_together() -> None:
    """Each is small, but the area that covers both is not."""
    wide, tall = picture((40_000, 1)), picture((1, 40_000))
    for pair in ((wide, tall), (tall, wide)):
        with pytest.raises(UnreadableImage, match="the area that covers both pictures has more than 40,000,000 pixels"):
            compare_images(*pair)
        with pytest.raises(UnreadableImage, match="the area that covers both pictures has more than 40,000,000 pixels"):
            difference_picture(*pair)
