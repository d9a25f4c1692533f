"""Screenshots as the log keeps them: as WebP without loss where that is smaller, and equal ones once.

The browser's PNG has the pixels. It is encoded again only if the result, decoded, has the same ones. The picture of an
examined page is not kept if that of the visited page shows the same elements. If it differs in a few places, only these
and the elements are kept: laid on the picture of the visited page, they give every pixel.

Encoding and comparing take processor time, so they run in threads while the browser goes on.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from veritas.audit.finding import Rect

if TYPE_CHECKING:
    from PIL.Image import Image

# 56 ms of processor time for a million pixels, where 1.5 times that saves 3% of the bytes (libwebp 1.6, Pillow 13).
_METHOD, _QUALITY = 1, 50
_LONGEST = 16_383  # pixels of a side of a WebP
_LARGEST = 12_000_000  # pixels; encoding takes 28 MB of memory for a million of them
_MOST_CHANGED = 0.5  # of the pixels; beyond, a whole picture is hardly larger
_MARGIN = 40  # pixels around an element, as a report cuts it out


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept.

    Attributes:
        data: Its bytes.
        media_type: `image/webp`, or `image/png` as the browser made it.
    """

    data: bytes
    media_type: str

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, in hex."""
        return sha256(self.data).hexdigest()


async def keep(png: bytes) -> Picture:
    """Return the picture to keep of a PNG."""
    return await asyncio.to_thread(lambda: _encode(png, _decode(png)))


async def keep_changes(base: Picture, png: bytes, rects: Iterable[Rect]) -> Picture | None:
    """Return the pixels of a PNG that differ from a kept picture or are in one of *rects*; the others are transparent.

    Laid on *base*, the result has the pixels of the PNG. It is None if the sizes differ, or if most pixels do.
    """
    return await asyncio.to_thread(_keep_changes, base, png, rects)


async def shows_same(kept: Picture, png: bytes, rects: Iterable[Rect]) -> bool:
    """Return whether a kept picture and a PNG of the same size have the same pixels in and around all of *rects*."""
    return await asyncio.to_thread(_shows_same, kept, png, rects)


def _shows_same(kept: Picture, png: bytes, rects: Iterable[Rect]) -> bool:
    before, now = _decode(kept.data), _decode(png)
    if before is None or now is None or (before.mode, before.size) != (now.mode, now.size):
        return False
    boxes = _boxes(rects, now.size, _MARGIN)
    return all(before.crop(box).tobytes() == now.crop(box).tobytes() for box in boxes)


def _keep_changes(base: Picture, png: bytes, rects: Iterable[Rect]) -> Picture | None:
    from PIL import Image, ImageChops

    before, now = _decode(base.data), _decode(png)
    if before is None or now is None or {before.mode, now.mode} != {"RGB"} or before.size != now.size:
        return None
    red, green, blue = ImageChops.difference(before, now).split()
    kept = ImageChops.lighter(ImageChops.lighter(red, green), blue).point([0, *[255] * 255])
    for box in _boxes(rects, now.size, 0):
        kept.paste(255, box)
    if kept.histogram()[255] > _MOST_CHANGED * now.width * now.height:
        return None
    # The invisible color depends on the base: changes of two pages that look alike are two pictures.
    changes = Image.new("RGBA", now.size, (*bytes.fromhex(base.sha256)[:3], 0))
    changes.paste(now, mask=kept)
    webp = _webp(changes)
    decoded = Image.open(io.BytesIO(webp), formats=("WEBP",))
    before.paste(decoded, mask=decoded.getchannel("A"))
    return Picture(webp, "image/webp") if before.tobytes() == now.tobytes() else None


def _boxes(rects: Iterable[Rect], size: tuple[int, int], margin: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the pixels of each of *rects* that is on a picture of that size, as (left, top, right, bottom)."""
    for rect in rects:
        left, top = max(0, int(rect["x"]) - margin), max(0, int(rect["y"]) - margin)
        right = min(size[0], int(rect["x"] + rect["width"]) + 1 + margin)
        bottom = min(size[1], int(rect["y"] + rect["height"]) + 1 + margin)
        if left < right and top < bottom:
            yield left, top, right, bottom


def _decode(data: bytes) -> Image | None:
    """Return the pixels of a screenshot; None if it is not encoded again, because it is too large or of another form.

    The browser, whose pages are not trusted, made it: its size is bounded by the limit of a screenshot's height.
    """
    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=("PNG", "WEBP"))
    if image.mode not in ("RGB", "RGBA") or max(image.size) > _LONGEST or image.width * image.height > _LARGEST:
        return None
    image.load()
    return image


def _encode(png: bytes, image: Image | None) -> Picture:
    """Return the smaller of a PNG and of the WebP with the same pixels, which are *image*."""
    if image is not None:
        webp = _webp(image)
        decoded = _decode(webp)
        if len(webp) < len(png) and decoded is not None and decoded.convert(image.mode).tobytes() == image.tobytes():
            return Picture(webp, "image/webp")
    return Picture(png, "image/png")


def _webp(image: Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "WEBP", lossless=True, exact=True, method=_METHOD, quality=_QUALITY)
    return written.getvalue()
