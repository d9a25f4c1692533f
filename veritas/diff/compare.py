"""Comparing two recordings: their events aligned, then held against each other field by field."""

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
from veritas.diff.run_events import Recording
from veritas.diff.volatile import is_timing
from veritas.events.recorded import RecordedEvent

_BY_TRANSPORT = ("rejected", "fallbacks")  # of a run's outcome
_VERDICTS = ("judge/done", "complete/done")  # the events that say the verdict


def compare(a: Iterable[RecordedEvent], b: Iterable[RecordedEvent], rules: Rules | None = None) -> Differences:
    """Return what differs between two recorded runs.

    The runs are read as a child's events, whichever transport brought them, in the order in which they came; then how
    they ended is compared as well. `compare(a, b)` tells the same as `compare(b, a)`, from the other side; only what
    stands between the same two events may come in another order.

    Args:
        a: One run's events, all of them, by position.
        b: The other's.
        rules: What counts; `Rules.of()` where nothing is given.
    """
    rules = rules or Rules.of()
    return _Comparison(Recording(a, rules), Recording(b, rules)).differences()


def aligned(a: Recording, b: Recording) -> Alignment:
    """Align two recordings by what their events say; by their numbers as well, where that finds no more differences.

    The numbers tell which of several events that say the same was lost. But they are of no use where one run has
    emitted an event more: from there on every number is another event's. What the numbers prove to have been lost,
    repeated or swapped is no reason to do without them.
    """
    by_number = align((a.numbered(0), a.numbered(2), *a.keys), (b.numbered(0), b.numbered(2), *b.keys))
    by_content = align(a.keys, b.keys)

    def differing(alignment: Alignment) -> int:  # what has moved is missing in one place and new in another
        altered = sum(a.keys[0][i] != b.keys[0][j] for i, j in alignment.similar)
        return altered + 2 * len(alignment.moved) + len(alignment.only_a) + len(alignment.only_b)

    proved = a.irregularities() + b.irregularities()
    return by_number if differing(by_number) <= differing(by_content) + proved else by_content


class _Comparison:
    def __init__(self, a: Recording, b: Recording) -> None:
        self._a = a
        self._b = b
        self._hidden: dict[str, Hidden] = {}
        self._redacted = 0

    def differences(self) -> Differences:
        found = [*self._of_events(aligned(self._a, self._b)), *self._of_outcomes()]
        for rule, name in self._a.left_out | self._b.left_out:
            if rule:
                self._hide(rule, name, max(self._a.left_out[rule, name], self._b.left_out[rule, name]))
        hidden = dict(sorted(self._hidden.items()))
        return Differences(self._a.side, self._b.side, found, hidden, self._redacted)

    def _of_events(self, alignment: Alignment) -> list[Difference]:
        """Return what differs, in the order of the events: what one side alone has before what both have behind it."""
        pairs = sorted([*alignment.equal, *alignment.similar])
        in_a, in_b = [i for i, _ in pairs], [j for _, j in pairs]
        found: list[tuple[tuple[int, int, int], Difference]] = []
        for at, (i, j) in enumerate(pairs):
            found.extend(((at, 1, 0), difference) for difference in self._of_pair(i, j))
        for i, j in alignment.moved:
            place = (bisect_left(in_a, i), 0, i)
            if not self._fields(self._a.refs[i].name).whole.only_within:
                found.append((place, self._moved(i, j)))
            found.extend((place, difference) for difference in self._of_pair(i, j))
        for i in alignment.only_a:
            at = bisect_left(in_a, i)
            alone = self._alone(self._a, self._b, i, _around(in_b, at))
            found.extend(((at, 0, i), difference) for difference in alone)
        for j in alignment.only_b:
            at = bisect_left(in_b, j)
            alone = self._alone(self._b, self._a, j, _around(in_a, at))
            found.extend(((at, 0, j), difference.reversed()) for difference in alone)
        return [difference for _, difference in sorted(found, key=itemgetter(0))]

    def _of_pair(self, i: int, j: int) -> Iterator[Difference]:
        """Yield the fields in which two events differ."""
        if i in self._a.redacted or j in self._b.redacted:
            self._redacted += 1
            return
        if self._a.body(i) == self._b.body(j):
            return
        a, b = self._a.refs[i], self._b.refs[j]
        for found in self._fields(a.name).differences(self._a.wire(i), self._b.wire(j)):
            if found.hidden:
                self._hide_field(found, a.name)
            else:
                yield Difference(
                    found.kind, _category(a.name, names_of(found.path)), a, b, found.path, found.before, found.after
                )

    def _moved(self, i: int, j: int) -> Difference:
        numbered = self._a.is_out_of_order(i) or self._b.is_out_of_order(j)
        return Difference(REORDERED, TRANSPORT if numbered else CONTENT, self._a.refs[i], self._b.refs[j])

    def _alone(
        self, here: Recording, there: Recording, place: int, around: tuple[int | None, int | None]
    ) -> Iterator[Difference]:
        """Yield that *here* alone has an event, or what in it was asked for.

        Args:
            here: The recording that has it.
            there: The other one.
            place: Which event.
            around: The events of *there* between which it would stand.
        """
        ref, fields = here.refs[place], self._fields(here.refs[place].name)
        repeated = here.is_repetition(place)
        by_transport = repeated or there.has_lost_between(*around)
        kind = DUPLICATED if repeated else MISSING
        if not fields.whole.only_within:
            yield Difference(kind, TRANSPORT if by_transport else CONTENT, ref, None)
            return
        for found in fields.differences(here.wire(place), {}):
            if not found.hidden:
                category = TRANSPORT if by_transport else _category(ref.name, names_of(found.path))
                yield Difference(kind, category, ref, None, found.path, found.before, found.after)

    def _of_outcomes(self) -> Iterator[Difference]:
        """Yield in what the runs as wholes differ."""
        for found in self._fields(RUN).differences(self._a.outcome(), self._b.outcome()):
            if found.hidden:
                self._hide_field(found, RUN)
                continue
            category = TRANSPORT if names_of(found.path)[0] in _BY_TRANSPORT else VERDICT
            yield Difference(found.kind, category, None, None, found.path, found.before, found.after)

    def _fields(self, event: str) -> Fields:
        return self._a.fields(event)

    def _hide_field(self, found: FieldDifference, event: str) -> None:
        for rule in found.hidden:
            self._hide(rule, f"{event} {path_text(found.path)}", 1)

    def _hide(self, rule: str, example: str, count: int) -> None:
        self._hidden.setdefault(rule, Hidden(0, example)).count += count


def _around(places: Sequence[int], at: int) -> tuple[int | None, int | None]:
    """Return what stands before and behind the *at*-th gap between *places*."""
    return (places[at - 1] if at else None), (places[at] if at < len(places) else None)


def _category(event: str, names: Names) -> str:
    if is_timing(event, names):
        return TIMING
    return VERDICT if event in _VERDICTS else CONTENT
