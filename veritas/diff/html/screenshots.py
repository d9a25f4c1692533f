"""The screenshots of two runs side by side: what differs is outlined, cut out, and shown by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from veritas.diff.pixel_diff import PixelDifference, Region, difference_picture
from veritas.diff.screenshots import Screenshot, ScreenshotPair
from veritas.errors import UnreadableImage
from veritas.report.screenshots import Crop, Rect, data_address

_LARGEST_TOTAL = 32 << 20  # bytes of pictures in one page; the others are only named
_MOST_CUTS = 6  # of one pair, shown in their own size
_MARGIN = 4  # pixels between what differs and its outline

REMOVED = "The picture was removed from the log."
_NO_ROOM = "They are not shown because the page has no room left for pictures."


@dataclass(frozen=True)
class PictureView:
    """One of three pictures side by side.

    Attributes:
        id: Its id in the page; "" for the picture of the differences.
        source: It as a `data:` URL.
        label: What it shows, for those who cannot see it.
        caption: What it is.
        width: Its width in pixels.
        height: Its height.
    """

    id: str
    source: str
    label: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Cut:
    """A region that differs, cut out of A and of B."""

    region: str
    a: Crop
    b: Crop


@dataclass(frozen=True)
class Area:
    """The area that the two pictures of a pair cover together.

    Attributes:
        width: Its width in pixels.
        height: Its height.
        ids: The ids of A and B in the page.
        outlines: The regions that differ.
        cuts: The largest of them.
    """

    width: int
    height: int
    ids: Sequence[str]
    outlines: Sequence[Rect]
    cuts: Sequence[Cut]

    @classmethod
    def of(cls, pixels: PixelDifference, number: int) -> Area:
        """Return the area of the pair with this number in the page."""
        width, height = (max(sizes) for sizes in zip(pixels.size_a, pixels.size_b, strict=True))
        ids = [f"picture-{number}-{side}" for side in "ab"]
        outlines = [_outline_of(region) for region in pixels.regions]
        return cls(width, height, ids, outlines, _cut_regions(pixels, ids, (width, height)))


@dataclass(frozen=True)
class ScreenshotView:
    """A pair of screenshots.

    Attributes:
        title: What they show.
        phase: The phase that took them.
        result: How they differ.
        alone: The only one that there is, as a `data:` URL; None if there are two, or it cannot be shown.
        missing: Why pictures are not shown; None if all are.
        area: The area that both cover; None if they do not differ.
        pictures: A, B and the differences; none if they do not differ.
    """

    title: str
    phase: str
    result: str
    alone: str | None = None
    missing: str | None = None
    area: Area | None = None
    pictures: Sequence[PictureView] = ()


class Pictures:
    """The pictures of a page.

    Args:
        artifact: Returns a picture's bytes by their hash in hex.
    """

    def __init__(self, artifact: Callable[[str], bytes]) -> None:
        self._artifact = artifact
        self._room = _LARGEST_TOTAL
        self._number = 0

    def views(self, pairs: Iterable[ScreenshotPair]) -> Iterator[ScreenshotView]:
        """Yield each pair."""
        for pair in pairs:
            yield self._view(pair)

    def _view(self, pair: ScreenshotPair) -> ScreenshotView:
        title, phase, result = str(pair.screenshot), pair.screenshot.ref.phase, str(pair)
        if pair.a is None or pair.b is None:
            alone = self._alone(pair.screenshot)
            missing = None if alone else _NO_ROOM if pair.screenshot.sha256 else REMOVED
            return ScreenshotView(title, phase, result, alone, missing)
        if pair.pixels is None or not pair.pixels.differing:
            return ScreenshotView(title, phase, result)
        a, b = pair.a.read(self._artifact), pair.b.read(self._artifact)
        differing = difference_picture(a, b, heights=(pair.a.height, pair.b.height))
        sources = [self._source(data) for data in (a, b, differing)]
        if None in sources:
            return ScreenshotView(title, phase, result, missing=_NO_ROOM)
        self._number += 1
        area = Area.of(pair.pixels, self._number)
        return ScreenshotView(
            title,
            phase,
            result,
            area=area,
            pictures=[
                PictureView(id_, source or "", f"{name}: {title}", caption, *size)
                for id_, source, name, caption, size in zip(
                    (*area.ids, ""),
                    sources,
                    ("A", "B", "What differs"),
                    ("A", "B", "what differs, in red"),
                    (pair.pixels.size_a, pair.pixels.size_b, (area.width, area.height)),
                    strict=True,
                )
            ],
        )

    def _alone(self, screenshot: Screenshot) -> str | None:
        if not screenshot.sha256:
            return None
        try:
            return self._source(screenshot.read(self._artifact))
        except UnreadableImage:  # what is laid on another picture; by itself it is shown as it is
            return self._source(self._artifact(screenshot.sha256))

    def _source(self, data: bytes) -> str | None:
        source = data_address(data) if len(data) <= self._room else None
        self._room -= len(data) if source is not None else 0
        return source


def _cut_regions(pixels: PixelDifference, ids: Sequence[str], whole: tuple[int, int]) -> list[Cut]:
    """Return the largest regions that differ, cut out of A and of B with a margin.

    A region of more than half of the picture is left out, because the whole picture shows it well enough.
    """
    small = [region for region in pixels.regions if 2 * region.area < whole[0] * whole[1]]
    largest = sorted(small, key=lambda region: -region.area)[:_MOST_CUTS]
    cuts = []
    for region in sorted(largest, key=lambda region: (region.y, region.x)):
        view, outline = Rect(*region).with_margin(*whole), _outline_of(region)
        a, b = (Crop(id_, view, outline, f"{side}: {region}") for id_, side in zip(ids, "AB", strict=True))
        cuts.append(Cut(str(region), a, b))
    return cuts


def _outline_of(region: Region) -> Rect:
    """Return a frame around a region that leaves the region itself free."""
    return Rect(region.x - _MARGIN, region.y - _MARGIN, region.width + 2 * _MARGIN, region.height + 2 * _MARGIN)
