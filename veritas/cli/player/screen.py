"""What a player shows on a terminal: the runs' states beside one another, what was told last, and where it stands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.text import Text

from veritas.cli.lib import table
from veritas.cli.lib.table import Styled
from veritas.cli.lib.verdict import finding_counts, status_cell, verdict_cell
from veritas.formatting import duration, escape_control_characters, short_number
from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import PhaseState
from veritas.replay.player import Frame, Player, SeekIndex

_QUIT = "q quit"
_KEYS = ("space pause", ". next event", "] [ phase", "← → 5 s", "↑ ↓ speed")  # the dearest first
_BETWEEN = " │ "
_DONE, _LEFT = "━", "─"
_PHASES_SHOWN = 12


class PlayerScreen:
    """Shows a player on the whole terminal, and at the end leaves there what it showed last."""

    def __init__(self, seek_index: SeekIndex, runs: Sequence[str]) -> None:
        """Make a screen.

        Args:
            reel: What is played.
            runs: The ids of the runs on it.
        """
        self._seek_index = seek_index
        self._runs = runs
        self._console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self._shown: object = None
        self._columns: list[list[Text]] = []

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal may be what went wrong
            self.leave()
            for row in _side_by_side(self._columns, self._console.width):
                row.rstrip()
                self._console.print(row, no_wrap=True, crop=True)

    def take(self) -> None:
        """Take the whole terminal."""
        self._shown = None
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)

    def leave(self) -> None:
        """Give it back as it was."""
        self._console.show_cursor(True)
        self._console.set_alt_screen(False)

    def paint(self, player: Player) -> None:
        """Show where the player stands, if anything has changed."""
        size = self._console.size
        now = (player.index, round(player.offset, 1), player.paused, player.live, player.speed)
        known = len(self._seek_index) if self._seek_index.growing else self._seek_index.complete
        shown = (now, known, size)
        if shown == self._shown:
            return
        self._shown = shown
        frames = player.frames()
        width = _column_width(len(frames), size.width)
        height = max(size.height - 2, 1)
        self._columns = []
        for run, frame in zip(self._runs, frames, strict=True):
            head = [*_head(run, frame.state, width)][:height]
            room = height - len(head) - 1
            told = [*frame.lines][-room:] if room > 0 else []
            tail = [Text(f"{line.offset:9.3f} {line.text}") for line in told]
            self._columns.append([*head, *([Text()] if tail else []), *tail])
        rows = [*_side_by_side(self._columns, size.width)]
        rows += [Text()] * (height - len(rows))
        rows += [self._status(player, frames), Text(_keys(size.width), style="dim")]
        for row in rows:
            row.truncate(size.width, overflow="ellipsis")
        self._console.update_screen(Group(*rows))

    def _status(self, player: Player, frames: Sequence[Frame]) -> Text:
        seek_index = self._seek_index
        doing = "paused" if player.paused else "live" if player.live else "playing"
        known = "" if seek_index.complete else "+"
        parts = [f"{doing:7}", f"{player.offset:.3f} / {seek_index.duration:.3f}{known} s"]
        if len(frames) == 1:
            state = frames[0].state
            phase = state.phases.get(state.phase)
            parts += [escape_control_characters(phase.label if phase else state.status), f"{short_number(state.pct)}%"]
        return Text("   ".join([*parts, f"{player.speed:.3g}x"]), style="reverse")


def _keys(width: int) -> str:
    """Return what the keys do, as much of it as fits into a line; how one gets out is always there."""
    said: list[str] = []
    for key in _KEYS:
        if len("   ".join([*said, key, _QUIT])) > width:
            break
        said.append(key)
    return "   ".join([*said, _QUIT])


def _head(run: str, state: AuditState, width: int) -> Iterator[Text]:
    """Yield what is known of a run: a line for what it is, how far it is, each phase, and what was found."""
    address = state.request.url if state.request and state.request.url else ""
    yield Text(escape_control_characters(f"{run.removesuffix('.1')}  {address}"), style="bold")
    yield Text.assemble(_text(status_cell(state)), "  ", *_bar(state.pct, min(width // 3, 30)))
    for phase in state.ordered_phases()[-_PHASES_SHOWN:]:
        yield _phase(phase)
    found = finding_counts(state)
    if found:
        yield Text(escape_control_characters(f"findings  {found}"))
    verdict = verdict_cell(state)
    if verdict is not None:
        yield Text.assemble("verdict   ", _text(verdict))
    if state.error:
        yield _text(table.wrong(state.error))


def _phase(phase: PhaseState) -> Text:
    said = phase.error or phase.detail or phase.step
    took = duration(phase.duration) or ""
    colour = table.status(phase.status).style
    label = Text(escape_control_characters(phase.label))
    label.truncate(22, overflow="ellipsis", pad=True)
    detail = Text(escape_control_characters(said), style=table.wrong("").style if phase.error else "")
    return Text.assemble("  ", label, " ", (f"{phase.status:10}", colour), f"{took:>9}  ", detail)


def _bar(pct: float, width: int) -> Iterator[tuple[str, str]]:
    done = round(width * pct / 100)
    yield _DONE * done, "green"
    yield _LEFT * (width - done), "dim"


def _text(cell: Styled | str | None) -> Text:
    styled = cell if isinstance(cell, Styled) else Styled(cell, "")
    return Text(escape_control_characters(styled.text or ""), style=styled.style)


def _column_width(columns: int, width: int) -> int:
    return max((width - len(_BETWEEN) * (columns - 1)) // columns, 1)


def _side_by_side(columns: Sequence[Sequence[Text]], width: int) -> Iterator[Text]:
    """Yield the rows of several columns of equal width; what does not fit into a column is cut."""
    each = _column_width(len(columns), width) if columns else 0
    for at in range(max(map(len, columns), default=0)):
        cells = [column[at].copy() if at < len(column) else Text() for column in columns]
        for cell in cells:
            cell.truncate(each, overflow="ellipsis", pad=len(columns) > 1)
        between = Text.assemble((_BETWEEN, "dim"))  # as a part: joining spreads the style of the whole
        yield between.join(cells)
