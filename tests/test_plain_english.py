"""The words that a reader stumbles over stay out of docstrings, comments, messages and pages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each with what plain English has in its place.
WORDS = {
    r"(re)?told": "reported, described, distinguished",
    r"anew": "again",
    r"whoever": "anyone who",
    r"(some|no)body": "anyone, no one, another process",
    r"(?<!there )(is|are|was|were) no (?!longer|more than)\w+": "is not a",
    r"that is none|none that": "that is not one",
    r"stands? for": "is",
    r"fores(aw|een)": "expected",
    r"grav(er|est|ity)": "severe, severity",
    r"mend(s|ed|ing)?": "fix",
    r"but for": "except",
    r"lest": "so that",
    r"of whom": "whose",
}
STUMBLING = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)

LEXICONS = ROOT / "veritas/audit/patterns/lexicon"  # they quote what sites say
SOURCES = sorted(
    path
    for room in ("veritas", "store", "migrations")
    for path in (ROOT / room).rglob("*.py")
    if not path.is_relative_to(LEXICONS)
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "veritas/docs").glob("*.md")), ROOT / "store/bundle/FORMAT.md"]


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each docstring, comment and string of several words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_the_words_are_found() -> None:
    """In a docstring, a comment and a message alike, and in no other place."""
    source = '"""Tell whoever asks."""\nnobody = 1  # told anew\nraise ValueError(f"{nobody!r} is no number")\n'
    found = [(line, STUMBLING.findall(text)) for line, text in texts_of(source) if STUMBLING.search(text)]
    assert [line for line, _ in found] == [1, 3, 2]
    assert not STUMBLING.search("It is no longer running, and no more than 3 are.")


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_reader_stumbles(path: Path) -> None:
    """Every docstring, comment, message and page is free of them."""
    text = path.read_text("utf-8")
    texts = texts_of(text) if path.suffix == ".py" else enumerate(text.splitlines(), 1)
    found = [f"line {line}: {match[0]!r}" for line, part in texts if (match := STUMBLING.search(part))]
    assert not found
