"""The comparisons of many runs, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from veritas.diff.difference import ABSENT
from veritas.diff.transports.validated_run import TransportDifference, UncomparedRun, ValidatedRun
from veritas.events.json import as_mapping, as_number
from veritas.formatting import utc_text

_FIRST = "first"  # which transport was, among what was measured
_EXAMPLES = 3
_DEEPEST = 6  # levels of what was measured


@dataclass(frozen=True)
class Example:
    """One run's difference: `before` is what stdout said and `after` what the queue did; `ABSENT` where it did not."""

    run_id: str
    seq: int | None
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; what was not said has no value there."""
        told = {"run_id": self.run_id, "seq": self.seq, "before": self.before, "after": self.after}
        return {name: value for name, value in told.items() if value is not ABSENT}


@dataclass(frozen=True)
class FieldTally:
    """One field that differed.

    Attributes:
        kind: `missing`, `duplicated`, `reordered` or `altered`.
        category: `transport`, `verdict`, `content` or `timing`.
        source: The transport at which it is; "" where it is at neither alone.
        event: Of which events, as `phase/step`.
        field: The field, without places in lists (`summary.links[].url`); "" for events as wholes.
        runs: In how many runs.
        count: How often in all.
        examples: At most three, each of another run.
    """

    kind: str
    category: str
    source: str
    event: str
    field: str
    runs: int
    count: int
    examples: tuple[Example, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "examples": [example.as_dict() for example in self.examples]}


@dataclass(frozen=True)
class Matrix:
    """What the comparisons of all validated runs come to. `as_dict` has the same names.

    Attributes:
        since: From which moment on runs were looked at, in seconds since the epoch, UTC; None for all.
        until: Before which.
        validated: How many runs were to be compared: `compared` and the `uncompared` ones.
        compared: How many were: `equal` and `different`.
        equal: How many told the same over both transports.
        different: How many did not.
        by: How they were compared (`tee` or `rerun`), and how many so.
        events: How many events came in the compared runs, by transport.
        kinds: In how many runs (`runs`) and how often (`count`) something differed, by kind.
        categories: The same by category.
        fields: Every field that ever differed, the one in the most runs first.
        different_runs: How many differences each of the runs has that are not equal, by run.
        uncompared: The runs that could not be compared, and why.
        first: How many events each transport delivered first, as far as that was measured.
        latency: Of every figure that was measured of the deliveries' times, by its path (`lead_ms.p95`): in how many
            runs (`runs`), its `median` over them, and the `worst`, which is the greatest.
    """

    since: float | None
    until: float | None
    validated: int
    compared: int
    equal: int
    different: int
    by: dict[str, int]
    events: dict[str, int]
    kinds: dict[str, dict[str, int]]
    categories: dict[str, dict[str, int]]
    fields: tuple[FieldTally, ...]
    different_runs: dict[str, int]
    uncompared: tuple[UncomparedRun, ...]
    first: dict[str, int]
    latency: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; moments as ISO 8601 in UTC."""
        return {
            **asdict(self),
            "since": utc_text(self.since),
            "until": utc_text(self.until),
            "fields": [tallied.as_dict() for tallied in self.fields],
            "uncompared": [{**asdict(run), "sentence": run.sentence} for run in self.uncompared],
        }


def tally(
    outcomes: Iterable[ValidatedRun | UncomparedRun], *, since: float | None = None, until: float | None = None
) -> Matrix:
    """Add up what runs came to; the examples are those that come first."""
    compared: list[ValidatedRun] = []
    uncompared: list[UncomparedRun] = []
    for outcome in outcomes:
        if isinstance(outcome, UncomparedRun):
            uncompared.append(outcome)
        else:
            compared.append(outcome)
    different = [run for run in compared if not run.equal]
    events: Counter[str] = Counter()
    for run in compared:
        events.update(run.counts)
    return Matrix(
        since=since,
        until=until,
        validated=len(compared) + len(uncompared),
        compared=len(compared),
        equal=len(compared) - len(different),
        different=len(different),
        by=dict(sorted(Counter(str(run.by) for run in compared).items())),
        events=dict(sorted(events.items())),
        kinds=_by(different, "kind"),
        categories=_by(different, "category"),
        fields=_fields(different),
        different_runs={run.run_id: run.total for run in different},
        uncompared=tuple(uncompared),
        first=_first(compared),
        latency=_latency(compared),
    )


def _by(different: Iterable[ValidatedRun], name: str) -> dict[str, dict[str, int]]:
    runs: defaultdict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for run in different:
        for found in run.found:
            runs[getattr(found, name)].add(run.run_id)
            counts[getattr(found, name)] += found.count
    return {said: {"runs": len(runs[said]), "count": counts[said]} for said in sorted(counts)}


def _fields(different: Iterable[ValidatedRun]) -> tuple[FieldTally, ...]:
    groups: defaultdict[tuple[str, str, str, str, str], list[tuple[str, TransportDifference]]] = defaultdict(list)
    for run in different:
        for found in run.found:
            key = (found.kind, found.category, found.source, found.event, found.field)
            groups[key].append((run.run_id, found))
    tallies = [
        FieldTally(
            *key,
            runs=len({run_id for run_id, _ in group}),
            count=sum(found.count for _, found in group),
            examples=tuple(_examples(group)),
        )
        for key, group in groups.items()
    ]
    return tuple(
        sorted(
            tallies, key=lambda one: (-one.runs, -one.count, one.event, one.field, one.kind, one.source, one.category)
        )
    )


def _examples(group: Iterable[tuple[str, TransportDifference]]) -> Iterator[Example]:
    shown: set[str] = set()
    for run_id, found in group:
        if run_id not in shown and len(shown) < _EXAMPLES:
            shown.add(run_id)
            yield Example(run_id, found.first, found.before, found.after)


def _first(compared: Iterable[ValidatedRun]) -> dict[str, int]:
    first: Counter[str] = Counter()
    for run in compared:
        for source, amount in as_mapping(run.latency.get(_FIRST)).items():
            first[source] += int(as_number(amount) or 0)
    return dict(sorted(first.items()))


def _latency(compared: Iterable[ValidatedRun]) -> dict[str, dict[str, float]]:
    figures: defaultdict[str, list[float]] = defaultdict(list)
    for run in compared:
        for name, figure in _figures({key: said for key, said in run.latency.items() if key != _FIRST}):
            figures[name].append(figure)
    return {
        name: {"runs": len(said), "median": median(said), "worst": max(said)} for name, said in sorted(figures.items())
    }


def _figures(said: Mapping[str, Any], within: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Yield every number in what was measured, by its path."""
    for name, value in said.items():
        path = f"{within}.{name}" if within else str(name)
        if (number := as_number(value)) is not None:
            yield path, number
        elif depth < _DEEPEST:
            yield from _figures(as_mapping(value), path, depth + 1)
