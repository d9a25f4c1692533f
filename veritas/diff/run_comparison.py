"""The comparison of two runs in a log: their events, their screenshots, and the durations of their phases.

`veritas.diff.compare` needs only the events; this needs the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.diff.compare import compare
from veritas.diff.difference import RUN, Difference, Differences, Hidden
from veritas.diff.rules import Rules
from veritas.diff.screenshots import (
    PIXELS,
    Screenshot,
    ScreenshotPair,
    hiding_rule,
    pair_screenshots,
    pixel_differences,
)
from veritas.diff.summary import Summary, summarize
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ABANDONED, TEE
from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import phase_label

_STATUS = ("status",)


@dataclass(frozen=True)
class PhaseTimes:
    """The durations of one phase in two runs.

    Attributes:
        phase: Its name on the wire.
        label: Its name for people.
        a: Its duration in the first run, in seconds; None if the run does not have it, or did not end it.
        b: Its duration in the second.
    """

    phase: str
    label: str
    a: float | None
    b: float | None

    @property
    def longer(self) -> float | None:
        """By how many seconds it took longer in the second run; None if that is not known."""
        return None if self.a is None or self.b is None else self.b - self.a

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class RunComparison:
    """The result of comparing two runs of a log.

    Attributes:
        rules: The rules of the comparison.
        differences: The differences that count, those between screenshots included, and those that are hidden.
        summary: The findings, security and third parties of both.
        phases: The durations of each phase.
        screenshots: The pairs of screenshots, and their differences.
        unended: The runs whose end is not in the log; only the events recorded so far are compared.
        torn: The runs whose own two transports differ; for each event the first delivery is compared.
    """

    rules: Rules
    differences: Differences
    summary: Summary
    phases: list[PhaseTimes]
    screenshots: list[ScreenshotPair]
    unended: list[str]
    torn: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values: those of `Differences.as_dict`, and the other attributes by name."""
        return self.differences.as_dict() | {
            "summary": self.summary.as_dict(),
            "rules": self.rules.as_dict(),
            "phases": [phase.as_dict() for phase in self.phases],
            "screenshots": [pair.as_dict() for pair in self.screenshots],
            "unended": self.unended,
            "torn": self.torn,
        }


def compare_runs(archive: Archive, a: str, b: str, rules: Rules) -> RunComparison:
    """Compare two runs of a log.

    Raises:
        store.errors.StoreError: The log cannot be read, or an attachment was changed.
    """
    first, second = _RunReader(archive, a), _RunReader(archive, b)
    differences = compare(first, second, rules)
    screenshots = list(pair_screenshots(first.screenshots, second.screenshots, rules, artifact=archive.artifact))
    differences = _with_pixels(differences, screenshots, rules)
    return RunComparison(
        rules=rules,
        differences=_with_statuses(differences, first.is_orphaned, second.is_orphaned),
        summary=summarize(first.state, second.state, rules),
        phases=phase_times(first.state, second.state),
        screenshots=screenshots,
        unended=[run.run_id for run in (first, second) if not run.state.ended],
        torn=[run.run_id for run in (first, second) if run.is_torn],
    )


def phase_times(a: AuditState, b: AuditState) -> list[PhaseTimes]:
    """Return the phases of two runs, in the order in which they began in the first; those only in the second last."""
    of_a, of_b = ({phase.name: phase for phase in state.ordered_phases()} for state in (a, b))
    return [
        PhaseTimes(
            name,
            phase_label(name),
            of_a[name].duration if name in of_a else None,
            of_b[name].duration if name in of_b else None,
        )
        for name in dict.fromkeys([*of_a, *of_b])
    ]


@dataclass
class _RunReader:
    """Reads a run's events once, and collects its state and screenshots meanwhile."""

    archive: Archive
    run_id: str
    state: AuditState = field(default_factory=AuditState)
    screenshots: list[Screenshot] = field(default_factory=list)

    def __iter__(self) -> Iterator[RecordedEvent]:
        for recorded in self.archive.events(self.run_id):
            first = self.state.apply(recorded)
            if first and (screenshot := Screenshot.of(recorded)) is not None:
                self.screenshots.append(screenshot)
            yield recorded

    @property
    def is_torn(self) -> bool:
        """Whether its two transports were compared, and differ."""
        comparison = self.state.comparison
        return comparison is not None and comparison.by == TEE and not comparison.equal and comparison.error is None

    @property
    def is_orphaned(self) -> bool:
        """Whether the run was abandoned, which no event records."""
        return not self.state.ended and is_orphaned(self.archive, self.run_id)


def _with_pixels(differences: Differences, screenshots: list[ScreenshotPair], rules: Rules) -> Differences:
    hidden = dict(differences.hidden)
    for pair in screenshots:
        if (rule := hiding_rule(pair, rules)) is not None:
            so_far = hidden.get(rule)
            example = so_far.example if so_far else f"{pair.screenshot.ref.name} {PIXELS}"
            hidden[rule] = Hidden((so_far.count if so_far else 0) + 1, example)
    merged = list(differences)
    for difference in pixel_differences(screenshots):
        merged.insert(_insertion_index(difference, merged), difference)
    return replace(differences, differences=merged, hidden=dict(sorted(hidden.items())))


def _insertion_index(difference: Difference, among: list[Difference]) -> int:
    """Return where to insert a difference of an event that both runs have, to keep the order of the events."""
    position = difference.a.position if difference.a else 0
    later = (
        index
        for index, other in enumerate(among)
        if (other.a is None and other.b is None) or (other.a is not None and other.a.position > position)
    )
    return next(later, len(among))


def _with_statuses(differences: Differences, abandoned_a: bool, abandoned_b: bool) -> Differences:
    """Replace the status of an abandoned run, which is running according to its events, with "abandoned"."""

    a = replace(differences.a, status=ABANDONED) if abandoned_a else differences.a
    b = replace(differences.b, status=ABANDONED) if abandoned_b else differences.b

    def with_status(difference: Difference) -> Difference:
        if difference.event != RUN or difference.path != _STATUS:
            return difference
        return replace(difference, before=a.status, after=b.status)

    return replace(differences, a=a, b=b, differences=[with_status(difference) for difference in differences])
