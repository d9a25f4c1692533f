"""`veritas show AUDIT`"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from veritas.cli.lib import table
from veritas.cli.lib.options import audit_argument, database_option, format_option, point_option, verbose_option
from veritas.cli.lib.table import (
    Cell,
    Column,
    json_text,
    paged,
    print_heading,
    print_line,
    print_pairs,
    print_table,
    value_text,
)
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import count

SECTIONS = ("signals", "unexamined", "phases", "pages", "findings", "recommendations", "redactions")

if TYPE_CHECKING:
    from veritas.projections.audit_state import AuditState
    from veritas.projections.state_diff import Change
    from veritas.replay.point_in_time import PointInTime
    from veritas.replay.state_at import StateAt


@click.command("show")
@audit_argument(or_batch=True)
@click.argument("sections", metavar="[SECTION]...", nargs=-1, type=click.Choice(SECTIONS))
@click.option("--full", is_flag=True, help="Show all sections, with the evidence of each finding.")
@point_option("--at", help="The state at this point, computed from the events up to it.")
@point_option("--diff-from", "since", help="Only what changed from this point to --at, or to now.")
@format_option("text", "json")
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@database_option
@verbose_option
@click.pass_context
def command(
    ctx: click.Context,
    audit: str,
    sections: tuple[str, ...],
    full: bool,
    at: PointInTime | None,
    since: PointInTime | None,
    output: str,
    as_json: bool,
    database: str | None,
) -> int:
    """Show an audit's verdict, phases, findings and transport.

    By default that is one screen: the verdict, its signals, what could not be examined, and the findings by kind. A
    SECTION is signals, unexamined, phases, pages, findings (each with its evidence), recommendations or redactions;
    --full shows all of them. On a terminal, what is longer than the screen is shown by the program in PAGER.

    AUDIT is any unique beginning of an audit's or a run's id, `latest`, or `latest:URL`. It may also be the beginning
    of a batch's id: then the batch's summary is shown, also while it runs.

    A POINT is a point in time: an event's number (17, or r3 for the recorder's), a phase (vision for its beginning, or
    vision/done), a percentage that the audit reported (40%), a time since the request (+3.5s, +1m), or a time in UTC
    (12:03:04.5).

    If the log is not as it was recorded, a warning is shown first, and the exit status is 1.
    """
    from veritas.batch.ids import is_batch
    from veritas.cli.lib.open_log import open_run, print_faults, warn_of_faults
    from veritas.cli.lib.output import print_json
    from veritas.errors import UsageError
    from veritas.formatting import utc_time
    from veritas.projections.state_diff import diff_states
    from veritas.projections.state_json import field_values
    from veritas.replay.state_at import ShownChanges, shown_state, state_at

    if as_json and output == "text" and ctx.get_parameter_source("output") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--json and --format text contradict each other; give one of them.")
    if (sections or full) and (as_json or output == "json" or since is not None):
        raise click.UsageError("JSON and --diff-from have all sections; leave out --full and the section.")
    if is_batch(audit):
        if sections or at is not None or since is not None:
            raise click.UsageError("A batch has no sections and no points in time; leave them out.")
        return _show_batch(database, audit, full=full, as_json=as_json or output == "json")
    with open_run(database, audit) as (archive, run_id):
        before = None if since is None else state_at(archive, run_id, since)
        shown = state_at(archive, run_id, at)
        imported = archive.provenance().get(run_id)
        if before is not None and before.state.position > shown.state.position:
            raise UsageError(
                f"--diff-from {str(since)!r} ({before.offset:.3f} s after the request) is later than --at {str(at)!r}"
                f" ({shown.offset:.3f} s); give the earlier one as --diff-from."
            )
        state = shown_state(archive, shown)
    fault = state.fault
    faults = [] if fault is None else [fault]
    as_json = as_json or output == "json"
    if before is not None:
        changes = diff_states(before.state.as_dict(), shown.state.as_dict())
        if as_json:
            differences = ShownChanges(
                run_id=run_id, fault=fault, start=before.location(), end=shown.location(), changes=changes
            )
            print_json(field_values(differences))
        else:
            print_faults(faults)
            _print_changes(before, shown, changes)
    elif as_json:
        print_json(field_values(state))
    else:
        with paged():
            print_faults(faults)
            if imported is not None:
                print_pairs([("imported", f"from {imported.origin}, {utc_time(imported.at)}")])
            _print_state(shown, SECTIONS if full else sections)
            if table.on_terminal() and not (full or sections):
                print_heading(f"`veritas show {audit} --full` shows everything that was recorded.")
    return warn_of_faults(faults)


def _show_batch(database: str | None, name: str, *, full: bool, as_json: bool) -> int:
    """Write a batch's summary to stdout, and return the exit status."""
    from veritas.archive.archive import Archive
    from veritas.archive.batches import resolve_batch
    from veritas.archive.integrity import find_fault
    from veritas.batch.summary import summarize
    from veritas.cli.lib.batch_summary import print_batch
    from veritas.cli.lib.open_log import print_faults, warn_of_faults
    from veritas.cli.lib.output import print_json
    from veritas.projections.state_json import field_values

    with Archive.open(database, create=False) as archive:
        batch_id = resolve_batch(archive, name)
        summary = summarize(archive, batch_id)
        fault = find_fault(archive, batch_id)
    faults = [] if fault is None else [fault]
    if as_json:
        print_json(field_values(summary.json()))
    else:
        with paged():
            print_faults(faults)
            print_batch(summary, full=full)
    return warn_of_faults(faults)


def _print_state(shown: StateAt, sections: Sequence[str]) -> None:
    """Write the outcome and these sections of a state; without any, the sections that fit on a screen."""
    from veritas.cli.lib.verdict import print_findings, print_outcome, print_signals, print_unexamined

    state = shown.state
    if shown.point is not None:
        print_pairs([("point", _location_text(shown))])
    print_outcome(state)
    if not sections:
        print_signals(state)
        print_unexamined(state)
        if state.status != COMPLETED:
            _print_phases(state)
        print_findings(state, brief=True)
        _print_redactions(state)  # what was erased must not be overlooked
        return
    printers = {
        "signals": print_signals,
        "unexamined": print_unexamined,
        "phases": _print_phases,
        "pages": _print_pages,
        "findings": _print_findings,
        "recommendations": _print_recommendations,
        "redactions": _print_redactions,
    }
    for section in sections:
        printers[section](state)


def _print_phases(state: AuditState) -> None:
    from veritas.formatting import duration, utc_time
    from veritas.projections.descriptions import shorten_error

    phases = state.ordered_phases()
    if phases:
        print_heading("Phases")
    columns = [
        Column("phase", min_width=120),
        Column("label"),
        Column("status"),
        Column("started_at", title="started", min_width=120),
        Column("duration", title="took", right=True),
        Column("events", right=True),
        Column("detail", fold=True),
    ]
    rows = (
        (
            phase.name,
            phase.label,
            table.status(phase.status),
            utc_time(phase.started_at, "milliseconds"),
            duration(phase.duration),
            f"{phase.events:,}",
            table.bad(shorten_error(phase.error, [state.error or ""])) if phase.error else phase.detail,
        )
        for phase in phases
    )
    print_table(columns, rows)


def _print_pages(state: AuditState) -> None:
    from veritas.events.json import as_number, as_text
    from veritas.formatting import short_number
    from veritas.projections.descriptions import shorten_error

    if state.pages:
        print_heading("Pages")
    columns = [Column("event", right=True), Column("status"), Column("url", fold=True), Column("title", fold=True)]

    def cells(page: Mapping[str, Any]) -> tuple[Cell, ...]:
        status, error = as_number(page["status"]), as_text(page["error"])
        status_text = None if status is None else short_number(status)
        title = table.bad(shorten_error(error, [state.error or ""])) if error else as_text(page["title"])
        return str(page["seq"]), status_text, page["url"], title

    print_table(columns, map(cells, state.pages))


def _print_findings(state: AuditState) -> None:
    from veritas.projections.findings import by_severity

    for number, finding in enumerate(by_severity(state.findings), 1):
        print_heading(f"Finding {number} of {len(state.findings)}")
        print_pairs(_finding(finding))


def _finding(finding: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    from veritas.events.json import as_mapping, as_number, as_text
    from veritas.formatting import percent
    from veritas.projections.findings import FINDING_FIELDS, severity_of, title_of

    severity = severity_of(finding)
    yield "finding", table.severity(severity, title_of(finding))
    yield "kind", as_text(finding.get("kind"))
    yield "severity", table.severity(severity, severity)
    yield "confidence", percent(as_number(finding.get("confidence")))
    yield "signal", as_text(finding.get("signal"))
    yield "detail", as_text(finding.get("detail"))
    yield "page", as_text(finding.get("url"))
    for name, value in as_mapping(finding.get("evidence")).items():
        yield str(name), _evidence(value)
    for name, value in as_mapping(finding.get("taxonomy")).items():
        yield str(name), as_text(value)
    for name, value in finding.items():
        if name not in FINDING_FIELDS:
            yield str(name), _evidence(value)
    yield "event", str(finding["seq"])


def _evidence(value: object) -> str | None:
    """Return a piece of evidence in one line: text unchanged, any other value as JSON."""
    return value if value is None or isinstance(value, str) else json_text(value)


def _print_recommendations(state: AuditState) -> None:
    from veritas.events.json import as_items, as_mapping, as_text

    items = map(as_mapping, as_items(as_mapping(state.verdict).get("recommendations")))
    rows = [(as_text(item.get("audience")), text) for item in items if (text := as_text(item.get("text")))]
    if rows:
        print_heading("Recommendations")
    print_table([Column("for"), Column("recommendation", fold=True)], rows)


def _print_redactions(state: AuditState) -> None:
    from veritas.events.json import as_mapping, as_text

    if state.redactions:
        print_heading("Redactions")
    columns = [Column("event", right=True), Column("source"), Column("by"), Column("at"), Column("reason", fold=True)]

    def cells(redaction: Mapping[str, Any]) -> tuple[Cell, ...]:
        event = as_mapping(redaction["observation"])
        return (
            None if "seq" not in event else str(event["seq"]),
            as_text(event.get("source")),
            as_text(redaction["by"]),
            redaction["at"],
            as_text(redaction["reason"]),
        )

    print_table(columns, map(cells, state.redactions))


def _print_changes(before: StateAt, after: StateAt, changes: Sequence[Change]) -> None:
    """Write the two points in time, and each change as `verdict.trust_score: none -> 47`."""
    print_pairs([("run", after.state.run_id), ("from", _location_text(before)), ("to", _location_text(after))])
    print_heading("Changes" if changes else "No changes")
    for change in changes:
        print_line(f"{change.path}: {_value_or_size(change.before)} -> {_value_or_size(change.after)}")


def _location_text(state: StateAt) -> str:
    """Return the position of a state in its run: `vision/done: +2.500s, event 10`."""
    name = "now" if state.point is None else str(state.point)
    return f"{name}: +{state.offset:.3f}s, event {state.event}"


def _value_or_size(value: Any) -> str:
    return value_text(value) or count(len(value), "value" if isinstance(value, dict) else "item")
