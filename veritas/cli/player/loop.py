"""The player's main loop: play runs on a terminal until the user quits, or the run that is watched ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_over
from veritas.cli.player.controls import Controls
from veritas.cli.player.keyboard import Keyboard, open_keyboard
from veritas.cli.player.screen import PlayerScreen
from veritas.events.recorded import RecordedEvent
from veritas.replay.player import Player, SeekIndex, Source
from veritas.replay.selection import RunPart

_LOAD_TIME = 0.01  # seconds of loading at a time, so that keys and events do not wait for it
_MAX_WAIT = 0.1  # seconds until the loop looks again for new events, the shown time and the terminal's size


def play(
    archive: Archive,
    parts: Mapping[str, RunPart],
    wanted: Callable[[RecordedEvent], bool],
    *,
    labels: Mapping[str, str],
    speed: float,
    idle_limit: float,
    step: bool,
    follow: bool,
) -> None:
    """Play runs on the terminal on stdin and stdout.

    Args:
        archive: The log.
        parts: The part of each run to play; the user can seek to before it.
        wanted: Returns whether an event is shown.
        labels: What distinguishes the lines of several runs.
        speed: Recorded seconds per second.
        idle_limit: The longest pause, in recorded seconds.
        step: Whether to begin paused.
        follow: Whether to join the run at its present end.

    Raises:
        KeyboardInterrupt: It was interrupted or terminated; the terminal has been restored.
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
        _play(
            player, Controls(player, seek_index, [labels.get(run, "") for run in parts]), seek_index, screen, keyboard
        )


def _play(player: Player, controls: Controls, seek_index: SeekIndex, screen: PlayerScreen, keyboard: Keyboard) -> None:
    loading = True
    while not player.done:
        if loading or seek_index.growing:
            loading = seek_index.load(_timer(_LOAD_TIME))
        player.tick()
        screen.paint(player, controls)
        for key in keyboard.read(0.0 if loading or player.done else min(player.wait, _MAX_WAIT)):
            controls.press(key)


def _timer(seconds: float) -> Callable[[], bool]:
    """Return a function that returns whether *seconds* have passed since now."""
    deadline = monotonic() + seconds
    return lambda: monotonic() >= deadline


def _source(archive: Archive, run: str, part: RunPart) -> Source:
    return lambda after: part.until_end(archive.events(run, after=after))
