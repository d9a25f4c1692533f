"""`veritas diff --site URL`: what changed on a site over all recordings of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veritas.cli.lib.exit_status import NO, YES

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.diff.site.history import FindingTrace, SiteHistory
    from veritas.diff.site.recording import SiteRecording

_PLOT_CELLS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def show_site(database: str | None, url: str, *, output: str, file: Path | None, force: bool) -> int:
    """Write a site's history, as text, JSON or HTML; return the exit status, 1 if anything changed.

    Args:
        database: The log.
        url: The site's URL, or its host for all of its pages.
        output: `text`, `json` or `html`.
        file: The file to write; None for stdout.
        force: Whether an existing file may be replaced.

    Raises:
        UsageError: There is no recording of the site, or the file cannot be created.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import printing, writing
    from veritas.cli.lib.progress import progress_bar
    from veritas.diff.site.history import history_in_log
    from veritas.diff.site.html import site_page
    from veritas.diff.site.url import SiteAddress
    from veritas.events.json import json_document

    site = SiteAddress.parse(url)
    with (
        Archive.open(database, create=False) as archive,
        progress_bar("Catching up") as catching_up,
        progress_bar("Reading", unit="recordings") as progress,
    ):
        history = history_in_log(archive, site, progress=progress, catching_up=catching_up)
    if output == "text":
        with printing(file, force=force):
            _print(history)
    else:
        with writing(file, force=force) as write:
            write(site_page(history) if output == "html" else json_document(history.as_dict()))
    return NO if history.changed else YES


def _print(history: SiteHistory) -> None:
    from veritas.cli.lib.table import print_heading, print_pairs
    from veritas.diff.site.presence import FATES
    from veritas.diff.site.text import fates_sentence, recordings_sentence, score_sentence

    print_pairs(
        [
            ("site", history.site.text),
            ("recorded", recordings_sentence(history)),
            ("score", score_sentence(history)),
            ("findings", fates_sentence(history)),
        ]
    )
    print_heading("Score over time")
    _print_recordings(history)
    for fate in FATES:
        _print_findings(fate, history.of_fate(fate))
    for topic in history.facts:
        _print_facts(topic, history)


def _print_recordings(history: SiteHistory) -> None:
    from veritas.cli.lib.table import Column, on_terminal, print_table

    columns = [
        Column("started_at", title="started"),
        Column("trust_score", title="score", right=True),
        *([Column("plot", title="0" + " " * (_PLOT_CELLS - 4) + "100", width=_PLOT_CELLS)] if on_terminal() else []),
        Column("risk_level", title="risk"),
        Column("findings", title="found", right=True),
        Column("status", min_width=100),
        Column("run_id", title="run", min_width=120),
        Column("page", min_width=160),
    ]
    print_table(columns, (_recording_row(one, plot=on_terminal()) for one in history.recordings))


def _recording_row(recording: SiteRecording, *, plot: bool) -> Sequence[Cell]:
    from veritas.cli.lib import table
    from veritas.formatting import short_number

    score, level = recording.trust_score, recording.risk_level
    return (
        str(recording.ref),
        table.risk(level, None if score is None else short_number(score)),
        *([table.status(recording.status) if score is None else table.risk(level, _bar(score))] if plot else []),
        table.risk(level, level),
        str(sum(recording.severities.values())),
        table.status(recording.status),
        recording.ref.run_id,
        str(recording.page),
    )


def _bar(score: float) -> str:
    """Return a score of 0-100 as a bar of block characters; even 0 has a visible bar."""
    eighths = max(round(score / 100 * _PLOT_CELLS * 8), 1)
    return _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _print_findings(fate: str, traces: Sequence[FindingTrace]) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT
    from veritas.diff.site.text import findings_title

    if not traces:
        return
    print_heading(findings_title(fate, len(traces)))
    times = {
        APPEARED: [Column("since"), Column("not_before", title="not on", min_width=130)],
        WENT: [
            Column("first_seen", title="from"),
            Column("last_seen", title="until"),
            Column("gone_by", title="gone by", min_width=150),
        ],
        CHANGED: [Column("change", fold=True), Column("since")],
        STAYED: [Column("first_seen", title="since")],
    }
    columns = [
        Column("severity"),
        Column("count", right=True),
        Column("finding", fold=True),
        Column("about", fold=True, min_width=120),
        Column("page", fold=True, min_width=170),
        *times[fate],
        Column("came", title="times", right=True, min_width=150),
    ]
    print_table(columns, map(_finding_row, traces))


def _finding_row(finding: FindingTrace) -> Sequence[Cell]:
    from veritas.cli.lib import table
    from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT

    trace, details = finding.trace, finding.details
    last = trace.last_step
    times = {
        APPEARED: (last.recording, last.before),
        WENT: (trace.first_seen.recording, trace.last_seen, last.recording),
        CHANGED: (finding.change or "", last.recording),
        STAYED: (trace.first_seen.recording,),
    }
    return (
        table.severity(details.severity, details.severity),
        str(details.count),
        details.title,
        trace.key.about,
        trace.key.page,
        *map(str, times[trace.fate]),
        str(trace.appearances),
    )


def _print_facts(topic: str, history: SiteHistory) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_line, print_table
    from veritas.diff.site.presence import STAYED
    from veritas.diff.site.text import TITLES

    traces = history.facts[topic]
    if not traces:
        return
    print_heading(TITLES[topic])
    print_table(
        [Column("change", title=""), Column("name", fold=True), Column("value", fold=True), Column("when", fold=True)],
        _fact_rows(topic, history),
    )
    stayed = sum(trace.fate == STAYED for trace in traces)
    if stayed:
        print_line(f"{stayed:,} unchanged; --format json and html list {'it' if stayed == 1 else 'them'}.")


def _fact_rows(topic: str, history: SiteHistory) -> Iterator[Sequence[Cell]]:
    from veritas.diff.site.presence import STAYED
    from veritas.diff.site.text import FATE_WORDS, fact_name, value_sentence

    for trace in history.facts[topic]:
        if trace.fate != STAYED:
            yield FATE_WORDS[trace.fate], fact_name(trace.key, history), value_sentence(trace), "; ".join(trace.when)
