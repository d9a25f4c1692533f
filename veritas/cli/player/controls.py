"""The player's controls: which key does what, in the replay, in an open view, and while a text is typed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import merge
from operator import attrgetter

from veritas.cli.player.keyboard import BACKSPACE, DOWN, END, ENTER, ESCAPE, HOME, LEFT, RIGHT, UP
from veritas.cli.player.views import HelpView, LinesView, View
from veritas.replay.player import Key, Line, Player, SeekIndex

_PLAYER_KEYS: Mapping[str, Key] = {
    " ": Key.PAUSE,
    ".": Key.NEXT_EVENT,
    "]": Key.NEXT_PHASE,
    "[": Key.PREVIOUS_PHASE,
    LEFT: Key.BACK,
    RIGHT: Key.FORWARD,
    UP: Key.FASTER,
    DOWN: Key.SLOWER,
    HOME: Key.START,
    END: Key.END,
    "q": Key.QUIT,
    "Q": Key.QUIT,
}


class Controls:
    """Applies keys to a player.

    Attributes:
        view: The view that is open; None for the replay.
        typed: The text to search for, while it is typed; None otherwise.
        searched: The text that was searched for last; "" if there was none.
        note: What the last key could not do, or found; "" for nothing.
    """

    def __init__(self, player: Player, seek_index: SeekIndex, labels: Sequence[str]) -> None:
        """Make the controls.

        Args:
            player: The player.
            seek_index: Its recording.
            labels: What distinguishes the lines of each run; "" for a single run.
        """
        self.view: View | None = None
        self.typed: str | None = None
        self.searched = ""
        self.note = ""
        self._player = player
        self._seek_index = seek_index
        self._labels = [f"{label} " if label else "" for label in labels]
        self._found: list[int] = []
        self._found_in = 0  # events

    def press(self, key: str) -> None:
        """Apply a key."""
        self.note = ""
        if self.view is not None:
            if not self.view.press(key):
                self.view = None
        elif self.typed is not None:
            self._type(key)
        elif key in _PLAYER_KEYS:
            self._player.press(_PLAYER_KEYS[key])
        else:
            self._open(key)

    def _open(self, key: str) -> None:
        if key == "?":
            self.view = HelpView()
        elif key == ENTER:
            self._open_events()
        elif key == "f":
            self._open_findings()
        elif key == "/":
            self.typed = ""
        elif key in ("n", "N"):
            self._go_to_found(forward=key == "n")

    def _open_events(self) -> None:
        frames = self._player.frames()
        columns = [
            [replace(line, text=label + line.text) for line in frame.lines]
            for label, frame in zip(self._labels, frames, strict=True)
        ]
        lines: list[Line] = [*merge(*columns, key=attrgetter("offset"))]
        if not lines:
            self.note = "No event has been shown yet."
            return
        self._pause()
        self.view = LinesView("events", lines, selected=len(lines) - 1)

    def _open_findings(self) -> None:
        findings = [*self._seek_index.findings]
        if not findings:
            more = "" if self._seek_index.complete else " so far"
            self.note = f"The recording has no findings{more}."
            return
        lines = [replace(found.line, text=self._labels[found.run] + found.line.text) for found in findings]
        last = bisect_left(findings, self._player.index, key=attrgetter("index"))
        self._pause()
        self.view = LinesView(
            "findings",
            lines,
            selected=max(last - 1, 0),
            choose=lambda number: self._player.show_event(findings[number].index),
        )

    def _pause(self) -> None:
        if not self._player.paused:
            self._player.press(Key.PAUSE)

    def _type(self, key: str) -> None:
        typed = self.typed or ""
        if key == ENTER:
            self.typed, self.searched = None, typed or self.searched
            self._found_in = 0
            self._go_to_found(forward=True)
        elif key == ESCAPE or (key == BACKSPACE and not typed):
            self.typed = None
        elif key == BACKSPACE:
            self.typed = typed[:-1]
        elif len(key) == 1:
            self.typed = typed + key

    def _go_to_found(self, *, forward: bool) -> None:
        """Go to the next or the previous event found; after the last one, to the first one, and the other way round."""
        if not self.searched:
            self.note = "Type / and a text to search for."
            return
        self._search()
        if not self._found:
            self.note = f"No event has {self.searched!r}."
            return
        newest = self._player.index - 1
        at = bisect_left(self._found, newest + 1) if forward else bisect_left(self._found, newest) - 1
        at %= len(self._found)
        self._player.show_event(self._found[at])
        self.note = f"{self.searched!r}: {at + 1:,} of {len(self._found):,}"

    def _search(self) -> None:
        """Search the whole recording, unless it has been searched and has not grown."""
        self._seek_index.load(lambda: False)
        if len(self._seek_index) > self._found_in:
            self._found, self._found_in = [*self._seek_index.search(self.searched)], len(self._seek_index)
