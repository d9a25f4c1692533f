"""The rules of a rollout's gate: each judges one property of the audits.

All comparisons are by the mode that a run was given, and within one stage, where the share does not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log

import numpy as np

from veritas.formatting import count, utc_time
from veritas.rollout.gate_input import GateInput
from veritas.rollout.metrics import Tally
from veritas.rollout.statistics import (
    confidence_sequence_bound,
    effective_runs,
    mann_whitney_z,
    newcombe_interval,
    sample_ratio_evidence,
    wilson_interval,
)
from veritas.rollout.thresholds import Thresholds

PASS, WAIT, HOLD, CANNOT_SAY, ROLL_BACK = "pass", "wait", "hold", "cannot say", "roll back"
NOT_APPLICABLE = "not applicable"
OUTCOMES = (PASS, WAIT, HOLD, CANNOT_SAY, ROLL_BACK, NOT_APPLICABLE)
LIMITS = frozenset(("allowed", "bound", "limit", "margin", "minimum"))  # the numbers that others are compared with

_ONE_MODE = "There is only one mode, and nothing to compare."
_CERTAIN = 1_000.0  # replaces an infinite logarithm in the numbers, which JSON cannot express
_NONE_YET = "No audit got the queue at this stage yet."
_LONGEST_FORECAST = 10_000_000  # runs; if more are needed, the margin has to be changed
_DAY = 86_400.0


@dataclass(frozen=True)
class Ruling:
    """The result of one rule.

    Attributes:
        rule: The rule.
        outcome: `pass`, `wait` (more audits are needed), `hold`, `cannot say`, `roll back` or `not applicable`.
        sentence: The reason, for people.
        numbers: The numbers that it is based on.
        runs: The first of the runs that caused it.
    """

    rule: str
    outcome: str
    sentence: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    runs: tuple[str, ...] = ()


def rulings(input: GateInput, thresholds: Thresholds) -> list[Ruling]:
    """Return the ruling of every rule, in order of precedence."""
    rules = _Rules(input, thresholds)
    return [
        rules.loss(),
        rules.mismatch(),
        rules.sample_ratio(),
        rules.success(),
        rules.latency(),
        rules.fallbacks(),
        rules.unfinished(),
        rules.enough(),
        rules.held(),
    ]


class _Rules:
    def __init__(self, input: GateInput, thresholds: Thresholds) -> None:
        self._input = input
        self._thresholds = thresholds
        self._queue = input.stage.mode("queue")
        self._stdout = (input.before or input.stage).mode("stdout")
        self._where = f" at {input.before.name}" if input.before else ""
        self._share = input.stage.share or 0.0

    def loss(self) -> Ruling:
        """Judge the events that were lost in any run over the queue since the stage began."""
        lost, runs = self._input.lost, sum(mode.runs for mode in self._input.over_queue)
        numbers = _numbers_of(lost)
        if lost.total:
            verb = "was" if lost.total == 1 else "were"
            sentence = f"{count(lost.total, 'event')} {verb} lost in {count(lost.runs, 'audit')} over the queue"
            lossy = self._input.lossy
            return Ruling("loss", ROLL_BACK, sentence + _naming(lossy, lost), numbers, lossy)
        if not lost.known:
            sentence = f"The losses are not known for any of {count(runs, 'audit')} over the queue."
            return Ruling("loss", WAIT, sentence if runs else _NONE_YET, numbers)
        if 2 * lost.known < runs:
            sentence = f"The losses of {runs - lost.known:,} of {count(runs, 'audit')} over the queue are not known."
            return Ruling("loss", WAIT, sentence, numbers)
        unknown = f"; the losses of {runs - lost.known:,} more are not known" if runs > lost.known else ""
        sentence = f"No event was lost in {count(lost.known, 'audit')} over the queue{unknown}."
        return Ruling("loss", PASS, sentence, numbers)

    def mismatch(self) -> Ruling:
        """Judge the differences between the transports in any run over both since the stage began."""
        differing = self._input.differing
        numbers = _numbers_of(differing)
        if differing.total:
            differences, audits = count(differing.total, "difference"), count(differing.runs, "audit")
            sentence = f"{differences} in {audits} over both transports"
            mismatched = self._input.mismatched
            return Ruling("mismatch", ROLL_BACK, sentence + _naming(mismatched, differing), numbers, mismatched)
        if not differing.known:
            sentence = "No audit over both transports was compared at this stage."
            return Ruling("mismatch", NOT_APPLICABLE, sentence, numbers)
        sentence = f"Both transports delivered the same in {count(differing.known, 'compared audit')}."
        return Ruling("mismatch", PASS, sentence, numbers)

    def sample_ratio(self) -> Ruling:
        """Judge whether as many audits got the queue as should have."""
        share, runs, queue = self._share, self._input.stage.runs, self._queue.runs
        if not runs:
            return Ruling("sample ratio", CANNOT_SAY, "No audit was decided at this stage yet.")
        evidence, bound = sample_ratio_evidence(queue, runs, share), -log(self._thresholds.sample_ratio_alpha)
        numbers = {"queue": queue, "runs": runs, "share": share, "evidence": min(evidence, _CERTAIN), "bound": bound}
        sentence = f"{queue:,} of {count(runs, 'audit')} got the queue: {queue / runs:.1%} instead of {share:.1%}"
        if evidence > bound:
            sentence += ": the draw is broken, and nothing can be compared"
            return Ruling("sample ratio", CANNOT_SAY, f"{sentence}.", numbers)
        return Ruling("sample ratio", PASS, f"{sentence}.", numbers)

    def success(self) -> Ruling:
        """Judge whether audits over the queue complete as often as those over stdout."""
        rule, limits, queue, stdout = "success", self._thresholds, self._queue, self._stdout
        if self._has_one_mode:
            return Ruling(rule, NOT_APPLICABLE, _ONE_MODE)
        counts = (queue.completed, queue.judged, stdout.completed, stdout.judged)
        if not queue.judged or not stdout.judged:
            return Ruling(rule, WAIT, "No audit of one of the modes has ended yet.")
        size = effective_runs(queue.judged, stdout.judged)
        low, _ = newcombe_interval(*counts, z=confidence_sequence_bound(size, limits.alpha))
        _, high = newcombe_interval(*counts, z=confidence_sequence_bound(size, limits.rollback_alpha))
        ours, theirs = queue.completed / queue.judged, stdout.completed / stdout.judged
        numbers = {"queue": ours, "stdout": theirs, "low": low, "high": high, "margin": limits.margin}
        rates = f"{ours:.1%} completed over the queue and {theirs:.1%} over stdout{self._where}"
        if high < 0 and ours - theirs <= -limits.margin:
            return Ruling(rule, ROLL_BACK, f"{rates}: the queue is certainly worse.", numbers)
        if low > -limits.margin:
            at_most = f"at most {-low:.1%} worse" if low < 0 else "not worse"
            return Ruling(rule, PASS, f"{rates}: {at_most}.", numbers)
        return Ruling(rule, WAIT, f"{rates}: the queue may be up to {-low:.1%} worse{self._until_success()}.", numbers)

    def latency(self) -> Ruling:
        """Judge whether events take longer over the queue, by each run's own 95th percentile.

        The test of ranks shows whether latencies over the queue tend to be longer. With several kinds of runs the
        medians may show the opposite, so the rule decides only if ranks and medians agree.
        """
        rule, limits = "latency", self._thresholds
        if self._has_one_mode:
            return Ruling(rule, NOT_APPLICABLE, _ONE_MODE)
        queue, stdout = (mode.latency_p(95) for mode in (self._queue, self._stdout))
        if not queue.size or not stdout.size:
            return Ruling(rule, WAIT, "No latency of one of the modes is known yet.")
        ours, theirs = float(np.median(queue)), float(np.median(stdout))
        allowed = max(limits.latency_tolerance * theirs, limits.latency_slack)
        z, size = mann_whitney_z(queue - allowed, stdout), effective_runs(queue.size, stdout.size)
        certain = confidence_sequence_bound(size, limits.rollback_alpha)
        bound = confidence_sequence_bound(size, limits.alpha)
        numbers = {"queue": ours, "stdout": theirs, "allowed": allowed, "z": z, "bound": bound}
        medians = (
            f"The median p95 is {ours * 1000:.1f} ms over the queue and {theirs * 1000:.1f} ms over stdout{self._where}"
        )
        longer = ours - theirs > allowed
        if z > certain and longer:
            sentence = f"{medians}: certainly more than {allowed * 1000:.0f} ms longer."
            return Ruling(rule, ROLL_BACK, sentence, numbers)
        if z < -bound and not longer:
            return Ruling(rule, PASS, f"{medians}: at most {allowed * 1000:.0f} ms longer.", numbers)
        if z > certain or z < -bound:
            return Ruling(rule, WAIT, f"{medians}, but the ranks of the audits show the opposite.", numbers)
        sizes = f"in {queue.size:,} and {stdout.size:,} audits"
        return Ruling(rule, WAIT, f"{medians}, {sizes}; more audits are needed.", numbers)

    def fallbacks(self) -> Ruling:
        """Judge how many audits that were given the queue fell back to stdout."""
        limit, runs, fell_back = self._thresholds.fallback_limit, self._queue.runs, self._queue.fell_back
        low, high = wilson_interval(fell_back, runs, z=confidence_sequence_bound(runs, self._thresholds.alpha))
        numbers = {"fell_back": fell_back, "runs": runs, "low": low, "high": high, "limit": limit}
        if not runs:
            return Ruling("fallbacks", WAIT, _NONE_YET, numbers)
        number = f"{fell_back:,} of {count(runs, 'audit')} fell back to stdout"
        if low > limit:
            return Ruling("fallbacks", HOLD, f"{number}, certainly more than {100 * limit:.4g}%.", numbers)
        if high > limit:
            sentence = f"{number}; the true share may be up to {high:.1%}, so more audits are needed."
            return Ruling("fallbacks", WAIT, sentence, numbers)
        return Ruling("fallbacks", PASS, f"{number}, at most {high:.1%}.", numbers)

    def unfinished(self) -> Ruling:
        """Judge whether more audits over the queue than over stdout neither complete nor fail."""
        rule, queue, stdout = "unfinished", self._queue, self._stdout
        if self._has_one_mode or not queue.runs or not stdout.runs:
            return Ruling(rule, NOT_APPLICABLE, _ONE_MODE)
        ours, theirs = queue.runs - queue.judged, stdout.runs - stdout.judged
        z = confidence_sequence_bound(effective_runs(queue.runs, stdout.runs), self._thresholds.alpha)
        low, high = newcombe_interval(ours, queue.runs, theirs, stdout.runs, z=z)
        numbers = {"queue": ours / queue.runs, "stdout": theirs / stdout.runs, "low": low, "high": high}
        numbers["limit"] = 0
        sentence = (
            f"{ours:,} of {count(queue.runs, 'audit')} over the queue and {theirs:,} of {stdout.runs:,} over stdout"
            f"{self._where} were interrupted or have no end"
        )
        if low > 0:
            return Ruling(rule, HOLD, f"{sentence}: certainly more over the queue.", numbers)
        return Ruling(rule, PASS, f"{sentence}.", numbers)

    def enough(self) -> Ruling:
        """Judge whether there are enough audits to leave the stage."""
        needed, share = ceil(self._thresholds.minimum), self._share
        stage = self._input.stage
        wanted = [(stage.mode(mode), part) for mode, part in (("queue", share), ("stdout", 1 - share)) if part > 0]
        fewest, part = min(wanted, key=lambda each: each[0].judged)
        numbers = {mode: stage.mode(mode).judged for mode in ("queue", "stdout")} | {"minimum": needed}
        if fewest.judged >= needed:
            return Ruling("enough data", PASS, f"At least {count(needed, 'audit')} of each mode ended.", numbers)
        over = "the queue" if fewest.mode == "queue" else "stdout"
        sentence = f"{count(fewest.judged, 'audit')} over {over} ended, of {needed:,} that are needed"
        forecast = self._forecast(ceil((needed - fewest.judged) / part))
        return Ruling("enough data", WAIT, f"{sentence}{forecast}.", numbers)

    def held(self) -> Ruling:
        """Judge whether the rollout is held by hand."""
        if (held := self._input.held) is None:
            return Ruling("held", PASS, "The rollout is not held.")
        sentence = f"Held by {held.event.by} since {utc_time(held.at)} ({held.event.reason})"
        return Ruling("held", HOLD, f"{sentence}; `veritas rollout hold --release` releases it.")

    @property
    def _has_one_mode(self) -> bool:
        """Whether there is nothing to compare the queue with, at this stage or before it."""
        return not 0 < self._share < 1 and self._input.before is None

    def _until_success(self) -> str:
        """Return how many more audits would prove that the queue is not worse, if the rates stay the same."""
        few, many = 0, 1
        while not self._would_pass(many):
            few, many = many, 2 * many
            if many > _LONGEST_FORECAST:
                return "; at these rates more audits will not prove that it is not"
        while many - few > max(1, many // 100):
            middle = (few + many) // 2
            few, many = (few, middle) if self._would_pass(middle) else (middle, many)
        return self._forecast(many)

    def _would_pass(self, more: int) -> bool:
        """Return whether *more* audits with the same rates would prove that the queue is not worse."""
        queue, stdout = self._queue, self._stdout
        one, other = round(queue.judged + more * self._share), round(stdout.judged + more * (1 - self._share))
        done, other_done = round(queue.completed / queue.judged * one), round(stdout.completed / stdout.judged * other)
        z = confidence_sequence_bound(effective_runs(one, other), self._thresholds.alpha)
        return newcombe_interval(done, one, other_done, other, z=z)[0] > -self._thresholds.margin

    def _forecast(self, more: int) -> str:
        """Return a phrase on how many more audits of this stage are needed, and when it will have them."""
        stage, now = self._input.stage, self._input.at
        needed = f"; about {count(more, 'more audit')} {'is' if more == 1 else 'are'} needed" if more > 0 else ""
        if not needed or stage.began_at is None or not stage.runs or now <= stage.began_at:
            return needed
        at = now + more * (now - stage.began_at) / stage.runs
        days = (at - now) / _DAY
        when = utc_time(at, "minutes") if days < 3650 else None
        return f"{needed}, by {when} at this pace" if when else needed


def _numbers_of(tally: Tally) -> dict[str, float | None]:
    return {"total": tally.total if tally.known else None, "runs": tally.runs, "known": tally.known, "limit": 0}


def _naming(runs: tuple[str, ...], tally: Tally) -> str:
    """Return the end of a sentence: the first of the runs that it is about, and how many more there are."""
    more = f" and {tally.runs - len(runs):,} more" if tally.runs > len(runs) else ""
    return f": {', '.join(runs)}{more}." if runs else "."
