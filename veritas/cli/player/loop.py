"""Playing runs on a terminal until they end, or somebody has seen enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_over
from veritas.cli.player.keyboard import Keyboard, open_keyboard
from veritas.cli.player.screen import PlayerScreen
from veritas.events.recorded import RecordedEvent
from veritas.replay.player import Player, SeekIndex, Source
from veritas.replay.selection import RunPart

_READING = 0.01  # seconds at a time, so that keys and events do not wait for it
_LOOK_AGAIN = 0.1  # seconds after which what grows may have grown, the clock has moved, or the terminal's size


def play(
    archive: Archive,
    parts: Mapping[str, RunPart],
    wanted: Callable[[RecordedEvent], bool],
    *,
    speed: float,
    idle_limit: float,
    step: bool,
    follow: bool,
) -> None:
    """Play runs on the terminal that stdin and stdout are.

    Args:
        archive: The log.
        parts: Which part of each run is to be played; one can go back to what is before it.
        wanted: Whether an event is to be told.
        speed: How many recorded seconds pass in one.
        idle_limit: The longest pause, in recorded seconds.
        step: Whether to begin in a pause.
        follow: Whether to join the run where it is now.

    Raises:
        KeyboardInterrupt: It was interrupted or asked to end; the terminal is as it was.
    """
    run, *_ = parts
    seek_index = SeekIndex(
        [_source(archive, run, part) for run, part in parts.items()],
        wanted=wanted,
        idle_limit=idle_limit,
        is_over=(lambda: is_over(archive, run)) if follow else None,
    )
    begin = min(part.begin for part in parts.values())
    joins = follow and not any(part.after for part in parts.values())
    seek_index.load(lambda: seek_index.duration > begin and not joins)
    with (
        PlayerScreen(seek_index, [*parts]) as screen,
        open_keyboard(leave=screen.leave, resume=screen.take) as keyboard,
    ):
        player = Player(seek_index, speed=speed, paused=step, clock=keyboard.clock)
        if joins:
            player.join()
        elif any(part.after for part in parts.values()):
            player.start_at(begin, seek_index.index_at(begin, [part.after for part in parts.values()]))
        _play(player, seek_index, screen, keyboard)


def _play(player: Player, seek_index: SeekIndex, screen: PlayerScreen, keyboard: Keyboard) -> None:
    reading = True
    while not player.done:
        if reading or seek_index.growing:
            reading = seek_index.load(_after(_READING))
        player.tick()
        screen.paint(player)
        for key in keyboard.read(0.0 if reading or player.done else min(player.wait, _LOOK_AGAIN)):
            player.press(key)


def _after(seconds: float) -> Callable[[], bool]:
    """Return what tells whether so long has passed since now."""
    deadline = monotonic() + seconds
    return lambda: monotonic() >= deadline


def _source(archive: Archive, run: str, part: RunPart) -> Source:
    return lambda after: part.until_end(archive.events(run, after=after))
