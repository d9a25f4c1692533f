"""What was known at a place of a run, kept so that reading can begin there again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, Self

from veritas.player.line import Line
from veritas.projections.audit_state import AuditState

_LISTS = tuple(field.name for field in fields(AuditState) if field.default_factory is list)
_CHUNK = 256  # items that two snapshots share, or not

Chunks = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run at a place, and what was told last.

    What a run collects only grows, and a long one is kept at a thousand places: the part of a list that a snapshot has
    in common with the one before it is kept once for both.
    """

    lines: Sequence[Line]
    _rest: AuditState  # without its lists
    _lists: Mapping[str, Chunks]

    @classmethod
    def of(cls, state: AuditState, lines: Sequence[Line], before: Self | None = None) -> Self:
        """Return a snapshot that nothing changes; *before* is the run's last one."""
        known: Mapping[str, Chunks] = {} if before is None else before._lists
        lists = {name: _shared(getattr(state, name), known.get(name, ())) for name in _LISTS}
        return cls(lines, _with(state, dict.fromkeys(_LISTS, ())), lists)

    @property
    def state(self) -> AuditState:
        """The state, to be folded further."""
        return _with(self._rest, {name: chain.from_iterable(chunks) for name, chunks in self._lists.items()})


def _with(state: AuditState, lists: Mapping[str, Iterable[Any]]) -> AuditState:
    """Return a copy of a state, with other lists."""
    others: dict[str, Any] = {name: [*items] for name, items in lists.items()}
    return replace(state, **others).copy()


def _shared(items: Sequence[Any], before: Chunks) -> Chunks:
    """Return a list in chunks, and in the place of each that is as it was before that one itself."""
    chunks = [tuple(items[at : at + _CHUNK]) for at in range(0, len(items), _CHUNK)]
    return tuple(old if old == new else new for old, new in zip(before, chunks, strict=False)) + tuple(
        chunks[len(before) :]
    )
