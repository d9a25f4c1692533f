"""An audit's report: one HTML page that needs nothing beside itself, made from recorded events alone.

It has no script and reaches no network, and its own policy forbids both. What a page or a program wrote is hostile text
here: all of it is escaped (`veritas.report.html`), none of it becomes a link, and only PNG, JPEG, GIF and WebP are
shown. The same events give the same bytes, so that a report can be checked by making it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from veritas.events.recorded import RecordedEvent
from veritas.report.findings import findings_section, security
from veritas.report.html import DOCTYPE, head, line, tag
from veritas.report.phases import phases
from veritas.report.provenance import NOT_AS_RECORDED, Provenance, provenance_of, redactions, transport, warning_of
from veritas.report.run import ReportedRun
from veritas.report.screenshots import Gallery
from veritas.report.verdict import heading, narrative, recommendations, signals, subject


def render_report(
    events: Iterable[RecordedEvent],
    provenance: Provenance,
    *,
    artifact: Callable[[str], bytes | None],
    abandoned: Collection[str] = (),
) -> Iterator[bytes]:
    """Yield the page, piece by piece.

    Args:
        events: All events of the runs, by position.
        provenance: What proves them.
        artifact: Gives an artifact's bytes by its hash in hex; None where they are not at hand as they were recorded.
        abandoned: The runs of which it is known that nobody will write their end.
    """
    runs: dict[str, ReportedRun] = {}
    for recorded in events:
        runs.setdefault(recorded.run_id, ReportedRun()).take(recorded)
    for run_id in abandoned:
        runs[run_id].state.abandon()
    gallery = Gallery(artifact)
    title = ", ".join(dict.fromkeys(subject(run.state) for run in runs.values()))
    if provenance.faults:
        title = f"{title} ({NOT_AS_RECORDED.lower()})"
    yield DOCTYPE
    yield line(head(f"VERITAS report: {title}"))
    yield b"<body>\n"
    yield line(warning_of(provenance))
    for run in runs.values():
        gallery.turn_to(run.state)
        yield b"<article>\n"
        for section in (heading, redactions, narrative, signals, recommendations):
            yield line(section(run))
        yield line(findings_section(gallery))
        for figure in gallery.figures():
            yield line(figure)
        for section in (security, phases, transport):
            yield line(section(run))
        yield line(provenance_of(run, provenance))
        yield b"</article>\n"
    yield line(tag("footer", f"Made from {provenance.made_from} All times are UTC."))
    yield b"</body>\n</html>\n"
