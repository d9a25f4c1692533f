"""A spool returns each sequence of lines in its order."""

from __future__ import annotations

import tracemalloc

from veritas.replay.formats.otlp import Spool


def test_interleaved_sequences_are_read_back_separately() -> None:
    with Spool() as spool:
        even, odd, none = spool.sequence(), spool.sequence(), spool.sequence()
        for number in range(1000):
            (odd if number % 2 else even).append(str(number).encode())
        assert list(even) == [str(number).encode() for number in range(0, 1000, 2)]
        assert list(odd) == [str(number).encode() for number in range(1, 1000, 2)]
        assert list(none) == []


def test_spooled_lines_are_not_kept_in_memory() -> None:
    line = b"x" * 1000
    tracemalloc.start()
    try:
        with Spool() as spool:
            lines = spool.sequence()
            for _ in range(50_000):
                lines.append(line)
            assert sum(each == line for each in lines) == 50_000
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
