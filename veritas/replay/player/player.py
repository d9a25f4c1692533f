"""The player: a recording's events, key presses and a clock in; what is to be shown now out."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from enum import Enum, auto
from time import monotonic

from veritas.replay.player.frame import Scene
from veritas.replay.player.seek_index import Reel


class Key(Enum):
    """One press of a key that means something."""

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
    """Plays a reel.

    Playing, it ends with the recording. Where a key leads to the end it pauses there, so that one can go back; where
    the reel grows it stays at its end and shows what comes.

    Attributes:
        place: How many events have come.
        speed: How many recorded seconds pass in one.
        paused: Whether time stands still.
        live: Whether events are shown as they come, because there are no older ones left.
        done: Whether there is nothing left to do.
    """

    def __init__(
        self, reel: Reel, *, speed: float = 1.0, paused: bool = False, clock: Callable[[], float] = monotonic
    ) -> None:
        """Make a player that stands before the first event.

        Args:
            reel: The recording, of which something is read.
            speed: How many recorded seconds pass in one.
            paused: Whether to begin in a pause.
            clock: Tells the time, in seconds.
        """
        self.place = 0
        self.speed = speed
        self.paused = paused
        self.live = False
        self.done = False
        self._reel = reel
        self._clock = clock
        self._reached = 0.0  # in the reel's dues
        self._at = clock()
        self._seeks_end = False  # while the recording is read further

    @property
    def offset(self) -> float:
        """How far the replay is, in seconds since the run began."""
        return self._reel.offset_at(self._reached, self.place)

    @property
    def wait(self) -> float:
        """How many seconds nothing changes if no key is pressed."""
        if self.paused or self.done or self.place == len(self._reel):
            return math.inf
        return max((self._reel.dues[self.place] - self._reached) / self.speed - (self._clock() - self._at), 0.0)

    def scenes(self) -> list[Scene]:
        """Return what was known of each run where the replay stands."""
        return self._reel.scenes(self.place)

    def start_at(self, offset: float, place: int) -> None:
        """Go to an offset, when so many events had come."""
        self._go(self._reel.due_at(offset), place)

    def join(self) -> None:
        """Go to the end of what there is, and show what comes as it comes."""
        self._go_to_end()

    def tick(self) -> None:
        """Go on to where time has come."""
        now = self._clock()
        passed, self._at = now - self._at, now
        if self._seeks_end:
            self._seek_end()
            return
        if self.paused or self.done:
            return
        end = self._end
        if self.live:
            self.place, self._reached = len(self._reel), end
        else:
            self._reached += passed * self.speed
            self.place = max(self.place, bisect_right(self._reel.dues, self._reached))
        if self.place == len(self._reel):
            self._reached = min(self._reached, end)
            self.live = self._reel.growing
            self.done = self._reel.complete

    def press(self, key: Key) -> None:
        """Do what a key asks for."""
        self.tick()
        match key:
            case Key.PAUSE:
                self.paused, self.live = not self.paused, False
            case Key.NEXT_EVENT:
                self._step()
            case Key.NEXT_PHASE:
                self._skip()
            case Key.PREVIOUS_PHASE:
                self._skip_back()
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
    def _end(self) -> float:
        return self._reel.dues[-1] if len(self._reel) else 0.0

    def _step(self) -> None:
        self.paused = True
        told = bisect_left(self._reel.shown, self.place)
        if told < len(self._reel.shown):
            self._go_behind(self._reel.shown[told])
        else:
            self._go_to_end()

    def _skip(self) -> None:
        begun = bisect_left(self._reel.phases, self.place)
        if begun < len(self._reel.phases):
            self._go_behind(self._reel.phases[begun])
        else:
            self._go_to_end()

    def _skip_back(self) -> None:
        begun = bisect_left(self._reel.phases, self.place - 1)
        if begun:
            self._go_behind(self._reel.phases[begun - 1])
        else:
            self._seek(-math.inf)

    def _seek(self, seconds: float) -> None:
        to = max(self._reached + seconds, 0.0)
        if to >= self._end:
            self._go_to_end()
        else:
            self._go(to, bisect_right(self._reel.dues, to))

    def _go_behind(self, index: int) -> None:
        self._go(self._reel.dues[index], index + 1)

    def _seek_end(self) -> None:
        """Go to the recording's end, as far as it is read, and further with every tick until it is."""
        self._go_to_end()
        self._seeks_end = not (self._reel.growing or self._reel.complete)

    def _go_to_end(self) -> None:
        self._go(self._end, len(self._reel))
        self.live = self._reel.growing
        self.paused = self.paused or self._reel.complete

    def _go(self, reached: float, place: int) -> None:
        self._reached, self.place, self.live, self._seeks_end = reached, place, False, False
