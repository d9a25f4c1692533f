"""The views that the player opens over the replay: the keys, the events, and the findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from rich.console import Console
from rich.text import Text

from veritas.cli.lib import table
from veritas.cli.player.keyboard import DOWN, END, ENTER, ESCAPE, HOME, PAGE_DOWN, PAGE_UP, UP
from veritas.replay.player import Line

HELP = (
    ("space", "pause, or go on; at the end, play again"),
    (".", "show the next event, and pause"),
    ("] [", "go to the next phase, or to this or the previous one"),
    ("→ ←", "go five seconds forward or back"),
    ("Home End", "go to the beginning or the end"),
    ("↑ ↓", "double or halve the speed"),
    ("Enter", "open the events so far; ↑ ↓ select one, whose whole text is shown"),
    ("f", "open the findings; Enter goes to the selected one"),
    ("/", "search for a text in the events"),
    ("n N", "go to the next or the previous event found"),
    ("?", "show these keys"),
    ("q", "quit, or close what is open"),
)
_PAGE = 10

# The recorder's events that report a fault.
_FAULTS = (
    *("ipc_fell_back", "events_dropped", "gap_found", "line_rejected", "connection_refused", "output_captured"),
    "recording_delayed",
)


class View(Protocol):
    """What is shown instead of the replay until it is closed.

    Attributes:
        title: What it shows.
        keys: The keys that it understands, for people.
    """

    title: str
    keys: str

    def press(self, key: str) -> bool:
        """Apply a key; return whether the view stays open."""

    def rows(self, width: int, height: int) -> Iterator[Text]:
        """Yield what is shown in a window of this size."""

    @property
    def state(self) -> object:
        """What the rows depend on, apart from the size of the window."""


class HelpView:
    """The keys of the player."""

    title = "keys"
    keys = "any key closes"
    state = None

    def press(self, key: str) -> bool:
        """Close the view."""
        return False

    def rows(self, width: int, height: int) -> Iterator[Text]:
        """Yield a row for each key."""
        for keys, action in HELP[:height]:
            yield Text.assemble("  ", (f"{keys:10}", "bold"), action)


class LinesView:
    """Lines of which one is selected and shown in full; the others are cut to the width of the window."""

    def __init__(
        self, title: str, lines: Sequence[Line], *, selected: int, choose: Callable[[int], None] | None = None
    ) -> None:
        """Make the view.

        Args:
            title: What the lines are.
            lines: The lines; at least one.
            selected: The number of the line that is selected at first, from 0.
            choose: Called with the number of the selected line when Enter is pressed, before the view is closed.
        """
        self.title = title
        self.keys = f"↑ ↓ select   Enter {'goes there' if choose else 'closes'}   q closes"
        self._lines = lines
        self._selected = selected
        self._choose = choose

    @property
    def state(self) -> object:
        """The number of the selected line."""
        return self._selected

    def press(self, key: str) -> bool:
        """Select another line, choose the selected one, or close the view."""
        if key == ENTER and self._choose:
            self._choose(self._selected)
        last = len(self._lines) - 1
        moves = {HOME: -last, END: last, PAGE_UP: -_PAGE, PAGE_DOWN: _PAGE, UP: -1, DOWN: 1}
        self._selected = min(max(self._selected + moves.get(key, 0), 0), last)
        return key not in (ENTER, ESCAPE, "q", "Q")

    def rows(self, width: int, height: int) -> Iterator[Text]:
        """Yield the lines around the selected one, which has as many rows as it needs."""
        whole = wrapped(line_text(self._lines[self._selected]), width)[:height]
        room = height - len(whole)
        above = min(self._selected, max(room // 2, room - (len(self._lines) - 1 - self._selected)))
        for at in range(self._selected - above, min(self._selected + 1 + room - above, len(self._lines))):
            if at == self._selected:
                for row in whole:
                    row.stylize("reverse")
                    yield row
            else:
                yield line_text(self._lines[at])


def line_text(line: Line) -> Text:
    """Return a line of an event with its time, in the colours of what it describes."""
    return Text.assemble((f"{line.offset:9.3f} ", "dim"), (line.text, _style(line)))


def wrapped(text: Text, width: int) -> list[Text]:
    """Return a text in as many rows as it needs."""
    return [*text.wrap(Console(width=width), width, overflow="fold")]


def _style(line: Line) -> str:
    match line.kind:
        case "finding":
            return table.severity(line.level, "").style
        case "audit_result":
            return table.risk(line.level, "").style
        case "audit_complete" | "audit_error":
            return table.status(line.level).style
        case "phase_start":
            return "bold"
        case "phase_complete":
            return table.good("").style
        case "phase_error":
            return table.bad("").style
        case "recorder":
            return "yellow" if line.level in _FAULTS else "dim"
        case _:
            return ""
