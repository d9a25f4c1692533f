"""The gate's statistics are the published ones, and its decisions follow from the numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.errors import UsageError
from veritas.events.recorder_events import RolloutChanged
from veritas.rollout import gate_rules
from veritas.rollout.gate import judge
from veritas.rollout.gate_input import GateInput
from veritas.rollout.history import Change
from veritas.rollout.metrics import ModeMetrics, Population, Tally
from veritas.rollout.plan import Stage
from veritas.rollout.statistics import confidence_sequence_bound, effective_runs, mann_whitney_z
from veritas.rollout.thresholds import Thresholds

DAY = 86_400.0
values = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 7.25]), min_size=2, max_size=40)


def mode(
    name: str, completed: int, failed: int = 0, *, latency: Any = None, lost: int = 0, fell_back: int = 0, **more: Any
) -> ModeMetrics:
    runs = completed + failed
    return ModeMetrics(
        name,
        statuses={"completed": completed, "failed": failed},
        fallbacks={"broke": fell_back} if fell_back else {},
        lost=Tally(lost, min(lost, 1), runs),
        latency={95: np.full(runs, 0.005) if latency is None else np.asarray(latency)},
        **more,
    )


def gate_input(
    *modes: ModeMetrics, share: float = 0.5, last: bool = False, others: tuple[Population, ...] = ()
) -> GateInput:
    stage = Population("half", True, share, 0.0, None, {one.mode: one for one in modes})
    return GateInput("queue-ipc", stage, None if last else Stage("all", 1.0), others, 10 * DAY)


def decided(subject: GateInput, *settings: str) -> tuple[str, dict[str, str]]:
    verdict = judge(subject, Thresholds.parse(settings))
    return verdict.decision, {ruling.rule: ruling.outcome for ruling in verdict.rulings}


@given(values, values)
def test_mann_whitney_agrees_with_scipy(one: list[float], other: list[float]) -> None:
    """With ties, of which these values have many."""
    from scipy.stats import mannwhitneyu, norm  # half a second to import, and most workers do not need it

    z = mann_whitney_z(np.array(one), np.array(other))
    if len({*one, *other}) == 1:
        assert z == 0
        return
    theirs = mannwhitneyu(one, other, alternative="greater", method="asymptotic", use_continuity=False)
    assert norm.sf(z) == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-12)


def test_the_bound_is_exceeded_by_chance_as_rarely_as_stated() -> None:
    """By a sum of coin tosses that is looked at after every toss, in at most 5% of the walks."""
    walks, steps = 2_000, 3_000
    tosses = np.random.default_rng(7).choice([-1.0, 1.0], size=(walks, steps))
    z = tosses.cumsum(axis=1) / np.sqrt(np.arange(1, steps + 1))
    bounds = np.array([confidence_sequence_bound(runs, 0.05) for runs in range(1, steps + 1)])
    passed = (z > bounds).any(axis=1).mean()
    assert 0.005 < passed <= 0.05
    assert (z > NormalDist().inv_cdf(0.95)).any(axis=1).mean() > 0.3  # every third walk exceeds a fixed limit


def test_without_runs_the_bound_is_infinite() -> None:
    assert (effective_runs(0, 9), effective_runs(10, 10)) == (0.0, 5.0)
    assert confidence_sequence_bound(0, 0.05) == np.inf


def test_two_equal_modes_advance_with_enough_audits() -> None:
    assert decided(gate_input(mode("queue", 970, 30), mode("stdout", 970, 30)))[0] == "advance"
    few, outcomes = decided(gate_input(mode("queue", 20), mode("stdout", 20)))
    assert (few, outcomes["enough data"], outcomes["success"]) == ("hold", "wait", "wait")


def test_it_forecasts_how_many_more_audits_are_needed_and_when() -> None:
    verdict = judge(gate_input(mode("queue", 20), mode("stdout", 30)), Thresholds())
    (enough,) = (ruling.sentence for ruling in verdict.rulings if ruling.rule == "enough data")
    # at a share of a half, 30 more over the queue are 60 more audits; there were 50 in ten days
    assert enough == (
        "20 audits over the queue ended, of 50 that are needed; about 60 more audits are needed, by 1970-01-23 00:00Z"
        " at this pace."
    )
    assert verdict.reason == "Not proved yet: success, fallbacks, enough data."


@pytest.mark.parametrize("of", ["stage", "others"])
@pytest.mark.parametrize("name", ["queue", "validate"])
def test_a_single_lost_event_rolls_back(of: str, name: str) -> None:
    """In any run over the queue since the stage began."""
    lossy = mode(name, 5, lost=1)
    whole = gate_input(mode("queue", 970, 30), mode("stdout", 970, 30))
    if of == "others":
        subject = replace(whole, others=(Population("--queue", False, None, None, None, {name: lossy}),))
    else:
        subject = gate_input(lossy, mode("stdout", 5))
    decision, outcomes = decided(subject)
    assert (decision, outcomes["loss"]) == ("roll back", "roll back")


def test_losses_over_stdout_do_not_count_against_the_queue() -> None:
    assert decided(gate_input(mode("queue", 970, 30), mode("stdout", 970, 30, lost=4)))[0] == "advance"


def test_a_mismatch_rolls_back() -> None:
    compared = mode("validate", 5, mismatched=Tally(2, 1, 5))
    others = (Population("--validate-ipc", False, None, None, None, {"validate": compared}),)
    decision, outcomes = decided(gate_input(mode("queue", 970, 30), mode("stdout", 970, 30), others=others))
    assert (decision, outcomes["mismatch"]) == ("roll back", "roll back")


def test_unknown_losses_do_not_pass() -> None:
    unknown = replace(mode("queue", 970, 30), lost=Tally())
    decision, outcomes = decided(gate_input(unknown, mode("stdout", 970, 30)))
    assert (decision, outcomes["loss"]) == ("hold", "wait")


def test_a_queue_on_which_audits_fail_is_rolled_back() -> None:
    decision, outcomes = decided(gate_input(mode("queue", 800, 200), mode("stdout", 970, 30)))
    assert (decision, outcomes["success"]) == ("roll back", "roll back")


def test_a_slow_queue_is_rolled_back_and_a_tolerable_one_is_not() -> None:
    draw = np.random.default_rng(7)
    fast = draw.lognormal(-5, 0.5, 1000)
    slow = fast + 0.2
    stdout = mode("stdout", 970, 30, latency=fast)
    assert decided(gate_input(mode("queue", 970, 30, latency=slow), stdout))[1]["latency"] == "roll back"
    assert decided(gate_input(mode("queue", 970, 30, latency=fast + 0.01), stdout))[1]["latency"] == "pass"
    assert decided(gate_input(mode("queue", 970, 30, latency=slow), stdout), "latency_slack=1")[0] == "advance"


def test_with_a_broken_draw_the_gate_cannot_say() -> None:
    decision, outcomes = decided(gate_input(mode("queue", 100), mode("stdout", 900)))
    assert (decision, outcomes["sample ratio"]) == ("cannot say", "cannot say")


@pytest.mark.parametrize(("fell_back", "outcome"), [(200, "hold"), (50, "wait"), (10, "pass")])
def test_it_advances_only_if_fallbacks_are_certainly_few(fell_back: int, outcome: str) -> None:
    """Of a thousand audits, a twentieth may fall back."""
    decision, outcomes = decided(gate_input(mode("queue", 970, 30, fell_back=fell_back), mode("stdout", 970, 30)))
    assert (decision, outcomes["fallbacks"]) == ("advance" if outcome == "pass" else "hold", outcome)


@pytest.mark.parametrize("status", ["running", "requested", "interrupted"])
def test_more_unfinished_audits_over_the_queue_hold_the_rollout(status: str) -> None:
    """An audit that is killed or hangs does not count as failed."""
    cut = replace(mode("queue", 970), statuses={"completed": 970, status: 100})
    decision, outcomes = decided(gate_input(cut, mode("stdout", 1_000)))
    assert (decision, outcomes["unfinished"]) == ("hold", "hold")
    both = replace(mode("stdout", 1_000), statuses={"completed": 1_000, status: 100})
    assert decided(gate_input(cut, both))[1]["unfinished"] == "pass"


def test_a_hold_by_hand_prevents_advancing_but_not_rolling_back() -> None:
    event = RolloutChanged("queue-ipc", "hold", "half", 0.5, [], "jane", "a release is due", None, {})
    good = replace(gate_input(mode("queue", 970, 30), mode("stdout", 970, 30)), held=Change(7, 0.0, event))
    verdict = judge(good, Thresholds())
    assert verdict.decision == "hold"
    assert verdict.reason.startswith(
        "Held by jane since 1970-01-01 00:00:00Z (a release is due); `veritas rollout hold --rel"
    )
    bad = replace(gate_input(mode("queue", 970, 30, lost=1), mode("stdout", 970, 30)), held=good.held)
    assert judge(bad, Thresholds()).decision == "roll back"


def test_mostly_unknown_losses_do_not_pass() -> None:
    few = replace(mode("queue", 970, 30), lost=Tally(0, 0, 400))
    assert decided(gate_input(few, mode("stdout", 970, 30)))[1]["loss"] == "wait"


def test_if_ranks_and_medians_disagree_latency_is_not_decided() -> None:
    """The audits are of two kinds, and the queue's fewer slow ones are slower by far, or faster."""
    stdout = mode("stdout", 1_000, latency=[0.01] * 490 + [0.1] * 510)
    low = mode("queue", 1_000, latency=[0.06] * 510 + [0.5] * 490)
    assert decided(gate_input(low, stdout))[1]["latency"] == "wait"
    high = mode("queue", 1_000, latency=[0.001] * 490 + [0.2] * 510)
    assert decided(gate_input(high, mode("stdout", 1_000, latency=[0.1] * 1_000)))[1]["latency"] == "wait"


def test_at_the_last_stage_only_the_queue_itself_is_judged() -> None:
    decision, outcomes = decided(gate_input(mode("queue", 100), share=1.0, last=True))
    assert (decision, outcomes["success"], outcomes["latency"]) == ("hold", "not applicable", "not applicable")
    assert decided(gate_input(mode("queue", 100, lost=1), share=1.0, last=True))[0] == "roll back"


def test_at_100_percent_the_queue_is_compared_with_earlier_stdout_audits() -> None:
    """With those of the last stage that had both modes."""
    before = gate_input(mode("queue", 970, 30), mode("stdout", 970, 30)).stage
    for queue, decision, outcome in (
        (mode("queue", 0, 1_000), "roll back", "roll back"),
        (mode("queue", 970, 30), "hold", "pass"),
    ):
        subject = replace(gate_input(queue, share=1.0, last=True), before=before)
        assert (decided(subject)[0], decided(subject)[1]["success"]) == (decision, outcome)
    slow = replace(gate_input(mode("queue", 1_000, latency=[0.5] * 1_000), share=1.0, last=True), before=before)
    assert decided(slow)[1]["latency"] == "roll back"
    waiting = replace(gate_input(mode("queue", 9, 1), share=1.0, last=True), before=before)
    (success,) = (each for each in judge(waiting, Thresholds()).rulings if each.rule == "success")
    assert "over stdout at half" in success.sentence


def test_without_audits_the_gate_cannot_say() -> None:
    assert decided(gate_input())[0] == "cannot say"


def rolled_back_at_the_edge() -> dict[str, float]:
    """Return the share of the worlds in which a rule ever rolls back, though the queue is only as bad as allowed.

    The rules are evaluated after every forty of 1,000 audits, and may roll back by chance in 5% of the worlds.
    """
    limits = Thresholds(margin=0.0001, latency_tolerance=0.0, latency_slack=0.01, rollback_alpha=0.05)
    subject = Counter[str]()
    for world in range(40):
        draw = np.random.default_rng(world)
        given, ok = draw.random(1_000) < 0.5, draw.random(1_000) < 0.5
        delays = draw.lognormal(-4, 0.5, 1_000) + np.where(given, limits.latency_slack, 0.0)
        ever = set()
        for seen in range(40, 1_001, 40):
            arms = [
                mode(name, int(ok[:seen][chosen].sum()), int((~ok[:seen][chosen]).sum()), latency=delays[:seen][chosen])
                for name, chosen in (("queue", given[:seen]), ("stdout", ~given[:seen]))
            ]
            ever.update(
                each.rule for each in gate_rules.rulings(gate_input(*arms), limits) if each.outcome == "roll back"
            )
        subject.update(ever)
    return {rule: subject[rule] / 40 for rule in ("success", "latency")}


def test_frequent_looks_do_not_roll_back_a_queue_that_is_not_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is right for one look would."""
    assert max(rolled_back_at_the_edge().values()) <= 0.05
    monkeypatch.setattr(gate_rules, "confidence_sequence_bound", lambda runs, alpha: NormalDist().inv_cdf(1 - alpha))
    assert min(rolled_back_at_the_edge().values()) > 0.1


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("margn=0.1", "Invalid threshold"),
        ("margin", "cannot be ''"),
        ("margin=nan", "from 0.0001 to 1"),
        ("alpha=0.9", "from 1e-06 to 0.49"),
        ("minimum=0", "from 1 to"),
    ],
)
def test_an_invalid_threshold_is_refused(setting: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Thresholds.parse([setting])
