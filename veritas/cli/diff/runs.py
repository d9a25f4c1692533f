"""The differences between two runs as text, in the style of diff(1): one line a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from veritas.cli.diff.summary import print_summary
from veritas.cli.lib import table
from veritas.cli.lib.table import Cell, Column, Styled, print_heading, print_line, print_table, short_value_text
from veritas.cli.lib.verdict import ended_text
from veritas.diff import ABSENT, ComparedRun, Difference, Differences
from veritas.diff.deduplicate import DistinctDifference, deduplicate
from veritas.diff.difference import CATEGORIES, DUPLICATED, MISSING, REORDERED
from veritas.diff.field_path import names_of, path_text
from veritas.diff.text_diff import Piece, changed_lines, excerpt
from veritas.formatting import count, duration, short_number, signed_seconds, utc_time
from veritas.projections.descriptions import describe_uncompared

if TYPE_CHECKING:
    from veritas.diff.run_comparison import PhaseTimes, RunComparison
    from veritas.diff.screenshots import ScreenshotPair

_ONE_LINE = 80  # characters: two texts of this length are shown in one line; of longer ones, the lines that differ
_AROUND = 40  # characters of a line before and after the difference in it
_LONGEST_LINE = 300  # characters of a line
_MAX_LINES = 20  # of one text
_MOST_FIELDS = 20

_EVENT_DIFFERENCES = {MISSING: "only in {}", DUPLICATED: "once more in {}"}


def print_comparison(comparison: RunComparison, *, events: bool) -> None:
    """Write the two runs, the outcome, the summary, and the differences.

    Args:
        comparison: The comparison.
        events: Whether to write each difference of each event, and those that were not counted; otherwise they are
            grouped by field.
    """
    differences = comparison.differences
    print_sides(differences.a, differences.b)
    click.echo()
    print_line(verdict(differences))
    if differences.redacted:
        print_line(describe_uncompared(differences.redacted))
    print_summary(comparison)
    distinct = deduplicate(differences)
    if not events:
        _print_fields(distinct)
        _print_screenshots([pair for pair in comparison.screenshots if not pair.identical])
        if differences.hidden:
            print_heading(_hidden_sentence(differences, ignored=[pattern.text for pattern in comparison.rules.ignore]))
        return
    for category in CATEGORIES:
        _print_category(category, [item for item in distinct if item.difference.category == category])
    _print_screenshots(comparison.screenshots)
    _print_phases(comparison.phases)
    _print_hidden(differences)


def _print_fields(distinct: Sequence[DistinctDifference]) -> None:
    """Write the differences of the verdict and the content, one line a field, with the first one as an example."""
    if not distinct:
        return
    print_heading("Differences by field")
    groups: dict[tuple[str, str], list[DistinctDifference]] = {}
    for item in sorted(distinct, key=lambda item: CATEGORIES.index(item.difference.category)):
        difference = item.difference
        field = f"{difference.event} {'.'.join(names_of(difference.path))}".rstrip()
        groups.setdefault((difference.category, field), []).append(item)
    columns = [
        Column("category"),
        Column("count", right=True),
        Column("field", fold=True),
        Column("example", fold=True),
    ]
    rows = [
        (category, f"{sum(item.count for item in items):,}", field, _short_example(items[0].difference))
        for (category, field), items in groups.items()
    ]
    print_table(columns, rows[:_MOST_FIELDS])
    if len(rows) > _MOST_FIELDS:
        print_line(f"and {count(len(rows) - _MOST_FIELDS, 'field')} more; --events lists every difference")


def _short_example(difference: Difference) -> str:
    """Return a difference in one line; of two texts, the part that differs."""
    before, after = difference.before, difference.after
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > _ONE_LINE:
        return " -> ".join(
            excerpt(text, other, around=_AROUND // 4, longest=_ONE_LINE)
            for text, other in ((before, after), (after, before))
        )
    line = _one_line(difference)
    return line if len(line) <= 2 * _ONE_LINE else f"{line[: 2 * _ONE_LINE]}…"


def _hidden_sentence(differences: Differences, *, ignored: Sequence[str]) -> str:
    """Return the rules that hid differences, with their numbers, in a sentence."""
    names = {rule: f"--ignore {rule!r}" if rule in ignored else rule for rule in differences.hidden}
    rules = ", ".join(f"{names[rule]} ({hidden.count:,})" for rule, hidden in differences.hidden.items())
    return f"Not counted: {rules}; --events shows examples."


def verdict(differences: Differences) -> Cell:
    """Return `equal`, or the number of differences: `7 differences: 2 transport, 5 content`."""
    if differences.equal:
        return table.good("equal")
    counts = differences.categories
    by_category = ", ".join(f"{counts[category]:,} {category}" for category in CATEGORIES if counts[category])
    return table.bad(f"{count(len(differences), 'difference')}: {by_category}")


def print_sides(a: ComparedRun, b: ComparedRun) -> None:
    """Write the two runs side by side: ids, URLs, times, modes, statuses and verdicts."""
    rows: list[tuple[str, Cell, Cell]] = [
        ("run", a.run_id, b.run_id),
        ("url", a.url, b.url),
        *([("visitor", a.visitor, b.visitor)] if a.visitor != b.visitor else []),
        *([("login", a.login, b.login)] if a.login != b.login else []),
        ("started", utc_time(a.started_at), utc_time(b.started_at)),
        ("mode", a.mode, b.mode),
        ("status", _status(a), _status(b)),
        ("verdict", _verdict(a), _verdict(b)),
        ("events", f"{a.events:,}", f"{b.events:,}"),
    ]
    print_table([Column(""), Column("A", fold=True), Column("B", fold=True)], rows)


def _status(side: ComparedRun) -> Cell:
    took = duration(side.duration)
    return Styled(ended_text(side.status, took), table.status(side.status).style)


def _verdict(side: ComparedRun) -> Cell:
    if side.trust_score is None:
        return side.risk_level
    return table.risk(side.risk_level, f"{side.risk_level or 'unknown'}, {short_number(side.trust_score)} of 100")


def _print_category(category: str, items: list[DistinctDifference]) -> None:
    if not items:
        return
    print_heading(f"{category.capitalize()} ({sum(item.count for item in items):,})")
    for _, group in groupby(items, lambda item: (item.difference.a, item.difference.b)):
        of_event = list(group)
        if name := _event_name(of_event[0].difference):
            print_line(Styled(f"@@ {name} @@", "cyan"))
        for item in of_event:
            _print_difference(item)


def _event_name(difference: Difference) -> str:
    """Return the event's number in each run, and its subject; "" for a difference of the runs as a whole."""
    a, b = difference.a, difference.b
    if a is not None and b is not None:
        number = f"event {a.seq}" if a.seq == b.seq else f"event {a.seq} in A, {b.seq} in B"
    else:
        number = f"event {a.seq} in A" if a is not None else f"event {b.seq} in B" if b is not None else ""
    subject = (a.subject if a is not None else "") or (b.subject if b is not None else "")
    return f"{number}: {subject}" if subject else number


def _print_difference(item: DistinctDifference) -> None:
    difference, again = item.difference, f" (again in {', '.join(item.repeated_in)})" if item.repeated_in else ""
    name = f"{difference.event} {path_text(difference.path)}".rstrip()
    lines = list(_text_lines(difference))
    if lines:
        print_line(f"{name}:{again}")
        for line in lines:
            print_line(line)
    else:
        print_line(f"{name}: {_one_line(difference)}{again}")


def _one_line(difference: Difference) -> str:
    """Return a difference in one line, such as `44 -> 47`."""
    before, after = difference.before, difference.after
    if not difference.path:
        side = "A" if difference.a is not None else "B"
        return _EVENT_DIFFERENCES.get(difference.kind, "moved").format(side)
    if difference.kind == REORDERED:
        return f"moved: {short_value_text(before)}"
    if before is ABSENT or after is ABSENT:
        return f"only in B: {short_value_text(after)}" if before is ABSENT else f"only in A: {short_value_text(before)}"
    return f"{short_value_text(before)} -> {short_value_text(after)}"


def _text_lines(difference: Difference) -> Iterator[Cell]:
    """Yield the lines in which two texts differ, if the texts are too long for one line."""
    before, after = difference.before, difference.after
    if not isinstance(before, str) or not isinstance(after, str) or max(len(before), len(after)) <= _ONE_LINE:
        return
    lines = [line for hunk in changed_lines(before, after) for line in _hunk_lines(hunk)]
    yield from lines[:_MAX_LINES]
    if not lines:
        yield "  only empty lines"
    if len(lines) > _MAX_LINES:
        yield f"  and {count(len(lines) - _MAX_LINES, 'line')} more"


def _hunk_lines(lines: Sequence[Piece]) -> Iterator[Cell]:
    """Yield the lines of one hunk: first those of A, then those of B that replaced them."""
    for line in lines:
        if line.before:
            yield table.bad(f"- {excerpt(line.before, line.after, around=_AROUND, longest=_LONGEST_LINE)}")
    for line in lines:
        if line.after:
            yield table.good(f"+ {excerpt(line.after, line.before, around=_AROUND, longest=_LONGEST_LINE)}")


def _print_screenshots(pairs: Iterable[ScreenshotPair]) -> None:
    for number, pair in enumerate(pairs):
        if not number:
            print_heading("Screenshots")
        line = f"{pair.screenshot.ref.phase}: {pair.screenshot}: {pair}"
        print_line(table.bad(line) if pair.counts else line)


def _print_phases(phases: list[PhaseTimes]) -> None:
    if not phases:
        return
    print_heading("Phases")
    columns = [Column("phase"), Column("A", right=True), Column("B", right=True), Column("B-A", right=True)]
    print_table(
        columns, ((times.label, duration(times.a), duration(times.b), signed_seconds(times.longer)) for times in phases)
    )


def _print_hidden(differences: Differences) -> None:
    if not differences.hidden:
        return
    print_heading("Not counted")
    columns = [Column("rule"), Column("differences", right=True), Column("for example", fold=True)]
    rows = ((rule, f"{hidden.count:,}", hidden.example) for rule, hidden in differences.hidden.items())
    print_table(columns, rows)
