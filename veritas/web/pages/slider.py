"""Two screenshots of the same page, one over the other, with a slider that moves the border between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from veritas.diff.html.screenshots import Cut, cut_regions, outline_of
from veritas.diff.screenshots import Screenshot, ScreenshotPair
from veritas.report.screenshots import Rect


@dataclass(frozen=True)
class SlideView:
    """One of the two pictures.

    Attributes:
        id: Its id in the page.
        label: What it shows, for those who cannot see it.
        layers: The addresses of its pictures, each laid on the one before.
        width: Its width in pixels.
        height: Its height.
    """

    id: str
    label: str
    layers: Sequence[str]
    width: int
    height: int


@dataclass(frozen=True)
class SliderView:
    """A pair of screenshots.

    Attributes:
        title: What they show.
        phase: The phase that took them.
        result: How they differ.
        alone: The addresses of the layers of the only one that there is.
        cuts: The largest regions that differ.
        width: The width of the area that holds both.
        height: Its height.
        outlines: The regions that differ.
        slides: A and B; none if they have the same bytes, or cannot be compared.
    """

    title: str
    phase: str
    result: str
    alone: Sequence[str] = ()
    cuts: Sequence[Cut] = ()
    width: int = 0
    height: int = 0
    outlines: Sequence[Rect] = ()
    slides: Sequence[SlideView] = ()


def sliders(pairs: Sequence[ScreenshotPair]) -> Iterator[SliderView]:
    """Yield each pair; the browser gets the pictures as artifacts."""
    for number, pair in enumerate(pairs, 1):
        title, phase, result = str(pair.screenshot), pair.screenshot.ref.phase, str(pair)
        if pair.a is None or pair.b is None:
            yield SliderView(title, phase, result, alone=_layers(pair.screenshot))
        elif pair.pixels is None:
            yield SliderView(title, phase, result)
        else:
            sizes = pair.pixels.size_a, pair.pixels.size_b
            whole = max(sizes[0][0], sizes[1][0]), max(sizes[0][1], sizes[1][1])
            ids = [f"picture-{number}-{side}" for side in "ab"]
            yield SliderView(
                title,
                phase,
                result,
                cuts=cut_regions(pair.pixels, ids, whole),
                width=whole[0],
                height=whole[1],
                outlines=[outline_of(region) for region in pair.pixels.regions],
                slides=[
                    SlideView(id_, f"{name}: {title}", _layers(screenshot), *size)
                    for id_, name, screenshot, size in zip(ids, "AB", (pair.a, pair.b), sizes, strict=True)
                ],
            )


def _layers(screenshot: Screenshot) -> list[str]:
    return [f"/api/v1/artifacts/{sha256}" for sha256 in (screenshot.base, screenshot.sha256) if sha256]
