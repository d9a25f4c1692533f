"""The comparison of two pictures, pixel by pixel.

The pictures are aligned at their upper left corners. If their sizes differ, a pixel that only one of them has counts as
different. An artifact recorded as a picture may contain anything, of any size when decoded: one that is too large or
not a picture is refused before it is decoded.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from veritas.errors import UnreadableImage

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_LARGEST = 40_000_000  # pixels: a page 1,280 wide and 31,250 high, 160 MB decoded
_TOO_LARGE = f"it has more than {_LARGEST:,} pixels, and is not decoded"
_TOO_LARGE_TOGETHER = f"the area that covers both pictures has more than {_LARGEST:,} pixels"
_TOO_DEEP = "it has 16 bits a colour, and only 8 can be compared"
_DEPTH = 24  # the offset in a PNG of the number of bits a colour
_STRIP = 1 << 20  # pixels compared at a time
_MOST_REGIONS = 20
_PAPER, _MARK = (255, 255, 255), (214, 20, 60)
_FADED = 0.25  # the strength of equal pixels in a picture of the difference


class Region(NamedTuple):
    """A part of a picture, in its pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """The number of pixels in it."""
        return self.width * self.height

    def __str__(self) -> str:
        """Return `20,340 200x40`."""
        return f"{self.x},{self.y} {self.width}x{self.height}"


@dataclass(frozen=True)
class PixelDifference:
    """The difference between two pictures.

    Attributes:
        size_a: The first one's width and height.
        size_b: The second one's.
        total: The number of pixels, including those that only one of them has.
        differing: How many of these differ at all.
        box: The smallest region that contains all differing pixels; None if there are none.
        regions: At most 20 separate regions that together contain all differing pixels.
    """

    size_a: tuple[int, int]
    size_b: tuple[int, int]
    total: int
    differing: int
    box: Region | None
    regions: tuple[Region, ...]

    @property
    def percent(self) -> float:
        """The share of the pixels that differ, in percent."""
        return 100 * self.differing / self.total if self.total else 0.0

    def __str__(self) -> str:
        """Return `1.3% of the pixels differ, at 20,340 200x40`."""
        if not self.differing:
            return "no pixel differs"
        (width_a, height_a), (width_b, height_b) = self.size_a, self.size_b
        sizes = "" if self.size_a == self.size_b else f"{width_a}x{height_a} -> {width_b}x{height_b}, "
        places = f"{len(self.regions)} places within " if len(self.regions) > 1 else ""
        share = f"{self.percent:.1f}" if self.percent >= 0.1 else f"{self.percent:.2g}"
        return f"{sizes}{share}% of the pixels differ, at {places}{self.box}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; a region is `{"x", "y", "width", "height"}`."""
        return asdict(self) | {
            "percent": self.percent,
            "box": self.box and self.box._asdict(),
            "regions": [region._asdict() for region in self.regions],
        }


Heights = tuple[int | None, int | None]  # of two pictures: the pixels from the top that count; None for all


def compare_images(a: bytes, b: bytes, *, heights: Heights = (None, None)) -> PixelDifference:
    """Compare two pictures: PNG of up to 8 bits a colour, JPEG, GIF (its first frame) or WebP.

    Raises:
        UnreadableImage: One of them has another format, is broken, or has more than 40 million pixels; or the area
            that covers both has more.
    """
    first, second = _read(a, heights[0]), _read(b, heights[1])
    mask = _mask(first, second)
    (width_a, height_a), (width_b, height_b) = first.size, second.size
    common = min(width_a, width_b) * min(height_a, height_b)
    box = mask.getbbox()
    return PixelDifference(
        size_a=first.size,
        size_b=second.size,
        total=width_a * height_a + width_b * height_b - common,
        differing=mask.histogram()[255],
        box=None if box is None else _region(box),
        regions=tuple(_regions(mask)),
    )


def difference_picture(a: bytes, b: bytes, *, heights: Heights = (None, None)) -> bytes:
    """Return a PNG of the second picture, faded, with every differing pixel in red.

    Raises:
        UnreadableImage: As in `compare_images`.
    """
    from PIL import Image

    first, second = _read(a, heights[0]), _read(b, heights[1])
    mask = _mask(first, second)
    paper = Image.new("RGB", mask.size, _PAPER)
    paper.paste(second.convert("L").convert("RGB"), (0, 0))
    faded = Image.blend(Image.new("RGB", mask.size, _PAPER), paper, _FADED)
    faded.paste(_MARK, mask=mask)
    written = io.BytesIO()
    faded.quantize(64).save(written, "PNG", optimize=True)
    return written.getvalue()


def laid_on(base: bytes, changes: bytes) -> bytes:
    """Return, as a PNG, what *changes* shows when it is laid on *base*, which shows through where it is transparent.

    Raises:
        UnreadableImage: As in `compare_images`, or their sizes differ.
    """
    from PIL import Image

    under, over = (_read(data, None).convert("RGBA") for data in (base, changes))
    if under.size != over.size:
        raise UnreadableImage("its size is not that of the picture that it is laid on")
    written = io.BytesIO()
    Image.alpha_composite(under, over).convert("RGB").save(written, "PNG")
    return written.getvalue()


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return the width and the height of a picture, as its header has them; None if it cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return image.size
    except Exception:  # a decoder may raise anything for a broken file
        return None


def _read(data: bytes, height: int | None) -> Image:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # larger pictures are refused below
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > _LARGEST:
            raise UnreadableImage(_TOO_LARGE)
        if image.mode.startswith("I") or (image.format == "PNG" and data[_DEPTH] == 16):  # conversion would lose bits
            raise UnreadableImage(_TOO_DEEP)
        image.load()
    except UnreadableImage:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableImage(_TOO_LARGE) from error
    except Exception as error:  # a decoder may raise anything for a broken file
        raise UnreadableImage("it is not a picture, or a broken one") from error
    return image if height is None or height >= image.height else image.crop((0, 0, image.width, height))


def _mask(a: Image, b: Image) -> Image:
    """Return a picture with one byte a pixel, 255 where the two differ, that covers both of them."""
    from PIL import Image, ImageChops

    width, height = min(a.width, b.width), min(a.height, b.height)
    around = max(a.width, b.width), max(a.height, b.height)
    if around[0] * around[1] > _LARGEST:  # a wide picture and a high one may each be small
        raise UnreadableImage(_TOO_LARGE_TOGETHER)
    mask = Image.new("L", around, 0)
    for beyond in (a, b):
        mask.paste(255, (0, 0, *beyond.size))
    rows = max(1, _STRIP // max(width, 1))
    for top in range(0, height, rows):
        strip = (0, top, width, min(top + rows, height))
        difference = ImageChops.difference(a.crop(strip).convert("RGBA"), b.crop(strip).convert("RGBA"))
        red, green, blue, alpha = difference.split()
        strongest = ImageChops.lighter(ImageChops.lighter(red, green), ImageChops.lighter(blue, alpha))
        mask.paste(_marked(strongest), strip)
    return mask


def _marked(image: Image) -> Image:
    """Replace every value except 0 with 255."""
    return image.point([0, *[255] * 255])


def _regions(mask: Image) -> list[Region]:
    """Return separate regions that contain all marked pixels; use ever larger tiles until there are few regions."""
    tile, tiles = 4, _marked(mask.reduce(4))  # the average of a larger tile could round a single pixel to 0
    while True:
        tile, tiles = tile * 4, _marked(tiles.reduce(4))
        groups = _joined(tiles)
        if len(groups) <= _MOST_REGIONS:
            break
    boxes = ((left * tile, top * tile, right * tile, bottom * tile) for left, top, right, bottom in groups)
    return sorted((_tight(mask, box) for box in boxes), key=lambda region: (region.y, region.x))


def _joined(tiles: Image) -> list[tuple[int, int, int, int]]:
    """Return the bounds of each group of marked tiles; tiles that touch or are one tile apart are in the same group."""
    width, height = tiles.size
    marked = {index for index, value in enumerate(tiles.tobytes()) if value}
    groups = []
    while marked:
        waiting, left, top, right, bottom = [marked.pop()], width, height, 0, 0
        while waiting:
            y, x = divmod(waiting.pop(), width)
            left, top, right, bottom = min(left, x), min(top, y), max(right, x + 1), max(bottom, y + 1)
            for row in range(max(y - 2, 0), min(y + 3, height)):
                for column in range(max(x - 2, 0), min(x + 3, width)):
                    if (near := row * width + column) in marked:
                        marked.remove(near)
                        waiting.append(near)
        groups.append((left, top, right, bottom))
    return groups


def _tight(mask: Image, box: tuple[int, int, int, int]) -> Region:
    """Return the smallest region that contains the marked pixels within *box*."""
    inner = mask.crop(box).getbbox()
    if inner is None:
        return _region(box)
    left, top = box[:2]
    return _region((left + inner[0], top + inner[1], left + inner[2], top + inner[3]))


def _region(box: tuple[int, int, int, int]) -> Region:
    left, top, right, bottom = box
    return Region(left, top, right - left, bottom - top)
