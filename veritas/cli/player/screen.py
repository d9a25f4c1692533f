"""The player's screen: the states of the runs side by side, their last events or a view, the status line, the keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.text import Text

from veritas.cli.lib import table
from veritas.cli.lib.full_screen import FullScreen
from veritas.cli.lib.table import Styled
from veritas.cli.lib.verdict import finding_counts, status_cell, verdict_cell
from veritas.cli.player.controls import Controls
from veritas.cli.player.views import line_text
from veritas.formatting import duration, escape_control_characters, short_number
from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import PhaseState
from veritas.replay.player import Frame, Line, Player, SeekIndex

_QUIT = "q quit"
_KEYS = (  # the most important first
    *("? keys", "space pause", ". next event", "Enter open", "f findings", "/ search"),
    *("] [ phase", "← → 5 s", "↑ ↓ speed"),
)
_FOUND = "black on yellow"
_SEPARATOR = " │ "
_DONE, _LEFT = "━", "─"
_MAX_PHASES = 12


class PlayerScreen:
    """The screen of a player; it fills the terminal, and its last content stays there after the end."""

    def __init__(self, seek_index: SeekIndex, runs: Sequence[str]) -> None:
        """Make a screen.

        Args:
            seek_index: The recordings that are played.
            runs: The ids of their runs.
        """
        self._seek_index = seek_index
        self._runs = runs
        self._screen = FullScreen()
        self._painted: object = None
        self._columns: list[list[Text]] = []

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal may have been closed
            self.leave()
            console = self._screen.console
            for row in _side_by_side(self._columns, console.width):
                row.rstrip()
                console.print(row, no_wrap=True, crop=True)

    def take(self) -> None:
        """Take over the whole terminal."""
        self._painted = None
        self._screen.take()

    def leave(self) -> None:
        """Restore the terminal's former content."""
        self._screen.leave()

    def paint(self, player: Player, controls: Controls) -> None:
        """Paint the player's present state, or the open view, unless nothing has changed."""
        size = self._screen.console.size
        now = (player.index, round(player.offset, 1), player.paused, player.live, player.speed)
        loaded = len(self._seek_index) if self._seek_index.growing else self._seek_index.complete
        view = controls.view
        shown = (view, view and view.state, controls.typed, controls.searched, controls.note)
        content = (now, loaded, size, shown)
        if content == self._painted:
            return
        self._painted = content
        frames = player.frames()
        width = _column_width(len(frames), size.width)
        height = max(size.height - 2, 1)
        self._columns = []
        for run, frame in zip(self._runs, frames, strict=True):
            header = [*_header(run, frame.state, width)][:height]
            room = height - len(header) - 1
            lines = [*frame.lines][-room:] if room > 0 else []
            events = [_event(line, controls.searched) for line in lines]
            self._columns.append([*header, *([Text()] if events else []), *events])
        rows = [*(view.rows(size.width, height) if view else _side_by_side(self._columns, size.width))]
        rows += [Text()] * (height - len(rows))
        rows += [self._status(player, frames), _last_row(controls, size.width)]
        self._screen.update(rows, size.width)

    def _status(self, player: Player, frames: Sequence[Frame]) -> Text:
        seek_index = self._seek_index
        mode = "paused" if player.paused else "live" if player.live else "playing"
        more = "" if seek_index.complete else "+"
        parts = [f"{mode:7}", f"{player.offset:.3f} / {seek_index.duration:.3f}{more} s"]
        if len(frames) == 1:
            state = frames[0].state
            phase = state.phases.get(state.phase)
            parts += [escape_control_characters(phase.label if phase else state.status), f"{short_number(state.pct)}%"]
        return Text("   ".join([*parts, f"{player.speed:.3g}x"]), style="reverse")


def _event(line: Line, searched: str) -> Text:
    """Return an event's line, with the text that was searched for marked."""
    text = line_text(line)
    if searched:
        text.highlight_words([searched], _FOUND, case_sensitive=False)
    return text


def _last_row(controls: Controls, width: int) -> Text:
    """Return the text that is typed, or what the last key found, or the keys."""
    if controls.typed is not None:
        return Text.assemble("/", controls.typed, ("█", "blink"), "   Enter searches, Escape cancels")
    if controls.note:
        return Text(escape_control_characters(controls.note), style="bold")
    return Text(controls.view.keys if controls.view else _keys(width), style="dim")


def _keys(width: int) -> str:
    """Return the help for as many keys as fit into a line; `q quit` is always shown."""
    keys: list[str] = []
    for key in _KEYS:
        if len("   ".join([*keys, key, _QUIT])) > width:
            break
        keys.append(key)
    return "   ".join([*keys, _QUIT])


def _header(run: str, state: AuditState, width: int) -> Iterator[Text]:
    """Yield lines for a run's id and URL, its status, each phase, the findings, the verdict and the error."""
    url = state.request.url if state.request and state.request.url else ""
    yield Text(escape_control_characters(f"{run.removesuffix('.1')}  {url}"), style="bold")
    yield Text.assemble(_text(status_cell(state)), "  ", *_bar(state.pct, min(width // 3, 30)))
    for phase in state.ordered_phases()[-_MAX_PHASES:]:
        yield _phase_line(phase)
    counts = finding_counts(state)
    if counts:
        yield Text(escape_control_characters(f"findings  {counts}"))
    verdict = verdict_cell(state)
    if verdict is not None:
        yield Text.assemble("verdict   ", _text(verdict))
    if state.error:
        yield _text(table.bad(state.error))


def _phase_line(phase: PhaseState) -> Text:
    took = duration(phase.duration) or ""
    colour = table.status(phase.status).style
    label = Text(escape_control_characters(phase.label))
    label.truncate(22, overflow="ellipsis", pad=True)
    text = escape_control_characters(phase.error or phase.detail or phase.step)
    detail = Text(text, style=table.bad("").style if phase.error else "")
    return Text.assemble("  ", label, " ", (f"{phase.status:10}", colour), f"{took:>9}  ", detail)


def _bar(pct: float, width: int) -> Iterator[tuple[str, str]]:
    done = round(width * pct / 100)
    yield _DONE * done, "green"
    yield _LEFT * (width - done), "dim"


def _text(cell: Styled | str | None) -> Text:
    styled = cell if isinstance(cell, Styled) else Styled(cell, "")
    return Text(escape_control_characters(styled.text or ""), style=styled.style)


def _column_width(columns: int, width: int) -> int:
    return max((width - len(_SEPARATOR) * (columns - 1)) // columns, 1)


def _side_by_side(columns: Sequence[Sequence[Text]], width: int) -> Iterator[Text]:
    """Yield the rows of several columns of equal width; text that does not fit into a column is cut."""
    column_width = _column_width(len(columns), width) if columns else 0
    for at in range(max(map(len, columns), default=0)):
        cells = [column[at].copy() if at < len(column) else Text() for column in columns]
        for cell in cells:
            cell.truncate(column_width, overflow="ellipsis", pad=len(columns) > 1)
        separator = Text.assemble((_SEPARATOR, "dim"))  # assembled, because `join` would apply a base style to all
        yield separator.join(cells)
