"""The totals of the comparisons of many runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from veritas.diff.difference import ABSENT
from veritas.diff.transports.validated_run import TransportDifference, UncomparedRun, ValidatedRun
from veritas.events.json import as_mapping, as_number
from veritas.formatting import iso_time

_FIRST = "first"  # the key in recorded latencies of how often each transport was first
_EXAMPLES = 3
_DEEPEST = 6  # levels of recorded latencies that are read


@dataclass(frozen=True)
class Example:
    """One run's difference: `before` is the value over stdout and `after` over the queue, `ABSENT` if there is none."""

    run_id: str
    seq: int | None
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; absent values are left out."""
        fields = {"run_id": self.run_id, "seq": self.seq, "before": self.before, "after": self.after}
        return {name: value for name, value in fields.items() if value is not ABSENT}


@dataclass(frozen=True)
class FieldTally:
    """One field that differed.

    Attributes:
        kind: `missing`, `duplicated`, `reordered` or `altered`.
        category: `transport`, `verdict`, `content` or `timing`.
        source: The transport that lost, repeated or delayed events; "" if it is not one transport alone.
        event: The events, as `phase/step`.
        field: The field, without list indices (`summary.links[].url`); "" for events as wholes.
        runs: In how many runs it differed.
        count: How often it differed in all.
        examples: At most three, each from another run.
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
    """The totals of the comparisons of all validated runs. `as_dict` has the same names.

    Attributes:
        since: Only runs requested at this time or later, in seconds since the epoch, UTC; None for all.
        until: Only runs requested before this time; None for all.
        validated: How many runs were to be compared: the `compared` and the `uncompared` ones.
        compared: How many were compared: the `equal` and the `different` ones.
        equal: How many delivered the same over both transports.
        different: How many did not.
        by: How many runs were compared in each way (`tee` or `rerun`).
        events: The number of events in the compared runs, by transport.
        kinds: In how many runs (`runs`) and how often (`count`) there were differences, by kind.
        categories: The same by category.
        fields: Every field that ever differed, the one in the most runs first.
        different_runs: The number of differences of each run that is not equal, by run.
        uncompared: The runs that could not be compared, and why.
        first: How many events each transport delivered first, in the runs that measured it.
        latency: For each measured latency, by its path (`lead_ms.p95`): the number of runs that have it (`runs`), its
            `median` over them, and the `worst`, which is the greatest.
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
        """Return it as JSON values; times in ISO 8601, in UTC."""
        return {
            **asdict(self),
            "since": iso_time(self.since),
            "until": iso_time(self.until),
            "fields": [tallied.as_dict() for tallied in self.fields],
            "uncompared": [{**asdict(run), "sentence": run.sentence} for run in self.uncompared],
        }


def tally(
    outcomes: Iterable[ValidatedRun | UncomparedRun], *, since: float | None = None, until: float | None = None
) -> Matrix:
    """Add up the outcomes of runs; the examples are taken from the first of them."""
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
        for difference in run.differences:
            runs[getattr(difference, name)].add(run.run_id)
            counts[getattr(difference, name)] += difference.count
    return {value: {"runs": len(runs[value]), "count": counts[value]} for value in sorted(counts)}


def _fields(different: Iterable[ValidatedRun]) -> tuple[FieldTally, ...]:
    groups: defaultdict[tuple[str, str, str, str, str], list[tuple[str, TransportDifference]]] = defaultdict(list)
    for run in different:
        for difference in run.differences:
            key = (difference.kind, difference.category, difference.source, difference.event, difference.field)
            groups[key].append((run.run_id, difference))
    tallies = [
        FieldTally(
            *key,
            runs=len({run_id for run_id, _ in group}),
            count=sum(difference.count for _, difference in group),
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
    runs: set[str] = set()
    for run_id, difference in group:
        if run_id not in runs and len(runs) < _EXAMPLES:
            runs.add(run_id)
            yield Example(run_id, difference.first, difference.before, difference.after)


def _first(compared: Iterable[ValidatedRun]) -> dict[str, int]:
    first: Counter[str] = Counter()
    for run in compared:
        for source, amount in as_mapping(run.latency.get(_FIRST)).items():
            first[source] += int(as_number(amount) or 0)
    return dict(sorted(first.items()))


def _latency(compared: Iterable[ValidatedRun]) -> dict[str, dict[str, float]]:
    figures: defaultdict[str, list[float]] = defaultdict(list)
    for run in compared:
        for path, figure in _figures({key: value for key, value in run.latency.items() if key != _FIRST}):
            figures[path].append(figure)
    return {
        path: {"runs": len(values), "median": median(values), "worst": max(values)}
        for path, values in sorted(figures.items())
    }


def _figures(latency: Mapping[str, Any], within: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Yield every number in recorded latencies, with its path."""
    for name, value in latency.items():
        path = f"{within}.{name}" if within else str(name)
        if (number := as_number(value)) is not None:
            yield path, number
        elif depth < _DEEPEST:
            yield from _figures(as_mapping(value), path, depth + 1)
