"""CaptureReader: it recognises a collector's format, and yields what each program wrote, in the order of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from veritas.channels.framing import EVENT_MARKER
from veritas.events.json import is_json_object
from veritas.recording.capture.entry import FILE, Entry
from veritas.recording.capture.formats import FORMATS, Format
from veritas.recording.capture.formats.patterns import COLOUR
from veritas.recording.capture.source import open_source, peek

_HEAD_BYTES = 1 << 18  # that are read to recognise the format, if no progress line shows it earlier
_SAMPLE = 500  # lines
_SHARE = 0.5  # of the lines, and of those with a marker, that have the format: a program may itself write like this
_LONGEST_LINE = 32 << 20  # bytes of a collector's line; a longer one is passed on as it is
_CUT_BYTES = frozenset((16384, 49152))  # where Docker, Kubernetes and journald cut a line

_EVENT = re.compile(rb"(?:%b)*%b" % (COLOUR, EVENT_MARKER))
_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_LINES_WITH_RETURNS = re.compile(rb"[^\r\n]*[\r\n]|[^\r\n]+")


@dataclass
class ProgramLines:
    """The collector's lines of one program.

    Attributes:
        lines: How many there are.
        unrecognised: How many lines after one of them are not of the collector's format.
        first_time: The collector's time of the first one; None if it has none.
        last_time: That of the last one.
    """

    lines: int = 0
    unrecognised: int = 0
    first_time: str | None = None
    last_time: str | None = None


class CaptureReader:
    """Reads a captured file.

    Attributes:
        layers: What was undone before the lines could be read, such as `gzip` or `utf-16-le`, outermost first.
        head: What the file begins with.
        carriage_returns: Whether lines end in a carriage return alone.
        format: The collector's format; None for a program's output as it is.
        evidence: What the format was recognised from.
        programs: The programs so far.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.layers, text = open_source(chunks)
        self.head, self._chunks = peek(text, until=_is_enough)
        self.carriage_returns = b"\r" in self.head and b"\n" not in self.head
        self._pattern = _LINES_WITH_RETURNS if self.carriage_returns else _LINES
        sample = self._sample()
        self.format, self.evidence = _recognise(sample)
        self.programs: dict[str, ProgramLines] = {}
        parsed = map(self.format.parse, sample) if self.format else ()
        self._program = next((entry.program for entry in parsed if entry is not None), "")  # of the last line
        self._cut: set[tuple[str, str]] = set()  # the programs and streams whose last line was cut

    def __iter__(self) -> Iterator[list[Entry]]:
        """Yield entries, those of each chunk in one list; consecutive ones of one stream are joined."""
        if self.format is None:
            self.programs[""] = ProgramLines()
            yield from ([Entry("", chunk)] for chunk in self._chunks if chunk)
            return
        for lines in self._split():
            entries = [self._entry(self.format, line, whole) for line, whole in lines]
            yield [entry for _, group in groupby(entries, _stream_of) for entry in _joined(list(group))]

    def _sample(self) -> list[bytes]:
        lines = self._pattern.findall(self.head)
        if len(lines) > 1 and not lines[-1].endswith((b"\r", b"\n")):
            lines.pop()
        return [line.rstrip(b"\r\n") for line in lines[:_SAMPLE] if line.strip()]

    def _split(self) -> Iterator[list[tuple[bytes, bool]]]:
        """Yield the lines that each chunk completes, with their ends, and whether they are whole.

        A line that is too long is yielded in pieces.
        """
        held: list[bytes] = []
        size, too_long = 0, False
        for chunk in self._chunks:
            complete: list[tuple[bytes, bool]] = []
            for piece in self._pattern.findall(chunk):
                ended = piece.endswith((b"\n", b"\r") if self.carriage_returns else b"\n")
                if ended and not held and not too_long:
                    complete.append((piece, True))
                    continue
                held.append(piece)
                size += len(piece)
                too_long = too_long or size > _LONGEST_LINE
                if ended or too_long:
                    complete.append((b"".join(held), not too_long))
                    held, size = [], 0
                    too_long = too_long and not ended
            yield complete
        if held:
            yield [(b"".join(held), not too_long)]

    def _entry(self, format: Format, line: bytes, whole: bool) -> Entry:
        content = line.rstrip(b"\r\n")
        entry = format.parse(content) if whole and content else None
        if entry is None:
            if content:
                self.programs.setdefault(self._program, ProgramLines()).unrecognised += 1
            return Entry(self._program, line, FILE)
        self._program = entry.program
        known = self.programs.setdefault(entry.program, ProgramLines())
        known.lines += 1
        known.first_time = known.first_time or entry.time
        known.last_time = entry.time or known.last_time
        return entry if format.marks_cuts else self._without_cut(entry)

    def _without_cut(self, entry: Entry) -> Entry:
        """Remove the end of a line that was cut in an event, so that the event continues with the next line."""
        key, content = (entry.program, entry.stream), entry.data[:-1]
        if len(content) in _CUT_BYTES and (key in self._cut or _ends_in_event(content)):
            self._cut.add(key)
            return entry._replace(data=content)
        self._cut.discard(key)
        return entry


def _is_enough(head: bytes) -> bool:
    """Return whether a head is large enough, or has a whole line with an event, so that a pipe is read at once."""
    marker = head.find(EVENT_MARKER)
    return len(head) >= _HEAD_BYTES or (marker >= 0 and head.find(b"\n", marker) >= 0)


def _recognise(lines: Sequence[bytes]) -> tuple[Format | None, str]:
    """Return the format of most lines, and the evidence for it."""
    for format in FORMATS:
        parsed = list(map(format.parse, lines))
        matching = len(parsed) - parsed.count(None)
        if matching < max(1, len(lines) * _SHARE):
            continue
        marked = [entry for line, entry in zip(lines, parsed, strict=True) if EVENT_MARKER in line]
        if format.strict:
            events = len(marked) - marked.count(None)
        else:
            events = sum(entry is not None and _EVENT.match(entry.data) is not None for entry in marked)
        if events >= _SHARE * len(marked) and (events or format.strict):
            return format, f"{matching:,} of the first {len(lines):,} lines have this format"
    return None, "the lines have no other format"


def _ends_in_event(content: bytes) -> bool:
    marker = content.rfind(EVENT_MARKER)
    return marker >= 0 and not is_json_object(content[marker + len(EVENT_MARKER) :])


def _stream_of(entry: Entry) -> tuple[str, str, str | None]:
    return entry.program, entry.stream, entry.loss


def _joined(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return entries of one stream as one, except for those with a loss."""
    if entries[0].loss is not None or len(entries) == 1:
        return entries
    return [entries[0]._replace(data=b"".join([entry.data for entry in entries]))]
