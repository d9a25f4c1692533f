"""The screenshots in a report, with the findings marked on them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from veritas.audit.finding import SEVERITIES
from veritas.projections.audit_state import AuditState
from veritas.report.markup import Markup, tag
from veritas.untrusted import as_mapping, as_number, as_text

_LARGEST_TOTAL = 24 << 20  # bytes of images in one page; what is beyond is named, and lies beside it in the bundle
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = 24  # bytes up to the image's width and height, and with them
_IMAGES = {_PNG: "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
_MOST_MARKS = 500  # on one screenshot


class Gallery:
    """The screenshots of a report, run by run.

    Args:
        artifact: Gives an artifact's bytes by its hash in hex; None where they are not handed over.

    Attributes:
        findings: The run's findings, the gravest first, with their numbers in the report.
    """

    def __init__(self, artifact: Callable[[str], bytes | None]) -> None:
        self._artifact = artifact
        self._room = _LARGEST_TOTAL
        self._runs = 0
        self._screenshots: dict[str, Mapping[str, Any]] = {}
        self.findings: list[tuple[int, Mapping[str, Any]]] = []

    def turn_to(self, state: AuditState) -> None:
        """Go on to the next run."""
        self._runs += 1
        rank = {name: -at for at, name in enumerate(SEVERITIES)}
        findings = sorted(state.findings, key=lambda finding: rank.get(str(finding.get("severity")), 1))
        self.findings = list(enumerate(findings, 1))
        self._screenshots = {str(screenshot["sha256"]): screenshot for screenshot in state.screenshots}

    def finding_id(self, number: int) -> str:
        """Return what a finding of the run is called within the page."""
        return f"finding-{self._runs}-{number}"

    def link(self, sha256: object) -> Markup | None:
        """Return a screenshot's name in a finding: a link where the page shows it."""
        if not isinstance(sha256, str):
            return None
        if sha256 not in self._screenshots:
            return tag("code", sha256)
        return tag("a", tag("code", f"{sha256[:16]}…"), href=f"#{self._screenshot_id(sha256)}")

    def figures(self) -> Iterator[Markup]:
        """Yield the run's screenshots, in the order in which they were taken."""
        if self._screenshots:
            yield tag("h2", f"Screenshots ({len(self._screenshots)})")
        for sha256, screenshot in self._screenshots.items():
            yield self._figure(sha256, screenshot)

    def _screenshot_id(self, sha256: str) -> str:
        return f"screenshot-{self._runs}-{sha256}"

    def _figure(self, sha256: str, screenshot: Mapping[str, Any]) -> Markup:
        kind, url = as_text(screenshot.get("kind")), as_text(screenshot.get("url"))
        what = " of ".join(filter(None, (kind and kind.replace("_", " "), url)))
        data = self._artifact(sha256)
        media_type = next((known for magic, known in _IMAGES.items() if data and data.startswith(magic)), None)
        marks: list[Markup] = []
        if data is None or media_type is None or len(data) > self._room:
            place = "It was not handed over." if data is None else f"It is the bundle's file artifacts/{sha256}."
            shown = tag("p", place, class_="card soft")
        else:
            self._room -= len(data)
            image = tag("img", src=f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}", alt=what)
            marks = list(self._marks(sha256, data))
            shown = tag("div", image, marks, class_="shot")
        framed = " (the numbered frames are the report's)" if marks else ""
        caption = tag("figcaption", what, framed, tag("br"), "SHA-256 ", tag("code", sha256))
        return tag("figure", shown, caption, id=self._screenshot_id(sha256))

    def _marks(self, sha256: str, data: bytes) -> Iterator[Markup]:
        """Yield a frame around the place of each finding that names this screenshot."""
        if not data.startswith(_PNG) or len(data) < _PNG_HEADER:
            return
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        marked = [
            (number, as_mapping(evidence.get("rect")))
            for number, finding in self.findings
            if (evidence := as_mapping(finding.get("evidence"))).get("screenshot") == sha256
        ]
        for number, rect in marked[:_MOST_MARKS]:
            x, y, wide, high = (as_number(rect.get(name)) for name in ("x", "y", "width", "height"))
            if x is None or y is None or wide is None or high is None or not (width and height):
                continue
            if 0 <= x <= x + wide <= width and 0 <= y <= y + high <= height:
                place = {"left": x / width, "top": y / height, "width": wide / width, "height": high / height}
                style = ";".join(f"{side}:{100 * share:.3f}%" for side, share in place.items())
                yield tag("a", tag("span", str(number)), href=f"#{self.finding_id(number)}", style=style)
