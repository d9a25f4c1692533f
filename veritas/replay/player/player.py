"""The player: turns recorded events, key presses and a clock into what is to be shown now."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from enum import Enum, auto
from time import monotonic

from veritas.replay.player.frame import Frame
from veritas.replay.player.seek_index import SeekIndex


class Key(Enum):
    """The press of a key that has an effect."""

    PAUSE = auto()
    NEXT_EVENT = auto()
    NEXT_PHASE = auto()
    PREVIOUS_PHASE = auto()
    BACK = auto()
    FORWARD = auto()
    FASTER = auto()
    SLOWER = auto()
    START = auto()
    END = auto()
    QUIT = auto()


SLOWEST, FASTEST = 0.001, 1_000_000.0

_SEEK = 5.0  # recorded seconds, cut pauses not counted


class Player:
    """Plays the events of a seek index.

    At the recording's end it pauses, so that the user can go back; from there the pause key plays it again. If the run
    is still growing, it stays at the end and shows new events as they come, and is done when the run ends.

    Attributes:
        index: How many events have come.
        speed: How many recorded seconds pass in one second.
        paused: Whether it is paused.
        live: Whether events are shown as they are recorded, because all older ones have been shown.
        done: Whether the user has quit, or the run that was watched has ended.
    """

    def __init__(
        self, seek_index: SeekIndex, *, speed: float = 1.0, paused: bool = False, clock: Callable[[], float] = monotonic
    ) -> None:
        """Create a player at the recording's start, before the first event.

        Args:
            seek_index: The recording, at least in part loaded.
            speed: How many recorded seconds pass in one second.
            paused: Whether to start paused.
            clock: Returns the time, in seconds.
        """
        self.index = 0
        self.speed = speed
        self.paused = paused
        self.live = False
        self.done = False
        self._seek_index = seek_index
        self._clock = clock
        self._due = 0.0  # the due time that is due
        self._at = clock()
        self._seeks_end = False  # while the rest of the recording is loaded

    @property
    def offset(self) -> float:
        """The time due, in seconds since the run began."""
        return self._seek_index.offset_at(self._due, self.index)

    @property
    def wait(self) -> float:
        """The seconds until the next event, if no key is pressed."""
        if self.paused or self.done or self.index == len(self._seek_index):
            return math.inf
        return max((self._seek_index.due_times[self.index] - self._due) / self.speed - (self._clock() - self._at), 0.0)

    def frames(self) -> list[Frame]:
        """Return the current frame of each run."""
        return self._seek_index.frames(self.index)

    def start_at(self, offset: float, index: int) -> None:
        """Go to *offset*, after *index* events."""
        self._go(self._seek_index.due_at(offset), index)

    def join(self) -> None:
        """Go to the end of what is recorded, and show new events as they come."""
        self._go_to_end()

    def show_event(self, index: int) -> None:
        """Pause after the event at *index*."""
        self.paused = True
        self._go_after(index)

    def tick(self) -> None:
        """Advance to the current time."""
        now = self._clock()
        passed, self._at = now - self._at, now
        if self._seeks_end:
            self._seek_end()
            return
        if self.paused or self.done:
            return
        end = self._end
        if self.live:
            self.index, self._due = len(self._seek_index), end
        else:
            self._due += passed * self.speed
            self.index = max(self.index, bisect_right(self._seek_index.due_times, self._due))
        if self.index == len(self._seek_index):
            self._due = min(self._due, end)
            self.done = self.live and self._seek_index.complete
            self.live = self._seek_index.growing
            self.paused = self._seek_index.complete

    def press(self, key: Key) -> None:
        """Apply a key press."""
        self.tick()
        match key:
            case Key.PAUSE:
                if self.paused and self._is_at_end:
                    self._seek(-math.inf)
                self.paused, self.live = not self.paused, False
            case Key.NEXT_EVENT:
                self._step()
            case Key.NEXT_PHASE:
                self._next_phase()
            case Key.PREVIOUS_PHASE:
                self._previous_phase()
            case Key.BACK:
                self._seek(-_SEEK)
            case Key.FORWARD:
                self._seek(_SEEK)
            case Key.FASTER:
                self.speed = min(self.speed * 2, FASTEST)
            case Key.SLOWER:
                self.speed = max(self.speed / 2, SLOWEST)
            case Key.START:
                self._seek(-math.inf)
            case Key.END:
                self._seek_end()
            case Key.QUIT:
                self.done = True

    @property
    def _is_at_end(self) -> bool:
        return self._seek_index.complete and self.index == len(self._seek_index)

    @property
    def _end(self) -> float:
        return self._seek_index.due_times[-1] if len(self._seek_index) else 0.0

    def _step(self) -> None:
        self.paused = True
        visible = self._seek_index.visible
        following = bisect_left(visible, self.index)
        if following < len(visible):
            self.show_event(visible[following])
        else:
            self._go_to_end()

    def _next_phase(self) -> None:
        starts = self._seek_index.phase_starts
        following = bisect_left(starts, self.index)
        if following < len(starts):
            self._go_after(starts[following])
        else:
            self._go_to_end()

    def _previous_phase(self) -> None:
        starts = self._seek_index.phase_starts
        following = bisect_left(starts, self.index - 1)
        if following:
            self._go_after(starts[following - 1])
        else:
            self._seek(-math.inf)

    def _seek(self, seconds: float) -> None:
        to = max(self._due + seconds, 0.0)
        if to >= self._end:
            self._go_to_end()
        else:
            self._go(to, bisect_right(self._seek_index.due_times, to))

    def _go_after(self, index: int) -> None:
        self._go(self._seek_index.due_times[index], index + 1)

    def _seek_end(self) -> None:
        """Go to the end of what is loaded, and again with every tick until the whole recording is loaded."""
        self._go_to_end()
        self._seeks_end = not (self._seek_index.growing or self._seek_index.complete)

    def _go_to_end(self) -> None:
        self._go(self._end, len(self._seek_index))
        self.live = self._seek_index.growing
        self.paused = self.paused or self._seek_index.complete

    def _go(self, due: float, index: int) -> None:
        self._due, self.index, self.live, self._seeks_end = due, index, False, False
