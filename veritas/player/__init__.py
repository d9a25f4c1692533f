"""Playing recorded runs: a state machine without a terminal."""

from veritas.player.keys import Key
from veritas.player.line import Line
from veritas.player.player import FASTEST, SLOWEST, Player
from veritas.player.reel import Reel
from veritas.player.scene import Scene, Source

__all__ = ["FASTEST", "SLOWEST", "Key", "Line", "Player", "Reel", "Scene", "Source"]
