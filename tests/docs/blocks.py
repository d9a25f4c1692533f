"""The fenced blocks of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "veritas" / "docs"

_FENCE = re.compile(r"^```(\w+) *(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"#.*\bexit status (\d+)")
_COMMENT = re.compile(r"\s+#\s.*")


@dataclass(frozen=True)
class Command:
    """One command of a page.

    Attributes:
        text: What is typed.
        shown: The output that the page shows, or None where it shows none.
        span: Where in the page the shown output is, as offsets of its first character and past its last.
        lines: How many lines of the output the page keeps, or None for all.
        status: The exit status that the page states, or None where the next command shows it.
    """

    text: str
    shown: str | None = None
    span: tuple[int, int] = (0, 0)
    lines: int | None = None
    status: int | None = 0


def pages() -> list[Path]:
    """Return README.md and the pages, by name."""
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def commands(text: str) -> list[Command]:
    """Return the commands of a page that are run, in order."""
    found: list[Command] = []
    for language, info, body, start in _blocks(text):
        if language == "sh" and info != "no-run":
            found += [Command(line, status=_stated(line)) for line in _lines(body)]
        elif language == "console":
            lines = re.fullmatch(r"lines=(\d+)", info)
            found += _session(body, start, int(lines[1]) if lines else None)
    return found


def parsed_only(text: str) -> list[str]:
    """Return the commands of a page that are not run."""
    bodies = (body for language, info, body, _ in _blocks(text) if (language, info) == ("sh", "no-run"))
    return [line for body in bodies for line in _lines(body)]


def files(text: str) -> dict[str, str]:
    """Return the files that a page's commands use: name to contents."""
    return {info.removeprefix("file="): body for _, info, body, _ in _blocks(text) if info.startswith("file=")}


def without_comment(line: str) -> str:
    """Return a shell command without the comment after it."""
    return _COMMENT.sub("", line)


def _blocks(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield each block's language, the rest of its first line, its contents, and where in *text* those begin."""
    for match in _FENCE.finditer(text):
        yield match[1], match[2], match[3], match.start(3)


def _lines(body: str) -> list[str]:
    return [line for line in body.replace("\\\n", "").splitlines() if line.strip() and not line.startswith("#")]


def _stated(line: str) -> int:
    status = _STATUS.search(line)
    return int(status[1]) if status else 0


def _session(body: str, start: int, lines: int | None) -> list[Command]:
    """Return the commands of a console block, each with the output that follows it."""
    found: list[Command] = []
    for part in re.finditer(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
        typed = part[1].replace("\n> ", "\n").rstrip("\n")
        span = (start + part.start(2), start + part.end(2))
        if typed == "echo $?" and found:
            found[-1] = Command(found[-1].text, found[-1].shown, found[-1].span, found[-1].lines, None)
        found.append(Command(typed, part[2], span, lines, _stated(typed)))
    return found
