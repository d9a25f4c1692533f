"""A screen that fills the terminal, and is gone when the program has ended or is suspended."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console, Group
from rich.text import Text


class FullScreen:
    """The terminal on stdout, whose former content comes back at the end."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)

    def take(self) -> None:
        """Take over the whole terminal."""
        self.console.set_alt_screen(True)
        self.console.show_cursor(False)

    def leave(self) -> None:
        """Restore the terminal's former content."""
        self.console.show_cursor(True)
        self.console.set_alt_screen(False)

    def update(self, rows: Sequence[Text], width: int) -> None:
        """Show rows, each cut to the width of the terminal."""
        for row in rows:
            row.truncate(width, overflow="ellipsis")
        self.console.update_screen(Group(*rows))
