"""The formats of log collectors, one module each, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.recording.capture.entry import ParseLine
from veritas.recording.capture.formats import compose, cri, docker, journal_json, journal_text, kubectl, tagged


@dataclass(frozen=True)
class Format:
    """A collector's format.

    Attributes:
        name: Its name in the log.
        title: Its name in a sentence.
        parse: Parses one line.
        strict: Whether hardly anything else looks like it, so that it is recognised even if no progress line shows it.
        marks_cuts: Whether it shows where the collector has cut a long line.
    """

    name: str
    title: str
    parse: ParseLine
    strict: bool = True
    marks_cuts: bool = False


FORMATS = (
    Format("docker-json", "Docker's json-file format", docker.parse, marks_cuts=True),
    Format("journal-json", "the JSON of journalctl", journal_json.parse, marks_cuts=True),
    Format("cri", "the format of Kubernetes' container runtimes", cri.parse, marks_cuts=True),
    Format("journal", "the text of journalctl or syslog", journal_text.parse),
    Format("compose", "the output of Docker Compose", compose.parse, strict=False),
    Format("kubectl", "the output of kubectl or Docker with prefixes", kubectl.parse, strict=False),
    Format("tagged", "lines that begin with a program's name", tagged.parse, strict=False),
)
