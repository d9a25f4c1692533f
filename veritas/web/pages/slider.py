"""Two screenshots of the same page, one over the other, with a slider that moves the border between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from veritas.diff.html.screenshots import REMOVED, Area
from veritas.diff.screenshots import Screenshot, ScreenshotPair

Fault = Callable[[str], str | None]


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
        missing: Why the only one is not shown; None if it is, or there are two.
        area: The area that both cover; None if they have the same bytes, or cannot be compared.
        slides: A and B, if they have an area.
    """

    title: str
    phase: str
    result: str
    alone: Sequence[str] = ()
    missing: str | None = None
    area: Area | None = None
    slides: Sequence[SlideView] = ()


def sliders(pairs: Sequence[ScreenshotPair], *, fault: Fault) -> Iterator[SliderView]:
    """Yield each pair; the browser gets the pictures as artifacts.

    Args:
        pairs: The pairs.
        fault: Returns why an artifact cannot be shown, by its hash in hex; None if it can.
    """
    for number, pair in enumerate(pairs, 1):
        title, phase, result = str(pair.screenshot), pair.screenshot.ref.phase, str(pair)
        if pair.a is None or pair.b is None:
            layers = _layers(pair.screenshot)
            missing = next(filter(None, map(fault, layers)), None) if pair.screenshot.sha256 else REMOVED
            yield SliderView(title, phase, result, () if missing else [*map(_address, layers)], missing)
        elif pair.pixels is None:
            yield SliderView(title, phase, result)
        else:
            area, sizes = Area.of(pair.pixels, number), (pair.pixels.size_a, pair.pixels.size_b)
            yield SliderView(
                title,
                phase,
                result,
                area=area,
                slides=[
                    SlideView(id_, f"{name}: {title}", [*map(_address, _layers(screenshot))], *size)
                    for id_, name, screenshot, size in zip(area.ids, "AB", (pair.a, pair.b), sizes, strict=True)
                ],
            )


def _layers(screenshot: Screenshot) -> list[str]:
    return [sha256 for sha256 in (screenshot.base, screenshot.sha256) if sha256]


def _address(sha256: str) -> str:
    return f"/api/v1/artifacts/{sha256}"
