"""The screen of `veritas watch`: the running audits, those that ended last, their numbers, and the keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from store.errors import StoreError
from veritas.archive.activity import Activity, EndedRun, subject_of
from veritas.cli.lib import table
from veritas.cli.lib.full_screen import FullScreen
from veritas.cli.lib.table import UNKNOWN, Cell, Styled
from veritas.cli.player.keyboard import DOWN, END, HOME, PAGE_DOWN, PAGE_UP, UP, open_keyboard
from veritas.formatting import count, duration, escape_control_characters, short_number, utc_time
from veritas.projections.audit_state import AuditState

_KEYS = "q quit   ↑ ↓ PgUp PgDn scroll"
_LEAST_ENDED = 3  # rows of ended audits that are kept on the screen, if it has room
_BAR = 10  # cells
_DONE, _LEFT = "━", "─"
_ID = 13  # characters of an audit's id, as `veritas list` shows them


class _Column(NamedTuple):
    title: str
    width: int  # 0: the rest of the line
    right: bool = False
    from_width: int = 0  # the width of a terminal from which the column is shown


_RUNNING = (
    _Column("audit", _ID),
    _Column("", _BAR, from_width=90),
    _Column("%", 4, right=True),
    _Column("phase", 9),
    _Column("for", 11, right=True, from_width=60),
    _Column("found", 5, right=True, from_width=80),
    _Column("mode", 8, from_width=110),
    _Column("worker", 24, from_width=150),
    _Column("url", 0),
)
_ENDED = (
    _Column("audit", _ID),
    _Column("status", 11),
    _Column("score", 5, right=True),
    _Column("risk", 17, from_width=80),
    _Column("cause", 10, from_width=110),
    _Column("took", 11, right=True, from_width=60),
    _Column("ended", 9, from_width=90),
    _Column("url", 0),
)


def watch(activity: Activity, log: str, *, poll: float) -> None:
    """Show the activity until the user quits.

    Args:
        activity: The audits.
        log: The log's name.
        poll: The seconds from one look for new events to the next.

    Raises:
        KeyboardInterrupt: It was interrupted or terminated; the terminal has been restored.
        store.errors.StoreError: The log cannot be read, and not only for a while.
    """
    screen = _Screen(activity, log)
    screen.take()
    try:
        with open_keyboard(leave=screen.leave, resume=screen.take) as keyboard:
            while not screen.has_quit:
                screen.refresh()
                screen.paint()
                for key in keyboard.read(poll):
                    screen.press(key)
    finally:
        screen.leave()


class _Screen(FullScreen):
    def __init__(self, activity: Activity, log: str) -> None:
        super().__init__()
        self.has_quit = False
        self._activity = activity
        self._log = log
        self._first = 0  # the running audit in the first row
        self._room = 1  # rows of running audits
        self._note = ""

    def refresh(self) -> None:
        """Read what is new; a log that is not available is waited for."""
        try:
            self._activity.refresh()
            self._note = ""
        except StoreError as error:
            if not error.is_temporary:
                raise
            self._note = f"waiting for the log: {error}"

    def press(self, key: str) -> None:
        """Do what a key does."""
        step = {UP: -1, DOWN: 1, PAGE_UP: -self._room, PAGE_DOWN: self._room, HOME: -self._first, END: 10**9}.get(key)
        if key in ("q", "Q"):
            self.has_quit = True
        elif step is not None:
            self._first += step

    def paint(self) -> None:
        """Show the present state in the present size of the terminal."""
        size = self.console.size
        running, ended = self._activity.running, list(self._activity.ended)
        room = max(size.height - 6, 1)  # without the head, the headings, a blank row and the keys
        self._room = max(min(len(running), room - min(len(ended), _LEAST_ENDED)), 1)
        self._first = max(min(self._first, len(running) - self._room), 0)
        shown = running[self._first : self._first + self._room]
        rows = [self._head(len(running)), self._summary(), *_table(_RUNNING, map(_running, shown), size.width)]
        rows += [Text(), *_table(_ENDED, map(_ended, ended[: max(size.height - len(rows) - 3, 0)]), size.width)]
        rows = rows[: max(size.height - 1, 0)]
        rows += [Text()] * (size.height - 1 - len(rows))
        rows.append(self._last_row(len(running), len(shown)))
        self.update(rows, size.width)

    def _head(self, running: int) -> Text:
        text = f"{utc_time(time.time())}   {count(running, 'audit')} running   {self._log}"
        return Text(escape_control_characters(text), style="bold")

    def _summary(self) -> Text:
        counts, rate = self._activity.counts, self._activity.rate
        ended = ", ".join(f"{number:,} {status}" for status, number in sorted(counts.items())) or "none ended"
        since = (utc_time(self._activity.since) or "")[11:19]
        return Text(f"since {since}: {ended}" + ("" if rate is None else f"   {short_number(rate)} a minute"))

    def _last_row(self, running: int, shown: int) -> Text:
        if self._note:
            return Text(escape_control_characters(self._note), style="bold red")
        where = f"   {self._first + 1}-{self._first + shown} of {running}" if running > shown else ""
        return Text(f"{_KEYS}{where}", style="dim")


def _running(state: AuditState) -> tuple[Cell, ...]:
    job = state.request.job if state.request else None
    done = round(_BAR * state.pct / 100)
    waited = None if state.started_at is None else max(time.time() - state.started_at, 0)
    return (
        state.audit_id,
        Styled(_DONE * done + _LEFT * (_BAR - done), "green"),
        f"{state.pct:.0f}",
        Styled(state.phase or state.status, table.status(state.status).style),
        duration(waited),
        str(len(state.findings)),
        state.mode,
        f"{job.worker} on {job.host}" if job else None,
        subject_of(state),
    )


def _ended(run: EndedRun) -> tuple[Cell, ...]:
    score = None if run.trust_score is None else short_number(run.trust_score)
    return (
        run.run_id.rpartition(".")[0],
        table.status(run.status),
        table.risk(run.risk_level, score),
        table.risk(run.risk_level, run.risk_level),
        run.failure,
        duration(run.took),
        (utc_time(run.at) or "")[11:19],
        run.subject,
    )


def _table(columns: Sequence[_Column], rows: Iterator[tuple[Cell, ...]], width: int) -> list[Text]:
    """Return a heading and rows, with the columns that a terminal of this width has room for."""
    visible = [at for at, column in enumerate(columns) if column.from_width <= width]
    heading = _line([columns[at] for at in visible], [columns[at].title for at in visible], style="bold")
    lines = [_line([columns[at] for at in visible], [row[at] for at in visible]) for row in rows]
    return [heading, *lines]


def _line(columns: Sequence[_Column], cells: Sequence[Cell], style: str = "") -> Text:
    line = Text(style=style)
    for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        styled = cell if isinstance(cell, Styled) else Styled(cell, "")
        text = Text(escape_control_characters(styled.text or ("" if style else UNKNOWN)), style=styled.style)
        if column.width:
            text.truncate(column.width)
            text.align("right" if column.right else "left", column.width)
        line.append("  " if at else "").append_text(text)
    return line
