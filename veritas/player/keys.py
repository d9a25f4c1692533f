"""What a player can be told by a key."""

from __future__ import annotations

from enum import Enum, auto


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
