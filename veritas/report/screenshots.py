"""The screenshots in a report, with the findings marked on them and cut out of them."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

from veritas.events.json import as_mapping, as_number, as_text
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity
from veritas.report.html import Markup, tag

PNG = b"\x89PNG\r\n\x1a\n"

_IMAGES = {PNG: "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def data_address(data: bytes) -> str | None:
    """Return a picture as a `data:` address; None where its first bytes are not those of one that may be shown."""
    media_type = next((known for magic, known in _IMAGES.items() if data.startswith(magic)), None)
    return None if media_type is None else f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


_AROUND = 40  # pixels around an element that is cut out, and more until the cut is of a size that tells something
_LEAST_CUT = (360, 120)


class Rect(NamedTuple):
    """A place on a picture, in its pixels."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def read(cls, said: object) -> Self | None:
        """Return what a finding says of an element's place; None where that is none."""
        mapping = as_mapping(said)
        x, y, width, height = (as_number(mapping.get(name)) for name in cls._fields)
        if x is None or y is None or width is None or height is None or width < 0 or height < 0:
            return None
        return cls(x, y, width, height)

    def within(self, width: int, height: int) -> bool:
        """Whether all of it lies on a picture of that size."""
        return min(self.x, self.y) >= 0 and self.x + self.width <= width and self.y + self.height <= height

    def with_margin(self, width: int, height: int) -> Rect:
        """Return it with what stands around it, as far as the picture goes."""
        left, right = _widened(self.x, self.width, _LEAST_CUT[0], width)
        top, bottom = _widened(self.y, self.height, _LEAST_CUT[1], height)
        return Rect(left, top, right - left, bottom - top)


def _widened(start: float, length: float, least: float, whole: int) -> tuple[float, float]:
    """Return where a stretch begins and ends with what is around it, within 0 and *whole*."""
    around = max(_AROUND, (least - length) / 2)
    begin = max(0.0, min(start - around, whole - length - 2 * around))
    return begin, min(float(whole), max(start + length + around, begin + length + 2 * around))


_LARGEST_TOTAL = 24 << 20  # bytes of images in one page; what is beyond is named, and lies beside it in the bundle
_PNG_HEADER = 24  # bytes up to the image's width and height, and with them
_MOST_MARKS = 500  # on one screenshot, and cut out of it


@dataclass(frozen=True)
class _Picture:
    """A screenshot that the page shows.

    Attributes:
        source: It, as a `data:` address.
        width: Its width in pixels, as its own header has it; 0 where it is no PNG, and nothing can be marked on it.
        height: Its height.
    """

    source: str
    width: int = 0
    height: int = 0


class Gallery:
    """The screenshots of a report, run by run. Each picture stands in the page once; what is cut out refers to it.

    Args:
        artifact: Gives an artifact's bytes by its hash in hex; None where they are not at hand.

    Attributes:
        findings: The run's findings, the most severe first, with their numbers in the report.
    """

    def __init__(self, artifact: Callable[[str], bytes | None]) -> None:
        self._artifact = artifact
        self._room = _LARGEST_TOTAL
        self._runs = 0
        self._screenshots: dict[str, Mapping[str, Any]] = {}
        self._pictures: dict[str, _Picture | str] = {}  # or why there is none
        self._marks: dict[str, dict[int, Rect]] = {}
        self._shown_on: dict[int, str] = {}  # the screenshot on which a finding's place is marked
        self.findings: list[tuple[int, Mapping[str, Any]]] = []

    def turn_to(self, state: AuditState) -> None:
        """Go on to the next run."""
        self._runs += 1
        self.findings = list(enumerate(by_severity(state.findings), 1))
        self._screenshots = {str(screenshot["sha256"]): screenshot for screenshot in state.screenshots}
        self._pictures = {sha256: self._picture(sha256) for sha256 in self._screenshots}
        named: defaultdict[str, list[tuple[int, Rect]]] = defaultdict(list)
        for number, finding in self.findings:
            evidence = as_mapping(finding.get("evidence"))
            if (rect := Rect.read(evidence.get("rect"))) is not None:
                named[str(evidence.get("screenshot"))].append((number, rect))
        self._marks = {sha256: self._marks_on(sha256, named[sha256]) for sha256 in self._screenshots}
        self._shown_on = {number: sha256 for sha256, marks in self._marks.items() for number in marks}

    def finding_id(self, number: int) -> str:
        """Return what a finding of the run is called within the page."""
        return f"finding-{self._runs}-{number}"

    def link(self, sha256: object) -> Markup | None:
        """Return a screenshot's name in a finding: a link where the page shows it."""
        if not isinstance(sha256, str):
            return None
        if sha256 not in self._screenshots:
            return tag("code", sha256)
        return tag("a", tag("code", f"{sha256[:16]}…"), href=f"#{self._id('screenshot', sha256)}")

    def crop(self, number: int) -> Markup | None:
        """Return a finding's element as it looks on its screenshot, outlined; None where the page cannot show it."""
        sha256 = self._shown_on.get(number, "")
        picture = self._pictures.get(sha256)
        if not isinstance(picture, _Picture):
            return None
        rect = self._marks[sha256][number]
        cut = rect.with_margin(picture.width, picture.height)
        drawn = tag(
            "svg",
            tag("use", href=f"#{self._id('picture', sha256)}"),
            tag("rect", **{name: f"{value:g}" for name, value in rect._asdict().items()}),
            viewBox=" ".join(f"{value:g}" for value in cut),
            width=f"{cut.width:g}",
            height=f"{cut.height:g}",
            role="img",
            aria_label="The element on its screenshot",
        )
        return tag("a", drawn, href=f"#{self._id('screenshot', sha256)}", class_="crop")

    def figures(self) -> Iterator[Markup]:
        """Yield the run's screenshots, in the order in which they were taken."""
        if self._screenshots:
            yield tag("h2", f"Screenshots ({len(self._screenshots)})")
        for sha256, screenshot in self._screenshots.items():
            yield self._figure(sha256, screenshot)

    def _id(self, kind: str, sha256: str) -> str:
        return f"{kind}-{self._runs}-{sha256}"

    def _picture(self, sha256: str) -> _Picture | str:
        """Return what the page shows of a screenshot, or why it shows nothing."""
        data = self._artifact(sha256)
        if data is None:
            return "It is not at hand as it was recorded."
        source = data_address(data) if len(data) <= self._room else None
        if source is None:
            return "It is not shown here; `veritas export` hands it over as it was recorded."
        self._room -= len(data)
        if not data.startswith(PNG) or len(data) < _PNG_HEADER:
            return _Picture(source)
        return _Picture(source, int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))

    def _marks_on(self, sha256: str, named: Iterable[tuple[int, Rect]]) -> dict[int, Rect]:
        """Return the places that lie on a screenshot, of those that findings name on it, by the findings' numbers."""
        picture = self._pictures[sha256]
        if not isinstance(picture, _Picture) or not picture.width or not picture.height:
            return {}
        on_it = {number: rect for number, rect in named if rect.within(picture.width, picture.height)}
        return dict(islice(on_it.items(), _MOST_MARKS))

    def _figure(self, sha256: str, screenshot: Mapping[str, Any]) -> Markup:
        kind, url = as_text(screenshot.get("kind")), as_text(screenshot.get("url"))
        what = " of ".join(filter(None, (kind and kind.replace("_", " "), url)))
        picture, marks = self._pictures[sha256], self._marks[sha256]
        if isinstance(picture, str):
            shown = tag("p", picture, class_="card soft")
        else:
            frames = [self._frame(number, rect, picture) for number, rect in marks.items()]
            shown = tag("div", self._image(sha256, picture, what), frames, class_="shot")
        framed = " (the numbered frames are the report's)" if marks else ""
        caption = tag("figcaption", what, framed, tag("br"), "SHA-256 ", tag("code", sha256))
        return tag("figure", shown, caption, id=self._id("screenshot", sha256))

    def _image(self, sha256: str, picture: _Picture, what: str) -> Markup:
        if not picture.width or not picture.height:
            return tag("img", src=picture.source, alt=what)
        size = {"width": picture.width, "height": picture.height}
        image = tag("image", href=picture.source, id=self._id("picture", sha256), **size)
        return tag("svg", image, viewBox=f"0 0 {picture.width} {picture.height}", role="img", aria_label=what)

    def _frame(self, number: int, rect: Rect, picture: _Picture) -> Markup:
        """Return a frame around the place of a finding, by which one gets to it."""
        place = {
            "left": rect.x / picture.width,
            "top": rect.y / picture.height,
            "width": rect.width / picture.width,
            "height": rect.height / picture.height,
        }
        style = ";".join(f"{side}:{100 * share:.3f}%" for side, share in place.items())
        return tag("a", tag("span", str(number)), href=f"#{self.finding_id(number)}", style=style)
