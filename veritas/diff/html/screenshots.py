"""The screenshots of two runs beside each other, with what differs outlined, cut out, and shown apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from veritas.diff.pixel_diff import PixelDifference, Region, difference_picture
from veritas.diff.screenshots import Screenshot, ScreenshotPair
from veritas.report.html import Content, Markup, tag
from veritas.report.screenshots import Rect, data_address

_LARGEST_TOTAL = 32 << 20  # bytes of pictures in one page; what is beyond is told in words
_MOST_CUTS = 6  # of one pair, shown in their own size
_APART = 4  # pixels between what differs and its frame


class Pictures:
    """The pictures of a page.

    Args:
        artifact: Gives a picture's bytes by their hash in hex.
    """

    def __init__(self, artifact: Callable[[str], bytes]) -> None:
        self._artifact = artifact
        self._room = _LARGEST_TOTAL
        self._number = 0

    def sections(self, pairs: Iterable[ScreenshotPair]) -> Iterator[Markup]:
        """Yield the pairs under a heading."""
        for number, pair in enumerate(pairs):
            if not number:
                yield tag("h2", "Screenshots")
            yield self._card(pair)

    def _card(self, pair: ScreenshotPair) -> Markup:
        shown = pair.shown
        named = tag("div", tag("h3", str(shown)), tag("span", shown.ref.phase, class_="subject"), class_="head")
        told = tag("p", str(pair), class_="whole")
        return tag("div", named, told, self._pictures(pair), class_="card")

    def _pictures(self, pair: ScreenshotPair) -> Content:
        if pair.pixels is None or pair.a is None or pair.b is None:
            alone = pair.a or pair.b
            if alone is None or (pair.a is not None and pair.b is not None):
                return None
            return self._alone(alone)
        if not pair.pixels.differing:
            return None
        a, b = self._artifact(pair.a.sha256), self._artifact(pair.b.sha256)
        apart = difference_picture(a, b)
        addresses = [self._address(data) for data in (a, b, apart)]
        if None in addresses:
            return tag("p", "They are not shown here, for there is no room left in this page.", class_="soft")
        self._number += 1
        names = [f"picture-{self._number}-{side}" for side in ("a", "b")]
        sizes = (pair.pixels.size_a, pair.pixels.size_b)
        (width_a, height_a), (width_b, height_b) = sizes
        whole = (max(width_a, width_b), max(height_a, height_b))
        outlines = [_outline(region) for region in pair.pixels.regions]
        drawn = [
            _drawn(address or "", size, whole, outlines, name, f"{side}: {pair.shown}")
            for address, size, name, side in zip(addresses, sizes, names, "AB", strict=False)
        ]
        drawn.append(_drawn(addresses[2] or "", whole, whole, outlines, None, f"What differs: {pair.shown}"))
        figures = [
            tag("figure", picture, tag("figcaption", caption))
            for picture, caption in zip(drawn, ("A", "B", "what differs, in red"), strict=True)
        ]
        return [self._cuts(pair.pixels, names, whole), tag("div", figures, class_="three")]

    def _alone(self, screenshot: Screenshot) -> Content:
        address = self._address(self._artifact(screenshot.sha256)) if screenshot.sha256 else None
        if address is None:
            return None
        return tag("div", tag("img", src=address, alt=str(screenshot)), class_="shot")

    def _cuts(self, pixels: PixelDifference, names: list[str], whole: tuple[int, int]) -> Content:
        """Return what differs cut out of either picture, with some of what is around it: the largest ones.

        What takes more than half of a picture is seen well enough on all of it.
        """
        small = [region for region in pixels.regions if 2 * region.area < whole[0] * whole[1]]
        largest = sorted(small, key=lambda region: -region.area)[:_MOST_CUTS]
        return [
            tag(
                "div",
                tag("p", str(region), class_="soft"),
                (_cut(region, name, whole, side) for name, side in zip(names, "AB", strict=True)),
                class_="cuts",
            )
            for region in sorted(largest, key=lambda region: (region.y, region.x))
        ]

    def _address(self, data: bytes) -> str | None:
        address = data_address(data) if len(data) <= self._room else None
        self._room -= len(data) if address is not None else 0
        return address


def _drawn(
    address: str,
    size: tuple[int, int],
    whole: tuple[int, int],
    outlines: list[Markup],
    name: str | None,
    label: str,
) -> Markup:
    image = tag("image", href=address, id=name, width=size[0], height=size[1])
    return tag("svg", image, outlines, viewBox=f"0 0 {whole[0]} {whole[1]}", role="img", aria_label=label)


def _outline(region: Region) -> Markup:
    """Return a frame around a region, which leaves free what is in it."""
    return tag(
        "rect",
        x=region.x - _APART,
        y=region.y - _APART,
        width=region.width + 2 * _APART,
        height=region.height + 2 * _APART,
    )


def _cut(region: Region, name: str, whole: tuple[int, int], side: str) -> Markup:
    cut = Rect(*region).with_margin(*whole)
    drawn = tag(
        "svg",
        tag("use", href=f"#{name}"),
        _outline(region),
        viewBox=" ".join(f"{value:g}" for value in cut),
        width=f"{cut.width:g}",
        height=f"{cut.height:g}",
        role="img",
        aria_label=f"{side}: {region}",
    )
    return tag("figure", tag("div", drawn, class_="crop"), tag("figcaption", side))
