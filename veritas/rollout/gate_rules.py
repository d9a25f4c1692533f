"""The rules of a rollout's gate: each looks at one thing, and says what follows from it.

All comparisons are by the mode that a run was given, within one stage, where the share has been the same all the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log

import numpy as np

from veritas.formatting import count, moment
from veritas.rollout.gate_input import Evidence
from veritas.rollout.metrics import Tally
from veritas.rollout.statistics import (
    boundary,
    effective_runs,
    mann_whitney_z,
    newcombe_interval,
    sample_ratio_evidence,
    wilson_interval,
)
from veritas.rollout.thresholds import Thresholds

PASS, WAIT, HOLD, CANNOT_SAY, ROLL_BACK = "pass", "wait", "hold", "cannot say", "roll back"
NOT_APPLICABLE = "not applicable"

_ALONE = "There is only one mode, and nothing to compare."
_SURE = 1_000.0  # stands for an infinite logarithm in the numbers, which JSON has not
_NONE_YET = "No audit got the queue at this stage yet."
_MOST_FORESEEN = 10_000_000  # runs; who needs more needs another margin
_DAY = 86_400.0


@dataclass(frozen=True)
class Ruling:
    """What one rule says.

    Attributes:
        rule: The rule.
        outcome: `pass`, `wait` (more audits will tell), `hold`, `cannot say`, `roll back` or `not applicable`.
        sentence: Why, for people.
        numbers: What it rests on.
        runs: The first of the runs that it blames.
    """

    rule: str
    outcome: str
    sentence: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    runs: tuple[str, ...] = ()


def rulings(evidence: Evidence, thresholds: Thresholds) -> list[Ruling]:
    """Return what every rule says, in the order in which they count."""
    judged = _Judged(evidence, thresholds)
    return [
        judged.loss(),
        judged.mismatch(),
        judged.sample_ratio(),
        judged.success(),
        judged.latency(),
        judged.fallbacks(),
        judged.unfinished(),
        judged.enough(),
        judged.held(),
    ]


class _Judged:
    def __init__(self, evidence: Evidence, thresholds: Thresholds) -> None:
        self._evidence = evidence
        self._thresholds = thresholds
        self._queue = evidence.stage.mode("queue")
        self._stdout = (evidence.before or evidence.stage).mode("stdout")
        self._where = f" at {evidence.before.name}" if evidence.before else ""
        self._share = evidence.stage.share or 0.0

    def loss(self) -> Ruling:
        """Judge the events that were lost in any run over the queue since the stage began."""
        lost, runs = self._evidence.lost, sum(mode.runs for mode in self._evidence.over_queue)
        numbers = _numbers_of(lost)
        if lost.total:
            verb = "was" if lost.total == 1 else "were"
            told = f"{count(lost.total, 'event')} {verb} lost in {count(lost.runs, 'audit')} over the queue"
            which = self._evidence.lossy
            return Ruling("loss", ROLL_BACK, told + _named(which, lost), numbers, which)
        if not lost.known:
            told = f"None of {count(runs, 'audit')} over the queue tells what it lost." if runs else _NONE_YET
            return Ruling("loss", WAIT, told, numbers)
        if 2 * lost.known < runs:
            told = f"Of {runs - lost.known:,} of {count(runs, 'audit')} over the queue it is not known what they lost."
            return Ruling("loss", WAIT, told, numbers)
        unknown = f"; of {runs - lost.known} it is not known" if runs > lost.known else ""
        told = f"No event was lost in {count(lost.known, 'audit')} over the queue{unknown}."
        return Ruling("loss", PASS, told, numbers)

    def mismatch(self) -> Ruling:
        """Judge the differences between the transports in any run over both since the stage began."""
        differing = self._evidence.differing
        numbers = _numbers_of(differing)
        if differing.total:
            told = f"{count(differing.total, 'difference')} in {count(differing.runs, 'audit')} over both transports"
            which = self._evidence.mismatched
            return Ruling("mismatch", ROLL_BACK, told + _named(which, differing), numbers, which)
        if not differing.known:
            told = "No audit over both transports was compared at this stage."
            return Ruling("mismatch", NOT_APPLICABLE, told, numbers)
        told = f"{count(differing.known, 'compared audit')} told the same over both."
        return Ruling("mismatch", PASS, told, numbers)

    def sample_ratio(self) -> Ruling:
        """Judge whether as many audits got the queue as should have."""
        share, runs, queue = self._share, self._evidence.stage.runs, self._queue.runs
        if not runs:
            return Ruling("sample ratio", CANNOT_SAY, "No audit was decided at this stage yet.")
        found, bound = sample_ratio_evidence(queue, runs, share), -log(self._thresholds.sample_ratio_alpha)
        numbers = {"queue": queue, "runs": runs, "share": share, "evidence": min(found, _SURE), "bound": bound}
        told = f"{queue:,} of {count(runs, 'audit')} got the queue: {queue / runs:.1%}, of {share:.1%} that should have"
        if found > bound:
            why = f"{told}: the draw is broken, and nothing can be compared."
            return Ruling("sample ratio", CANNOT_SAY, why, numbers)
        return Ruling("sample ratio", PASS, f"{told}.", numbers)

    def success(self) -> Ruling:
        """Judge whether audits over the queue complete as often as those over stdout."""
        rule, limits, queue, stdout = "success", self._thresholds, self._queue, self._stdout
        if self._alone:
            return Ruling(rule, NOT_APPLICABLE, _ALONE)
        counts = (queue.completed, queue.judged, stdout.completed, stdout.judged)
        if not queue.judged or not stdout.judged:
            return Ruling(rule, WAIT, "One of the modes has no audit that ended yet.")
        size = effective_runs(queue.judged, stdout.judged)
        low, _ = newcombe_interval(*counts, z=boundary(size, limits.alpha))
        _, high = newcombe_interval(*counts, z=boundary(size, limits.rollback_alpha))
        ours, theirs = queue.completed / queue.judged, stdout.completed / stdout.judged
        numbers = {"queue": ours, "stdout": theirs, "low": low, "high": high, "margin": limits.margin}
        told = f"{ours:.1%} completed over the queue and {theirs:.1%} over stdout{self._where}"
        if high < 0 and ours - theirs <= -limits.margin:
            return Ruling(rule, ROLL_BACK, f"{told}: the queue is certainly worse.", numbers)
        if low > -limits.margin:
            at_most = f"worse by {-low:.1%} at most" if low < 0 else "no worse"
            return Ruling(rule, PASS, f"{told}: {at_most}.", numbers)
        return Ruling(rule, WAIT, f"{told}: perhaps worse by {-low:.1%}{self._until_success()}.", numbers)

    def latency(self) -> Ruling:
        """Judge whether events take longer over the queue, by each run's own 95th percentile.

        Ranks tell whether those over the queue tend to be longer, which need not be so of the medians where the runs
        are of several kinds; so it is sure of either only where the medians say the same.
        """
        rule, limits = "latency", self._thresholds
        if self._alone:
            return Ruling(rule, NOT_APPLICABLE, _ALONE)
        queue, stdout = (mode.latency_p(95) for mode in (self._queue, self._stdout))
        if not queue.size or not stdout.size:
            return Ruling(rule, WAIT, "Of one of the modes no latency is known yet.")
        ours, theirs = float(np.median(queue)), float(np.median(stdout))
        allowed = max(limits.latency_tolerance * theirs, limits.latency_slack)
        z, size = mann_whitney_z(queue - allowed, stdout), effective_runs(queue.size, stdout.size)
        sure, bound = boundary(size, limits.rollback_alpha), boundary(size, limits.alpha)
        numbers = {"queue": ours, "stdout": theirs, "allowed": allowed, "z": z, "bound": bound}
        told = (
            f"The median p95 is {ours * 1000:.1f} ms over the queue and {theirs * 1000:.1f} ms over stdout{self._where}"
        )
        longer = ours - theirs > allowed
        if z > sure and longer:
            return Ruling(rule, ROLL_BACK, f"{told}: certainly longer by more than {allowed * 1000:.0f} ms.", numbers)
        if z < -bound and not longer:
            return Ruling(rule, PASS, f"{told}: longer by {allowed * 1000:.0f} ms at most.", numbers)
        if z > sure or z < -bound:
            return Ruling(rule, WAIT, f"{told}, but the ranks of the single audits say otherwise.", numbers)
        return Ruling(rule, WAIT, f"{told}, of {queue.size:,} and {stdout.size:,} audits; more will tell.", numbers)

    def fallbacks(self) -> Ruling:
        """Judge how many audits that were given the queue had to go on over stdout."""
        limit, runs, fell_back = self._thresholds.fallback_limit, self._queue.runs, self._queue.fell_back
        low, high = wilson_interval(fell_back, runs, z=boundary(runs, self._thresholds.alpha))
        numbers = {"fell_back": fell_back, "runs": runs, "low": low, "high": high, "limit": limit}
        if not runs:
            return Ruling("fallbacks", WAIT, _NONE_YET, numbers)
        told = f"{fell_back:,} of {count(runs, 'audit')} fell back to stdout"
        if low > limit:
            return Ruling("fallbacks", HOLD, f"{told}, certainly more than {100 * limit:.4g}% of them.", numbers)
        if high > limit:
            return Ruling("fallbacks", WAIT, f"{told}, perhaps {high:.1%} of them; more will tell.", numbers)
        return Ruling("fallbacks", PASS, f"{told}, {high:.1%} of them at most.", numbers)

    def unfinished(self) -> Ruling:
        """Judge whether more audits over the queue than over stdout are cut off: they neither complete nor fail."""
        rule, queue, stdout = "unfinished", self._queue, self._stdout
        if self._alone or not queue.runs or not stdout.runs:
            return Ruling(rule, NOT_APPLICABLE, _ALONE)
        ours, theirs = queue.runs - queue.judged, stdout.runs - stdout.judged
        z = boundary(effective_runs(queue.runs, stdout.runs), self._thresholds.alpha)
        low, high = newcombe_interval(ours, queue.runs, theirs, stdout.runs, z=z)
        numbers = {"queue": ours / queue.runs, "stdout": theirs / stdout.runs, "low": low, "high": high}
        told = (
            f"{ours:,} of {count(queue.runs, 'audit')} over the queue and {theirs:,} of {stdout.runs:,} over stdout"
            f"{self._where} were interrupted or have no end"
        )
        if low > 0:
            return Ruling(rule, HOLD, f"{told}: certainly more.", numbers)
        return Ruling(rule, PASS, f"{told}.", numbers)

    def enough(self) -> Ruling:
        """Judge whether there are audits enough to leave the stage."""
        needed, share = ceil(self._thresholds.minimum), self._share
        stage = self._evidence.stage
        wanted = [(stage.mode(mode), part) for mode, part in (("queue", share), ("stdout", 1 - share)) if part > 0]
        fewest, part = min(wanted, key=lambda each: each[0].judged)
        numbers = {mode: stage.mode(mode).judged for mode in ("queue", "stdout")} | {"minimum": needed}
        if fewest.judged >= needed:
            return Ruling("enough data", PASS, f"Each mode has {count(needed, 'audit')} or more that ended.", numbers)
        over = "the queue" if fewest.mode == "queue" else "stdout"
        told = f"{count(fewest.judged, 'audit')} over {over} ended, of {needed:,} that are needed"
        return Ruling("enough data", WAIT, f"{told}{self._forecast(ceil((needed - fewest.judged) / part))}.", numbers)

    def held(self) -> Ruling:
        """Judge whether somebody wants the stage to stay."""
        if (held := self._evidence.held) is None:
            return Ruling("held", PASS, "Nobody holds the rollout.")
        told = f"{held.said.by} holds it since {moment(held.at)} ({held.said.reason})"
        return Ruling("held", HOLD, f"{told}; `veritas rollout hold --release` ends that.")

    @property
    def _alone(self) -> bool:
        """Whether there is nothing to compare the queue with, at this stage or before it."""
        return not 0 < self._share < 1 and self._evidence.before is None

    def _until_success(self) -> str:
        """Say how many more audits would prove the queue no worse, if they go on as they did."""
        few, many = 0, 1
        while not self._would_pass(many):
            few, many = many, 2 * many
            if many > _MOST_FORESEEN:
                return "; at these rates more audits will not show that it is not"
        while many - few > max(1, many // 100):
            middle = (few + many) // 2
            few, many = (few, middle) if self._would_pass(middle) else (middle, many)
        return self._forecast(many)

    def _would_pass(self, more: int) -> bool:
        """Tell whether so many more audits, completed as often as those so far, would prove the queue no worse."""
        queue, stdout = self._queue, self._stdout
        one, other = round(queue.judged + more * self._share), round(stdout.judged + more * (1 - self._share))
        done, other_done = round(queue.completed / queue.judged * one), round(stdout.completed / stdout.judged * other)
        z = boundary(effective_runs(one, other), self._thresholds.alpha)
        return newcombe_interval(done, one, other_done, other, z=z)[0] > -self._thresholds.margin

    def _forecast(self, more: int) -> str:
        """Say that so many more audits of this stage are needed, and when they will be there at its pace."""
        stage, now = self._evidence.stage, self._evidence.at
        needed = f"; about {count(more, 'more audit')} will tell" if more > 0 else ""
        if not needed or stage.began_at is None or not stage.runs or now <= stage.began_at:
            return needed
        at = now + more * (now - stage.began_at) / stage.runs
        days = (at - now) / _DAY
        when = moment(at, "minutes") if days < 3650 else None
        return f"{needed}, by {when} at this pace" if when else needed


def _numbers_of(told: Tally) -> dict[str, float | None]:
    return {"total": told.total, "runs": told.runs, "known": told.known}


def _named(runs: tuple[str, ...], told: Tally) -> str:
    """Return the end of a sentence that names the first of the runs that it tells of."""
    more = f" and {told.runs - len(runs):,} more" if told.runs > len(runs) else ""
    return f": {', '.join(runs)}{more}." if runs else "."
