"""The interface between an audit and its phases.

A phase is an `async def run(context)` that returns its summary, a struct. It emits steps while it works. The summary
goes to the log with `<phase>/done`, and later phases read it from `context.summaries`. A phase that cannot do its work
raises an error; the other phases then work with what there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from veritas.audit.finding import Finding
from veritas.audit.limits import LimitReached
from veritas.audit.pictures import Picture
from veritas.audit.screenshots import FULL
from veritas.audit.tier import Tier
from veritas.audit.time_limits import VISIT_TIMEOUT, Deadline

if TYPE_CHECKING:
    from veritas.audit.browser import Browser
    from veritas.audit.summaries import GraphSummary, ScoutSummary, SecuritySummary, VisionSummary
    from veritas.audit.verdict import Verdict


class FindingFields(msgspec.Struct, frozen=True):
    """The own fields of a `finding` event.

    Attributes:
        finding: The finding.
    """

    finding: Finding


class ScreenshotFields(msgspec.Struct, frozen=True):
    """The own fields of a `screenshot` event; the picture is in `data`.

    Attributes:
        media_type: The picture's media type.
        sha256: The picture's SHA-256 in hex.
        url: The page that it shows.
        kind: `viewport` or `full_page`.
        height: The pixels of the screenshot, from the top of the picture; missing if it is the whole picture. The
            window's screenshot is the upper part of the page's picture.
        taken_by: The phase that took the picture; missing if it is the one that emits the event. A finding is shown on
            the picture of the visited page if that has the same pixels in and around its element.
        base: The SHA-256, in hex, of the picture that this one is to be laid on; missing if it is a whole picture. It
            has the pixels that differ from that picture, and the elements of the findings; the others are transparent.
    """

    media_type: str
    sha256: str
    url: str
    kind: str
    height: int | msgspec.UnsetType = msgspec.UNSET
    taken_by: str | msgspec.UnsetType = msgspec.UNSET
    base: str | msgspec.UnsetType = msgspec.UNSET


class Emit(Protocol):
    """Emits one event of a phase."""

    def __call__(
        self,
        step: str,
        pct: float,
        detail: str = "",
        *,
        type: str = "progress",
        summary: msgspec.Struct | None = None,
        fields: msgspec.Struct | None = None,
        data: bytes | None = None,
    ) -> None:
        """Emit one event.

        Args:
            step: What the phase is doing.
            pct: How far the whole audit is, 0-100.
            detail: One sentence for people.
            type: The event's type.
            summary: What was found out; None for an empty summary.
            fields: What the event has beyond the fields of every event.
            data: A binary attachment.
        """


@dataclass
class Summaries:
    """The summaries of the phases that are done; None for a phase that is not done, or failed."""

    scout: ScoutSummary | None = None
    security: SecuritySummary | None = None
    vision: VisionSummary | None = None
    graph: GraphSummary | None = None
    judge: Verdict | None = None


@dataclass
class PhaseContext:
    """One audit, as its phases share it.

    Attributes:
        phase: The name of the phase that runs.
        url: The address to audit.
        tier: How many pages.
        browser: The open browser.
        emit: Emits an event of this phase.
        summaries: The summaries of the phases before this one.
        findings: All findings so far, of every phase; add to it with `report`.
        deadline: When the phase must have ended. It then records what it has, and what it could not do.
        visit_timeout: The seconds that a page may take to arrive and load.
        screenshots: What the audit takes pictures of: `none`, `viewport` or `full`.
        obey_robots: Whether pages that the start page leads to are left out if robots.txt disallows them.
        pictures: The kept picture of each visited page, by its URL; the scout adds to it.
    """

    phase: str
    url: str
    tier: Tier
    browser: Browser
    emit: Emit
    summaries: Summaries
    findings: list[Finding] = field(default_factory=list)
    deadline: Deadline = field(default_factory=Deadline)
    visit_timeout: float = VISIT_TIMEOUT
    screenshots: str = FULL
    obey_robots: bool = False
    pictures: dict[str, Picture] = field(default_factory=dict)

    def report(self, finding: Finding, pct: float) -> None:
        """Emit *finding* and keep it for the judge."""
        self.findings.append(finding)
        self.emit("finding", pct, finding.title, type="finding", fields=FindingFields(finding))

    def report_limit(self, reached: LimitReached, pct: float) -> None:
        """Emit a limit that a visit has reached."""
        self.emit("limit_reached", pct, reached.sentence, summary=reached)

    def screenshot(
        self,
        picture: Picture,
        pct: float,
        *,
        url: str,
        kind: str,
        height: int | None = None,
        taken_by: str | None = None,
        base: str | None = None,
    ) -> str:
        """Emit a picture as an artifact and return its SHA-256 in hex.

        Args:
            picture: The picture.
            pct: How far the whole audit is, 0-100.
            url: The page that it shows.
            kind: `viewport` or `full_page`.
            height: The pixels of the screenshot from the picture's top; None for the whole picture.
            taken_by: The phase that took it; None for this one.
            base: The SHA-256 of the picture that it is to be laid on, in hex; None if it is a whole picture.
        """
        optional = {"height": height, "taken_by": taken_by, "base": base}
        given: dict[str, Any] = {name: value for name, value in optional.items() if value is not None}
        fields = ScreenshotFields(picture.media_type, picture.sha256, url, kind, **given)
        self.emit(
            "screenshot",
            pct,
            f"{kind.replace('_', ' ')} of {url}",
            type="screenshot",
            data=picture.data,
            fields=fields,
        )
        return picture.sha256
