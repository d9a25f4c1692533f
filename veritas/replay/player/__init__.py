"""Playing recorded runs: a state machine without a terminal."""

from veritas.replay.player.frame import Line, Scene, Source
from veritas.replay.player.player import FASTEST, SLOWEST, Key, Player
from veritas.replay.player.seek_index import Reel

__all__ = ["FASTEST", "SLOWEST", "Key", "Line", "Player", "Reel", "Scene", "Source"]
