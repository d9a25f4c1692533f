"""Two screenshots of the same page, one over the other, with a slider that moves the border between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from veritas.diff.html.screenshots import REMOVED, Area
from veritas.diff.screenshots import Screenshot, ScreenshotPair


@dataclass(frozen=True)
class LayerView:
    """A picture in its own size.

    Attributes:
        address: Its address.
        size: Its width and height in pixels; None if they are not known.
    """

    address: str
    size: tuple[int, int] | None


Picture = Callable[[str], LayerView | str]


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
        alone: The layers of the only one that there is, each laid on the one before.
        missing: Why the only one is not shown; None if it is, or there are two.
        area: The area that both cover; None if they have the same bytes, or cannot be compared.
        slides: A and B, if they have an area.
    """

    title: str
    phase: str
    result: str
    alone: Sequence[LayerView] = ()
    missing: str | None = None
    area: Area | None = None
    slides: Sequence[SlideView] = ()


def sliders(pairs: Sequence[ScreenshotPair], *, picture: Picture) -> Iterator[SliderView]:
    """Yield each pair; the browser gets the pictures as artifacts.

    Args:
        pairs: The pairs.
        picture: Returns an artifact as a picture, by its hash in hex, or why it cannot be shown.
    """
    for number, pair in enumerate(pairs, 1):
        title, phase, result = str(pair.screenshot), pair.screenshot.ref.phase, str(pair)
        if pair.a is None or pair.b is None:
            layers = [*map(picture, _layers(pair.screenshot))] if pair.screenshot.sha256 else [REMOVED]
            missing = next((layer for layer in layers if isinstance(layer, str)), None)
            shown = [] if missing else [layer for layer in layers if isinstance(layer, LayerView)]
            yield SliderView(title, phase, result, shown, missing)
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
                    SlideView(id_, f"{name}: {title}", [*map(artifact_address, _layers(screenshot))], *size)
                    for id_, name, screenshot, size in zip(area.ids, "AB", (pair.a, pair.b), sizes, strict=True)
                ],
            )


def _layers(screenshot: Screenshot) -> list[str]:
    return [sha256 for sha256 in (screenshot.base, screenshot.sha256) if sha256]


def artifact_address(sha256: str) -> str:
    """Return the address of an artifact."""
    return f"/api/v1/artifacts/{sha256}"
