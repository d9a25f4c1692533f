"""Two recorded runs compared as a reader wants them: their events, their screenshots, and how long their phases took.

`compare` needs events alone; this needs the log that they stand in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_abandoned
from veritas.diff.compare import compare
from veritas.diff.difference import RUN, Difference, Differences, Hidden
from veritas.diff.rules import Rules
from veritas.diff.screenshots import PIXELS, Screenshot, ScreenshotPair, differences_of, hidden_by, pair_screenshots
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import TEE
from veritas.projections.audit_state import ABANDONED, AuditState
from veritas.projections.phase_state import phase_label


@dataclass(frozen=True)
class PhaseTimes:
    """One phase in two runs.

    Attributes:
        phase: Its name on the wire.
        label: What people call it.
        a: How long it took in the first run, in seconds; None where it has none, or did not end there.
        b: How long it took in the second.
    """

    phase: str
    label: str
    a: float | None
    b: float | None

    @property
    def longer(self) -> float | None:
        """By how many seconds it took longer in the second run; None where that is not known."""
        return None if self.a is None or self.b is None else self.b - self.a

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def phase_times(a: AuditState, b: AuditState) -> list[PhaseTimes]:
    """Return the phases of two runs, in the order in which they began in the first; what the second adds comes last."""
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


_STATUS = ("status",)


@dataclass(frozen=True)
class RunComparison:
    """What two runs have in common and what not.

    Attributes:
        rules: What counted.
        differences: All that differs and counts, pictures included, and what did not count.
        phases: How long each phase took in either.
        screenshots: Which screenshot is which, and how far they differ.
        unended: The runs whose end is not in the log; what is compared is what there is of them.
        torn: The runs whose own two transports differ; of each event what came first is compared.
    """

    rules: Rules
    differences: Differences
    phases: list[PhaseTimes]
    screenshots: list[ScreenshotPair]
    unended: list[str]
    torn: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values: what `Differences.as_dict` has, and beside it what its attributes are called."""
        return self.differences.as_dict() | {
            "rules": self.rules.as_dict(),
            "phases": [phase.as_dict() for phase in self.phases],
            "screenshots": [pair.as_dict() for pair in self.screenshots],
            "unended": self.unended,
            "torn": self.torn,
        }


def compare_runs(archive: Archive, a: str, b: str, rules: Rules) -> RunComparison:
    """Compare two runs of a log.

    Raises:
        store.errors.StoreError: The log cannot be read, or an attachment is not what it was.
    """
    one, other = _Reading(archive, a), _Reading(archive, b)
    differences = compare(one, other, rules)
    screenshots = list(pair_screenshots(one.screenshots, other.screenshots, rules, artifact=archive.artifact))
    return RunComparison(
        rules=rules,
        differences=_with_statuses(_with_pixels(differences, screenshots, rules), one.abandoned, other.abandoned),
        phases=phase_times(one.state, other.state),
        screenshots=screenshots,
        unended=[reading.run_id for reading in (one, other) if not reading.state.ended],
        torn=[reading.run_id for reading in (one, other) if reading.is_torn],
    )


@dataclass
class _Reading:
    """A run's events, read once, and what they come to beside what is compared of them."""

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
        made = self.state.comparison
        return made is not None and made.by == TEE and not made.equal and made.error is None

    @property
    def abandoned(self) -> bool:
        """Whether nobody will write the run's end, which its events cannot tell."""
        return not self.state.ended and is_abandoned(self.archive, self.run_id)


def _with_pixels(differences: Differences, screenshots: list[ScreenshotPair], rules: Rules) -> Differences:
    hidden = dict(differences.hidden)
    for pair in screenshots:
        if (rule := hidden_by(pair, rules)) is not None:
            known = hidden.get(rule)
            example = known.example if known else f"{pair.shown.ref.name} {PIXELS}"
            hidden[rule] = Hidden((known.count if known else 0) + 1, example)
    found = list(differences)
    for difference in differences_of(screenshots):
        found.insert(_place_of(difference, found), difference)
    return replace(differences, differences=found, hidden=dict(sorted(hidden.items())))


def _place_of(difference: Difference, among: list[Difference]) -> int:
    """Return where a difference of an event that both have belongs among those in the order of the events."""
    position = difference.a.position if difference.a else 0
    behind = (
        place
        for place, other in enumerate(among)
        if (other.a is None and other.b is None) or (other.a is not None and other.a.position > position)
    )
    return next(behind, len(among))


def _with_statuses(differences: Differences, abandoned_a: bool, abandoned_b: bool) -> Differences:
    """Return them with the status of a run that is abandoned as that, where the log calls it running."""

    a = replace(differences.a, status=ABANDONED) if abandoned_a else differences.a
    b = replace(differences.b, status=ABANDONED) if abandoned_b else differences.b

    def told(difference: Difference) -> Difference:
        if difference.event != RUN or difference.path != _STATUS:
            return difference
        return replace(difference, before=a.status, after=b.status)

    return replace(differences, a=a, b=b, differences=[told(difference) for difference in differences])
