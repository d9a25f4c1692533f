"""The player of recorded runs: a state machine without a terminal."""

from veritas.replay.player.frame import Frame, Line, Source
from veritas.replay.player.player import FASTEST, SLOWEST, Key, Player
from veritas.replay.player.seek_index import Finding, SeekIndex

__all__ = ["FASTEST", "SLOWEST", "Finding", "Frame", "Key", "Line", "Player", "SeekIndex", "Source"]
