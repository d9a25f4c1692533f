"""An audit's report: one HTML page that needs nothing beside itself, made from recorded events alone.

It has no script and reaches no network, and its own policy forbids both. What a page or a program wrote is hostile text
here: all of it is escaped (`veritas.report.markup`), none of it becomes a link, and only PNG, JPEG, GIF and WebP are
shown. The same events give the same bytes, so that a report can be checked by making it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.resources import files

import veritas
from veritas.core.recorded import RecordedEvent
from veritas.report.findings import findings_section
from veritas.report.markup import Markup, tag
from veritas.report.phases import phases
from veritas.report.provenance import NOT_AS_RECORDED, Provenance, provenance_of, warning_of
from veritas.report.reported_run import ReportedRun
from veritas.report.screenshots import Gallery
from veritas.report.security import security
from veritas.report.transport import redactions, transport
from veritas.report.verdict import heading, narrative, recommendations, signals, subject

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


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
    yield b'<!doctype html>\n<html lang="en">\n'
    yield _line(
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content=generator()),
            tag("title", f"VERITAS report: {title}"),
            tag("style", Markup((files("veritas.report") / "report.css").read_text(encoding="utf-8"))),
        )
    )
    yield b"<body>\n"
    yield _line(warning_of(provenance))
    for run in runs.values():
        gallery.turn_to(run.state)
        yield b"<article>\n"
        for section in (heading, redactions, narrative, signals, recommendations):
            yield _line(section(run))
        yield _line(findings_section(gallery))
        for figure in gallery.figures():
            yield _line(figure)
        for section in (security, phases, transport):
            yield _line(section(run))
        yield _line(provenance_of(run, provenance))
        yield b"</article>\n"
    yield _line(tag("footer", f"Made from {provenance.made_from} All times are UTC."))
    yield b"</body>\n</html>\n"


def generator() -> str:
    """Return what the page says that it was made by: two versions may tell the same events in other words."""
    return f"VERITAS {veritas.__version__}"


def _line(markup: Markup) -> bytes:
    return markup.encode("utf-8") + b"\n" if markup else b""
