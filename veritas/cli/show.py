"""`veritas show AUDIT`"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from veritas.cli.lib.options import audit_argument, database_option, format_option, point_option, verbose_option
from veritas.cli.lib.table import print_heading, print_line, print_pairs, told
from veritas.formatting import count
from veritas.projections.state_diff import Change
from veritas.replay.state_at import StateAt

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.projections.audit_state import AuditState
    from veritas.replay.point_in_time import PointInTime
    from veritas.replay.state_at import StateAt


@click.command("show")
@audit_argument()
@point_option("--at", help="The state at this moment, as the log told it then.")
@point_option("--diff-from", "since", help="Only what changed from this moment to --at, or to now.")
@format_option("text", "json")
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@database_option
@verbose_option
@click.pass_context
def command(
    ctx: click.Context,
    audit: str,
    at: PointInTime | None,
    since: PointInTime | None,
    output: str,
    as_json: bool,
    database: str | None,
) -> int:
    """Show what is known about an audit.

    That is the verdict with its signals, the phases, the findings with their evidence, and how the events came.
    AUDIT is any unique beginning of its id, or a run's id.

    A MOMENT is an event's number (17, or r3 for the recorder's), a phase (vision, where it begins, or vision/done), a
    percentage as the audit showed it (40%), a time since the request (+3.5s, +1m), or a time in UTC (12:03:04.5).

    Where the log is not as it was recorded, that is told first, and the exit status is 1.
    """
    from veritas.archive.integrity import find_fault
    from veritas.cli.lib.open_log import open_run, print_faults, warn_of
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import print_pairs
    from veritas.cli.show import print_changes
    from veritas.errors import UsageError
    from veritas.formatting import utc_time
    from veritas.projections.state_diff import diff_states
    from veritas.replay.state_at import state_at

    if as_json and output == "text" and ctx.get_parameter_source("output") is not ParameterSource.DEFAULT:
        raise click.UsageError("--json and --format text contradict each other; give one of them.")
    with open_run(database, audit) as (archive, run_id):
        before = None if since is None else state_at(archive, run_id, since)
        found = state_at(archive, run_id, at)
        imported = archive.provenance().get(run_id)
        if before is not None and before.state.position > found.state.position:
            raise UsageError(
                f"{str(since)!r}, {before.offset:.3f} s after the run began, comes behind {str(at)!r},"
                f" {found.offset:.3f} s after it; give the earlier one as --diff-from."
            )
        fault = find_fault(archive, run_id)
    faults = [] if fault is None else [fault]
    told = {"fault": fault and asdict(fault)}
    as_json = as_json or output == "json"
    if before is not None:
        changes = diff_states(before.state.as_dict(), found.state.as_dict())
        if as_json:
            places = {"from": before.location(), "to": found.location()}
            print_json({"run_id": run_id, **told, **places, "changes": list(map(asdict, changes))})
        else:
            print_faults(faults)
            print_changes(before, found, changes)
    elif as_json:
        said = {"imported_from": imported and imported.origin} | ({} if at is None else {"at": found.location()})
        print_json(found.state.as_dict() | told | said)
    else:
        print_faults(faults)
        if imported is not None:
            print_pairs([("imported", f"from {imported.origin}, {utc_time(imported.at)}")])
        _print(found)
    return warn_of(faults)


def _print(found: StateAt) -> None:
    from veritas.cli.lib.table import print_pairs
    from veritas.cli.lib.verdict import print_outcome, print_signals
    from veritas.cli.show import place

    state = found.state
    if found.point is not None:
        print_pairs([("moment", place(found))])
    print_outcome(state)
    print_signals(state)
    _print_phases(state)
    _print_pages(state)
    _print_findings(state)
    _print_recommendations(state)
    _print_redactions(state)


def _print_phases(state: AuditState) -> None:
    from veritas.cli.lib import table
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.formatting import duration, utc_time

    phases = state.ordered_phases()
    if phases:
        print_heading("Phases")
    columns = [
        Column("phase", since=120),
        Column("label"),
        Column("status"),
        Column("started_at", title="started", since=120),
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
            table.wrong(phase.error) if phase.error else phase.detail,
        )
        for phase in phases
    )
    print_table(columns, rows)


def _print_pages(state: AuditState) -> None:
    from veritas.cli.lib import table
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.events.json import as_number, as_text
    from veritas.formatting import short_number

    if state.pages:
        print_heading("Pages")
    columns = [Column("event", right=True), Column("status"), Column("url", fold=True), Column("title", fold=True)]

    def cells(page: Mapping[str, Any]) -> tuple[Cell, ...]:
        status, error = as_number(page["status"]), as_text(page["error"])
        answer = None if status is None else short_number(status)
        return str(page["seq"]), answer, page["url"], table.wrong(error) if error else as_text(page["title"])

    print_table(columns, map(cells, state.pages))


def _print_findings(state: AuditState) -> None:
    from veritas.cli.lib.table import print_heading, print_pairs
    from veritas.projections.findings import by_severity

    for number, finding in enumerate(by_severity(state.findings), 1):
        print_heading(f"Finding {number} of {len(state.findings)}")
        print_pairs(_finding(finding))


def _finding(finding: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    from veritas.cli.lib import table
    from veritas.events.json import as_mapping, as_number, as_text
    from veritas.formatting import percent

    severity = str(finding.get("severity"))
    yield "finding", table.severity(severity, as_text(finding.get("title")) or "")
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
    yield "event", str(finding["seq"])


def _evidence(value: object) -> str | None:
    """Return a piece of evidence in one line: text as it is, everything else as JSON."""
    from veritas.events.json import encode_json

    if value is None or isinstance(value, str):
        return value
    return encode_json({"": value})[4:-1].decode("utf-8")


def _print_recommendations(state: AuditState) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.events.json import as_items, as_mapping, as_text

    said = map(as_mapping, as_items(as_mapping(state.verdict).get("recommendations")))
    rows = [(as_text(item.get("audience")), text) for item in said if (text := as_text(item.get("text")))]
    if rows:
        print_heading("Recommendations")
    print_table([Column("for"), Column("recommendation", fold=True)], rows)


def _print_redactions(state: AuditState) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.events.json import as_mapping, as_text

    if state.redactions:
        print_heading("Redactions")
    columns = [Column("event", right=True), Column("source"), Column("by"), Column("at"), Column("reason", fold=True)]
    rows = ((as_mapping(said["observation"]), said) for said in state.redactions)
    print_table(
        columns,
        (
            (str(named.get("seq")), str(named.get("source")), as_text(said["by"]), said["at"], as_text(said["reason"]))
            for named, said in rows
        ),
    )


def place(found: StateAt) -> str:
    """Return where a state stands in its run: `vision/done: +2.500s, event 10`."""
    named = "now" if found.point is None else str(found.point)
    return f"{named}: +{found.offset:.3f}s, event {found.event}"


def print_changes(before: StateAt, after: StateAt, changes: Sequence[Change]) -> None:
    """Write from where to where, and each change as `verdict.trust_score: none -> 47`."""
    print_pairs([("run", after.state.run_id), ("from", place(before)), ("to", place(after))])
    print_heading("Changes" if changes else "No changes")
    for change in changes:
        print_line(f"{change.path}: {_told(change.before)} -> {_told(change.after)}")


def _told(value: Any) -> str:
    return told(value) or count(len(value), "value" if isinstance(value, dict) else "item")
