"""The screenshots in a report, with the findings marked on them and cut out of them."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

from veritas.events.json import as_mapping, as_number, as_text
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity

_PNG = b"\x89PNG\r\n\x1a\n"

_IMAGES = {_PNG: "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}

_MARGIN = 40  # pixels around an element that is cut out, and more until the crop has the least size
_LEAST_CROP = (360, 120)

_LARGEST_TOTAL = 24 << 20  # bytes of images in one page; the others are only named
_HEADER = 25  # bytes of a PNG or a WebP up to the end of the image's width and height
_MOST_MARKS = 500  # findings that are marked on one screenshot and cut out of it


def data_address(data: bytes) -> str | None:
    """Return a picture as a `data:` URL; None if its first bytes are not those of PNG, JPEG, GIF or WebP."""
    media_type = next((known for magic, known in _IMAGES.items() if data.startswith(magic)), None)
    return None if media_type is None else f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


class Rect(NamedTuple):
    """A rectangle on a picture, in its pixels."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def read(cls, value: object) -> Self | None:
        """Return an element's place as a finding has it; None if it is not a rectangle."""
        mapping = as_mapping(value)
        x, y, width, height = (as_number(mapping.get(name)) for name in cls._fields)
        if x is None or y is None or width is None or height is None or width < 0 or height < 0:
            return None
        return cls(x, y, width, height)

    def within(self, width: int, height: int) -> bool:
        """Return whether all of it is on a picture of that size."""
        return min(self.x, self.y) >= 0 and self.x + self.width <= width and self.y + self.height <= height

    def with_margin(self, width: int, height: int) -> Rect:
        """Return it with a margin, within a picture of that size."""
        left, right = _widened(self.x, self.width, _LEAST_CROP[0], width)
        top, bottom = _widened(self.y, self.height, _LEAST_CROP[1], height)
        return Rect(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Crop:
    """A part of a picture that is elsewhere in the page.

    Attributes:
        picture: The id of the picture.
        view: The part that is shown.
        rect: The rectangle that is outlined in it.
        label: What it shows.
        target: The id that it links to; None for no link.
    """

    picture: str
    view: Rect
    rect: Rect
    label: str
    target: str | None = None


@dataclass(frozen=True)
class Frame:
    """A frame around a finding's element on its screenshot; its place and its size are in percent of the picture."""

    number: int
    target: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Figure:
    """A screenshot.

    Attributes:
        id: Its id in the page.
        sha256: The SHA-256 of its bytes, in hex.
        caption: What it shows.
        missing: Why the page does not show it; None if it does.
        picture: The id of its picture.
        source: The picture as a `data:` URL.
        base: The id of the picture that it is laid on; "" if it is a whole picture, or the page does not show that.
        incomplete: Whether it is to be laid on a picture that the page does not show.
        width: The picture's width in pixels; 0, and nothing is marked on it, unless it is a PNG or a lossless WebP.
        height: Its height.
        frames: The findings that are marked on it.
    """

    id: str
    sha256: str
    caption: str
    missing: str | None
    picture: str = ""
    source: str = ""
    base: str = ""
    incomplete: bool = False
    width: int = 0
    height: int = 0
    frames: Sequence[Frame] = ()


@dataclass(frozen=True)
class _Picture:
    source: str
    width: int = 0
    height: int = 0


class Pictures:
    """The pictures of a page, up to a total size.

    Args:
        artifact: Returns an artifact's bytes by its hash in hex; None if they are not available.
    """

    def __init__(self, artifact: Callable[[str], bytes | None]) -> None:
        self._artifact = artifact
        self._room = _LARGEST_TOTAL

    def read(self, sha256: str) -> _Picture | str:
        """Return a picture, or why the page does not show it."""
        data = self._artifact(sha256)
        if data is None:
            return "Its bytes are not available as they were recorded."
        source = data_address(data) if len(data) <= self._room else None
        if source is None:
            return "It is not shown here; `veritas export` writes it as it was recorded."
        self._room -= len(data)
        return _Picture(source, *_size(data))


class Gallery:
    """The screenshots of one run. Each picture is in the page once; crops refer to it.

    Args:
        number: The run's number in the page.
        state: The run.
        pictures: The pictures of the page.

    Attributes:
        findings: The run's findings, the most severe first, with their numbers in the report.
    """

    def __init__(self, number: int, state: AuditState, pictures: Pictures) -> None:
        self._number = number
        self.findings: list[tuple[int, Mapping[str, Any]]] = list(enumerate(by_severity(state.findings), 1))
        self._screenshots = {str(screenshot["sha256"]): screenshot for screenshot in state.screenshots}
        self._pictures = {sha256: pictures.read(sha256) for sha256 in self._screenshots}
        rects: defaultdict[str, list[tuple[int, Rect]]] = defaultdict(list)
        for finding_number, finding in self.findings:
            evidence = as_mapping(finding.get("evidence"))
            if (rect := Rect.read(evidence.get("rect"))) is not None:
                rects[str(evidence.get("screenshot"))].append((finding_number, rect))
        self._marks = {sha256: self._marks_on(sha256, rects[sha256]) for sha256 in self._screenshots}
        self._shown_on = {number: sha256 for sha256, marks in self._marks.items() for number in marks}

    def __len__(self) -> int:
        return len(self._screenshots)

    def finding_id(self, number: int) -> str:
        """Return the id of a finding in the page."""
        return f"finding-{self._number}-{number}"

    def card_id(self, number: int) -> str:
        """Return the id of a card of findings in the page."""
        return f"card-{self._number}-{number}"

    def screenshot_id(self, sha256: str | None) -> str | None:
        """Return the id of a screenshot in the page; None if the page does not have it."""
        return self._id("screenshot", sha256) if sha256 in self._screenshots else None

    def crop(self, number: int) -> Crop | None:
        """Return a finding's element cut out of its screenshot and outlined; None if the page cannot show it."""
        sha256 = self._shown_on.get(number, "")
        picture = self._pictures.get(sha256)
        if not isinstance(picture, _Picture):
            return None
        rect = self._marks[sha256][number]
        return Crop(
            picture=self._id("picture", sha256),
            view=rect.with_margin(picture.width, picture.height),
            rect=rect,
            label="The element on its screenshot",
            target=self.screenshot_id(sha256),
        )

    def figures(self) -> Iterator[Figure]:
        """Yield the run's screenshots, in the order in which they were taken."""
        for sha256, screenshot in self._screenshots.items():
            yield self._figure(sha256, screenshot)

    def _id(self, kind: str, sha256: str | None) -> str:
        return f"{kind}-{self._number}-{sha256}"

    def _marks_on(self, sha256: str, rects: Iterable[tuple[int, Rect]]) -> dict[int, Rect]:
        """Return the rectangles that are on a screenshot, by the numbers of their findings."""
        picture = self._pictures[sha256]
        if not isinstance(picture, _Picture) or not picture.width or not picture.height:
            return {}
        on_it = {number: rect for number, rect in rects if rect.within(picture.width, picture.height)}
        return dict(islice(on_it.items(), _MOST_MARKS))

    def _figure(self, sha256: str, screenshot: Mapping[str, Any]) -> Figure:
        kind, url = as_text(screenshot.get("kind")), as_text(screenshot.get("url"))
        caption = " of ".join(filter(None, (kind and kind.replace("_", " "), url)))
        id_, picture = self._id("screenshot", sha256), self._pictures[sha256]
        if isinstance(picture, str):
            return Figure(id_, sha256, caption, missing=picture)
        base = as_text(screenshot.get("base"))
        is_shown = self._is_shown_whole(base or "")
        return Figure(
            id=id_,
            sha256=sha256,
            caption=caption,
            missing=None,
            picture=self._id("picture", sha256),
            source=picture.source,
            base=self._id("picture", base) if is_shown else "",
            incomplete=base is not None and not is_shown,
            width=picture.width,
            height=picture.height,
            frames=[self._frame(number, rect, picture) for number, rect in self._marks[sha256].items()],
        )

    def _is_shown_whole(self, sha256: str) -> bool:
        """Return whether the page shows a picture that is not itself to be laid on another."""
        picture = self._pictures.get(sha256)
        return isinstance(picture, _Picture) and picture.width > 0 and "base" not in self._screenshots[sha256]

    def _frame(self, number: int, rect: Rect, picture: _Picture) -> Frame:
        return Frame(
            number=number,
            target=self.finding_id(number),
            left=100 * rect.x / picture.width,
            top=100 * rect.y / picture.height,
            width=100 * rect.width / picture.width,
            height=100 * rect.height / picture.height,
        )


def _size(data: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG or a lossless WebP in pixels, as its header has them; else zeros."""
    if len(data) >= _HEADER and data.startswith(_PNG):
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if len(data) >= _HEADER and data[8:16] == b"WEBPVP8L":  # two numbers of 14 bits, each one less than the size
        sizes = int.from_bytes(data[21:25], "little")
        return (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1
    return 0, 0


def _widened(start: float, length: float, least: float, whole: int) -> tuple[float, float]:
    """Return the beginning and the end of a range with a margin on either side, within 0 and *whole*."""
    margin = max(_MARGIN, (least - length) / 2)
    begin = max(0.0, min(start - margin, whole - length - 2 * margin))
    return begin, min(float(whole), max(start + length + margin, begin + length + 2 * margin))
