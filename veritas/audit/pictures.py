"""Screenshots as the log keeps them: as WebP without loss where that is smaller, and equal ones once.

The browser's PNG has the pixels. It is encoded again only if the result, decoded, has the same ones. The picture of an
examined page is not kept if that of the visited page shows the same elements.

Encoding and comparing take processor time, so they run in threads while the browser goes on.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable
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


async def shows_same(kept: Picture, png: bytes, rects: Iterable[Rect]) -> bool:
    """Return whether a kept picture and a PNG of the same size have the same pixels in and around all of *rects*."""
    return await asyncio.to_thread(_shows_same, kept, png, rects)


def _shows_same(kept: Picture, png: bytes, rects: Iterable[Rect]) -> bool:
    before, now = _decode(kept.data), _decode(png)
    if before is None or now is None or (before.mode, before.size) != (now.mode, now.size):
        return False
    for rect in rects:
        box = (
            max(0, int(rect["x"]) - _MARGIN),
            max(0, int(rect["y"]) - _MARGIN),
            min(now.width, int(rect["x"] + rect["width"]) + 1 + _MARGIN),
            min(now.height, int(rect["y"] + rect["height"]) + 1 + _MARGIN),
        )
        inside = box[0] < box[2] and box[1] < box[3]
        if inside and before.crop(box).tobytes() != now.crop(box).tobytes():
            return False
    return True


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
        written = io.BytesIO()
        image.save(written, "WEBP", lossless=True, exact=True, method=_METHOD, quality=_QUALITY)
        webp = written.getvalue()
        decoded = _decode(webp)
        if len(webp) < len(png) and decoded is not None and decoded.convert(image.mode).tobytes() == image.tobytes():
            return Picture(webp, "image/webp")
    return Picture(png, "image/png")
