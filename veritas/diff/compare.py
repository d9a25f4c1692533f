"""The comparison of two runs' events: they are aligned, then compared field by field."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from veritas.diff.alignment import Alignment, align
from veritas.diff.difference import (
    CONTENT,
    DUPLICATED,
    MISSING,
    REORDERED,
    RUN,
    TIMING,
    TRANSPORT,
    VERDICT,
    Difference,
    Differences,
    Hidden,
)
from veritas.diff.field_path import Names, names_of, path_text
from veritas.diff.fields import FieldDifference, Fields
from veritas.diff.rules import Rules
from veritas.diff.run_events import RunEvents
from veritas.diff.volatile import is_timing
from veritas.events.recorded import RecordedEvent

_BY_TRANSPORT = ("rejected", "fallbacks")  # the fields of a run's outcome that depend on its transport
_VERDICTS = ("judge/done", "complete/done")  # the events that report the verdict


def compare(a: Iterable[RecordedEvent], b: Iterable[RecordedEvent], rules: Rules | None = None) -> Differences:
    """Return the differences between two recorded runs.

    The child's events are compared in the order in which they came, over either transport; then the runs' outcomes are
    compared. `compare(a, b)` gives the same differences as `compare(b, a)` with the sides exchanged; only differences
    between the same two events may be in another order.

    Args:
        a: All events of one run, by position.
        b: All events of the other.
        rules: Which differences count; `Rules.of()` by default.
    """
    rules = rules or Rules.of()
    return _Comparison(RunEvents(a, rules), RunEvents(b, rules)).differences()


def align_runs(a: RunEvents, b: RunEvents) -> Alignment:
    """Align two runs by the content of their events; by their numbers as well if that finds no additional ones.

    The numbers show which of several equal events was lost. But they do not help after one run has emitted an
    additional event: from there on every number belongs to another event. The differences that the numbers alone prove
    (events lost, repeated or swapped) do not count here.
    """
    by_number = align((a.numbered(0), a.numbered(2), *a.keys), (b.numbered(0), b.numbered(2), *b.keys))
    by_content = align(a.keys, b.keys)

    def differing(alignment: Alignment) -> int:  # an event that moved is missing at one index and new at another
        altered = sum(a.keys[0][i] != b.keys[0][j] for i, j in alignment.similar)
        return altered + 2 * len(alignment.moved) + len(alignment.only_a) + len(alignment.only_b)

    proved = a.irregularities() + b.irregularities()
    return by_number if differing(by_number) <= differing(by_content) + proved else by_content


class _Comparison:
    def __init__(self, a: RunEvents, b: RunEvents) -> None:
        self._a = a
        self._b = b
        self._hidden: dict[str, Hidden] = {}
        self._redacted = 0

    def differences(self) -> Differences:
        differences = [*self._event_differences(align_runs(self._a, self._b)), *self._outcome_differences()]
        for rule, name in self._a.left_out | self._b.left_out:
            if rule:
                self._hide(rule, name, max(self._a.left_out[rule, name], self._b.left_out[rule, name]))
        hidden = dict(sorted(self._hidden.items()))
        return Differences(self._a.run, self._b.run, differences, hidden, self._redacted)

    def _event_differences(self, alignment: Alignment) -> list[Difference]:
        """Return the differences in the order of the events.

        Events that only one side has come before the event that both have after them.
        """
        pairs = sorted([*alignment.equal, *alignment.similar])
        in_a, in_b = [i for i, _ in pairs], [j for _, j in pairs]
        differences: list[tuple[tuple[int, int, int], Difference]] = []  # each with its sort key
        for at, (i, j) in enumerate(pairs):
            differences.extend(((at, 1, 0), difference) for difference in self._pair_differences(i, j))
        for i, j in alignment.moved:
            key = (bisect_left(in_a, i), 0, i)
            if not self._fields(self._a.refs[i].name).root.outside_only:
                differences.append((key, self._moved(i, j)))
            differences.extend((key, difference) for difference in self._pair_differences(i, j))
        for i in alignment.only_a:
            at = bisect_left(in_a, i)
            alone = self._unmatched(self._a, self._b, i, _around(in_b, at))
            differences.extend(((at, 0, i), difference) for difference in alone)
        for j in alignment.only_b:
            at = bisect_left(in_b, j)
            alone = self._unmatched(self._b, self._a, j, _around(in_a, at))
            differences.extend(((at, 0, j), difference.reversed()) for difference in alone)
        return [difference for _, difference in sorted(differences, key=itemgetter(0))]

    def _pair_differences(self, i: int, j: int) -> Iterator[Difference]:
        """Yield the fields in which two events differ."""
        if i in self._a.redacted or j in self._b.redacted:
            self._redacted += 1
            return
        if self._a.body(i) == self._b.body(j):
            return
        a, b = self._a.refs[i], self._b.refs[j]
        for field in self._fields(a.name).differences(self._a.wire(i), self._b.wire(j)):
            if field.hidden:
                self._hide_field(field, a.name)
            else:
                category = _category(a.name, names_of(field.path))
                yield Difference(field.kind, category, a, b, field.path, field.before, field.after)

    def _moved(self, i: int, j: int) -> Difference:
        numbered = self._a.is_out_of_order(i) or self._b.is_out_of_order(j)
        return Difference(REORDERED, TRANSPORT if numbered else CONTENT, self._a.refs[i], self._b.refs[j])

    def _unmatched(
        self, here: RunEvents, there: RunEvents, index: int, around: tuple[int | None, int | None]
    ) -> Iterator[Difference]:
        """Yield the differences for an event that only *here* has: the whole event, or the fields that `only` selects.

        Args:
            here: The run that has the event.
            there: The other one.
            index: The event's index in *here*.
            around: The indices of the events of *there* between which it would be.
        """
        ref, fields = here.refs[index], self._fields(here.refs[index].name)
        repeated = here.is_repetition(index)
        by_transport = repeated or there.has_lost_between(*around)
        kind = DUPLICATED if repeated else MISSING
        if not fields.root.outside_only:
            yield Difference(kind, TRANSPORT if by_transport else CONTENT, ref, None)
            return
        for field in fields.differences(here.wire(index), {}):
            if not field.hidden:
                category = TRANSPORT if by_transport else _category(ref.name, names_of(field.path))
                yield Difference(kind, category, ref, None, field.path, field.before, field.after)

    def _outcome_differences(self) -> Iterator[Difference]:
        """Yield the differences between the runs' outcomes."""
        for field in self._fields(RUN).differences(self._a.outcome(), self._b.outcome()):
            if field.hidden:
                self._hide_field(field, RUN)
                continue
            category = TRANSPORT if names_of(field.path)[0] in _BY_TRANSPORT else VERDICT
            yield Difference(field.kind, category, None, None, field.path, field.before, field.after)

    def _fields(self, event: str) -> Fields:
        return self._a.fields(event)

    def _hide_field(self, field: FieldDifference, event: str) -> None:
        for rule in field.hidden:
            self._hide(rule, f"{event} {path_text(field.path)}", 1)

    def _hide(self, rule: str, example: str, count: int) -> None:
        self._hidden.setdefault(rule, Hidden(0, example)).count += count


def _around(indices: Sequence[int], gap: int) -> tuple[int | None, int | None]:
    """Return the items of *indices* before and after a gap: gap 0 is before the first item."""
    return (indices[gap - 1] if gap else None), (indices[gap] if gap < len(indices) else None)


def _category(event: str, names: Names) -> str:
    if is_timing(event, names):
        return TIMING
    return VERDICT if event in _VERDICTS else CONTENT
