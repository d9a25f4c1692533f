"""The catalogue of the kinds of findings has every kind that the phases can report."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import veritas.audit
from veritas.audit.finding_kinds import FINDING_KINDS

ROOM = Path(veritas.audit.__file__).parent
_MAKERS = {"Finding", "Detection", "FindingDraft", "Risk"}
# The kinds that are put together, as the beginnings and ends of their names.
_STEMS = ("false_", "_claim", "host_")


def kinds_in(source: str) -> Iterator[str]:
    """Yield the kinds that are written where something that becomes a finding is made."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "kind"] or node.args[:1]
            for part in (part for value in named for part in ast.walk(value)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_every_kind_is_in_the_catalogue() -> None:
    """A rule can name it, and SARIF explains it."""
    found = {kind for path in ROOM.rglob("*.py") for kind in kinds_in(path.read_text("utf-8"))}
    assert len(found) > 40
    assert found - set(FINDING_KINDS) - set(_STEMS) == set()


def test_each_has_words_and_a_page() -> None:
    for kind in FINDING_KINDS.values():
        assert kind.title and kind.meaning.endswith(".") and kind.help_url.startswith("https://")
        assert kind.phase in ("vision", "security", "graph")
