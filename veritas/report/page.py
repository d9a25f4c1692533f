"""The report of an audit: one HTML page, made from recorded events alone.

It needs no other file; see `veritas.report.rendering`. No recorded text becomes a link, and only PNG, JPEG, GIF and
WebP are shown. The same events give the same bytes, so that a report can be checked by making it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from veritas.events.recorded import RecordedEvent
from veritas.projections.unexamined import Gap
from veritas.report.findings import FindingCard, Security, finding_cards, security_of
from veritas.report.phases import PhaseRow, Timeline, phases_of, timeline_of
from veritas.report.provenance import (
    NOT_AS_RECORDED,
    Delivery,
    Provenance,
    RedactedEvent,
    RunProvenance,
    delivery_of,
    provenance_of,
    redactions_of,
)
from veritas.report.rendering import render
from veritas.report.run import ReportedRun
from veritas.report.screenshots import Figure, Gallery, Pictures
from veritas.report.verdict import (
    Heading,
    Signal,
    heading_of,
    narrative_of,
    recommendations_of,
    signals_of,
    unexamined_of,
)


@dataclass(frozen=True)
class RunReport:
    """The report of one run, section by section; a section without contents is left out of the page."""

    number: int
    heading: Heading
    redactions: Sequence[RedactedEvent]
    narrative: str | None
    signals: Sequence[Signal]
    unexamined: Sequence[Gap]
    recommendations: Mapping[str, Sequence[str]]
    finding_count: int
    findings: Sequence[FindingCard]
    screenshot_count: int
    screenshots: Iterator[Figure]
    security: Security | None
    phases: Sequence[PhaseRow]
    timeline: Timeline | None
    delivery: Delivery
    provenance: RunProvenance


def render_report(
    events: Iterable[RecordedEvent],
    provenance: Provenance,
    *,
    artifact: Callable[[str], bytes | None],
    abandoned: Collection[str] = (),
) -> Iterator[bytes]:
    """Yield the page in pieces.

    Args:
        events: All events of the runs, by position.
        provenance: What proves them.
        artifact: Returns an artifact's bytes by its hash in hex; None if they are not available as they were recorded.
        abandoned: The runs whose end will never be recorded.
    """
    runs: dict[str, ReportedRun] = {}
    for recorded in events:
        runs.setdefault(recorded.run_id, ReportedRun()).apply(recorded)
    for run_id in abandoned:
        runs[run_id].state.mark_abandoned()
    pictures = Pictures(artifact)
    title = ", ".join(dict.fromkeys(run.subject for run in runs.values()))
    yield from render(
        "veritas.report",
        "report.html",
        title=f"{title} ({NOT_AS_RECORDED.lower()})" if provenance.faults else title,
        not_as_recorded=NOT_AS_RECORDED,
        faults=list(provenance.faults.values()),
        subjects=[run.subject for run in runs.values()],
        runs=(_report_of(number, run, provenance, pictures) for number, run in enumerate(runs.values(), 1)),
        made_from=provenance.made_from,
    )


def _report_of(number: int, run: ReportedRun, provenance: Provenance, pictures: Pictures) -> RunReport:
    gallery = Gallery(number, run.state, pictures)
    return RunReport(
        number=number,
        heading=heading_of(run),
        redactions=redactions_of(run),
        narrative=narrative_of(run),
        signals=signals_of(run),
        unexamined=unexamined_of(run),
        recommendations=recommendations_of(run),
        finding_count=len(gallery.findings),
        findings=finding_cards(gallery),
        screenshot_count=len(gallery),
        screenshots=gallery.figures(),
        security=security_of(run),
        phases=phases_of(run),
        timeline=timeline_of(run),
        delivery=delivery_of(run),
        provenance=provenance_of(run, provenance),
    )
