"""Screenshots are kept without loss, as WebP where that is smaller, and a picture shows the same where it has to."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageDraw

from veritas.audit import pictures
from veritas.audit.finding import Rect
from veritas.audit.pictures import Picture, keep, keep_changes, shows_same

SIZE = (400, 300)


def png(*marks: tuple[int, int], mode: str = "RGB", size: tuple[int, int] = SIZE) -> bytes:
    """Return a page with text and some red marks, as the PNG of a browser."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for line in range(10, size[1], 20):
        draw.text((10, line), "Only two left in stock, and 31 people look at it now", "black")
    for x, y in marks:
        draw.rectangle((x, y, x + 4, y + 4), "red")
    written = io.BytesIO()
    image.convert(mode).save(written, "PNG")
    return written.getvalue()


def pixels(data: bytes) -> bytes:
    """Return the pixels of a picture."""
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_screenshot_becomes_a_smaller_webp_with_the_same_pixels(mode: str) -> None:
    """Nothing is lost: not the pixels of transparent parts either."""
    before = png((20, 20), mode=mode)
    picture = await keep(before)
    assert picture.media_type == "image/webp" and picture.data[8:12] == b"WEBP"
    assert len(picture.data) < len(before)
    assert pixels(picture.data) == pixels(before)


async def test_a_png_stays_where_it_is_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smaller of the two is kept, and of a very large one the PNG, because encoding would take much memory."""
    noise = Image.frombytes("RGB", (64, 64), random.Random(3).randbytes(64 * 64 * 3))
    written = io.BytesIO()
    noise.save(written, "PNG", compress_level=9)
    before = written.getvalue()
    picture = await keep(before)
    assert len(picture.data) <= len(before) and pixels(picture.data) == pixels(before)
    monkeypatch.setattr(pictures, "_LARGEST", 100)
    assert await keep(before) == Picture(before, "image/png")


async def test_a_picture_too_high_for_webp_stays_a_png() -> None:
    """A WebP has at most 16,383 pixels on a side, and the browser's pictures up to 16,384."""
    before = png(size=(8, 16_384))
    assert await keep(before) == Picture(before, "image/png")


async def test_pictures_are_compared_in_and_around_the_elements() -> None:
    """A pixel that differs within 40 pixels of an element counts, and one elsewhere does not."""
    kept = await keep(png())
    element = Rect(x=20.5, y=20.0, width=50.0, height=10.0)
    assert await shows_same(kept, png((200, 200)), [element])
    assert not await shows_same(kept, png((200, 200)), [element, Rect(x=160.0, y=190.0, width=5.0, height=5.0)])
    assert not await shows_same(kept, png((100, 40)), [element])


async def test_elements_beyond_the_picture_do_not_count_and_another_size_does() -> None:
    """An element may be below the part of the page that is on the picture."""
    kept = await keep(png())
    below = Rect(x=10.0, y=5_000.0, width=10.0, height=10.0)
    assert await shows_same(kept, png((20, 20)), [below])
    assert not await shows_same(kept, png(size=(400, 320)), [below])


async def test_changes_laid_on_the_base_give_every_pixel() -> None:
    """The changed pixels and the elements are kept, which takes less than a whole picture."""
    base, now = await keep(png((20, 20))), png((24, 20), (200, 200))
    element = Rect(x=20.5, y=100.0, width=50.0, height=10.0)
    changes = await keep_changes(base, now, [element])
    assert changes is not None and changes.media_type == "image/webp"
    assert len(changes.data) < len((await keep(now)).data) / 2
    laid, kept = (Image.open(io.BytesIO(each.data)).convert("RGBA") for each in (base, changes))
    laid.alpha_composite(kept)
    assert laid.tobytes() == pixels(now)
    assert {kept.getpixel(spot)[3] for spot in ((25, 105), (21, 21), (202, 202))} == {255}
    assert kept.getpixel((390, 290))[3] == 0


async def test_equal_changes_of_two_pages_are_two_pictures() -> None:
    """A screenshot is found by its hash, so that each has to belong to one base."""
    one, other = [
        await keep_changes(await keep(png(mark)), png(mark, (20, 20)), []) for mark in ((300, 200), (300, 250))
    ]
    assert one is not None and other is not None and one.sha256 != other.sha256


async def test_a_page_that_looks_different_is_kept_whole() -> None:
    """Changes are kept alone only for pictures of the same size of which most pixels are equal."""
    base, whole = await keep(png()), Rect(x=0.0, y=0.0, width=400.0, height=300.0)
    assert await keep_changes(base, png((20, 20)), [whole]) is None
    assert await keep_changes(base, png(size=(400, 320)), []) is None
    assert await keep_changes(await keep(png(mode="RGBA")), png(mode="RGBA"), []) is None
