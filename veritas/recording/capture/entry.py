"""Entry: what one line of a collector says that a program wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from veritas.channels.messages import STDOUT

FILE = "file"  # the stream of lines that the collector did not write


class Entry(NamedTuple):
    """A piece of a program's output.

    Attributes:
        program: The program, as the collector names it; empty if the file is of one program only.
        data: What it wrote, with the line's end unless the collector has cut the line here.
        stream: `stdout` or `stderr`, or FILE.
        time: When the collector received it, in the collector's own notation; None if that is unknown.
        loss: Why *data* is not what the program wrote, but the collector's line; None if it is.
    """

    program: str
    data: bytes
    stream: str = STDOUT
    time: str | None = None
    loss: str | None = None


ParseLine = Callable[[bytes], Entry | None]  # the line has no end; None if it is not of the format
