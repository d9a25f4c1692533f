"""The ledger of rollouts works on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from veritas.archive.archive import Archive
from veritas.archive.redaction import select_observations
from veritas.config import Settings
from veritas.core.mode_decision import ROLLOUT, decide
from veritas.errors import RolloutChangedMeanwhile, UsageError
from veritas.projections.run_summary import read_model_check
from veritas.rollout.ledger import Ledger
from veritas.rollout.plan import DEFAULT_PLAN, Plan

WHY = {"by": "jane@desk", "reason": "a week without a loss"}


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    with Archive.open(database) as opened:
        yield opened


@pytest.fixture
def ledger(archive: Archive) -> Ledger:
    return Ledger(archive)


def test_a_rollout_goes_through_its_stages(ledger: Ledger) -> None:
    assert ledger.rollouts() == {}
    shares = [ledger.start(DEFAULT_PLAN, **WHY).in_force.share]
    while ledger.rollouts()[ROLLOUT].next is not None:
        shares.append(ledger.advance(**WHY).in_force.share)
    assert shares == [0.1, 0.25, 0.5, 0.75, 1.0]
    with pytest.raises(UsageError, match="at its last stage"):
        ledger.advance(**WHY)


def test_every_change_records_who_when_why_and_the_evidence(archive: Archive) -> None:
    ledger = Ledger(archive, clock=lambda: 1_800_000_000.0)
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.advance(by="joe", reason="the gate said so", evidence={"audits": 120})
    first, second = ledger.rollouts()[ROLLOUT].changes
    assert (first.event.action, first.event.by, first.event.reason) == ("start", "jane@desk", "a week without a loss")
    assert (second.event.action, second.event.by, second.event.evidence) == ("advance", "joe", {"audits": 120})
    assert [recorded.event.timestamp for recorded in archive.events("log")] == [1_800_000_000.0] * 2


def test_a_rollback_applies_to_the_next_audit_of_every_process(archive: Archive, database: str) -> None:
    """Another process that opened the log earlier sees it too."""
    ledger = Ledger(archive)
    ledger.start(Plan.parse("100"), **WHY)
    with Archive.open(database) as other:
        elsewhere = Ledger(other)
        assert decide(Settings(), key="k", stage=elsewhere.stage_for(None)).mode == "queue"
        ledger.rollback(**WHY)
        decision = decide(Settings(), key="k", stage=elsewhere.stage_for(None))
    assert (decision.mode, decision.share, decision.share_origin) == ("stdout", 0.0, "stage stdout")


def test_a_rollback_needs_no_start(ledger: Ledger) -> None:
    assert ledger.rollback(**WHY).in_force.share == 0.0


def test_a_rolled_back_rollout_can_be_started_again(ledger: Ledger) -> None:
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.advance(**WHY)
    rolled_back = ledger.rollback(**WHY)
    assert rolled_back.next is not None and rolled_back.next.name == "10%"
    for change in (ledger.advance, ledger.hold, ledger.rollback):
        with pytest.raises(UsageError, match="was rolled back"):
            change(**WHY)
    assert ledger.start(DEFAULT_PLAN, **WHY).in_force.share == 0.1


def test_holding_keeps_the_stage_and_its_beginning(archive: Archive) -> None:
    times = iter([100.0, 200.0, 300.0, 400.0])
    ledger = Ledger(archive, clock=lambda: next(times))
    ledger.start(DEFAULT_PLAN, **WHY)
    advanced = ledger.advance(**WHY)
    held = ledger.hold(**WHY)
    assert held.in_force == advanced.in_force
    assert held.spans == advanced.spans
    assert held.last.position > advanced.last.position


@pytest.mark.parametrize("act", [Ledger.advance, Ledger.hold, Ledger.release, Ledger.rollback])
def test_a_change_is_refused_if_the_rollout_changed_since_it_was_judged(
    ledger: Ledger, act: Callable[..., object]
) -> None:
    """Two may judge the same input; and a stage that began again is a new one, even with the same name."""
    judged = ledger.start(DEFAULT_PLAN, **WHY).last.position
    ledger.rollback(**WHY)
    ledger.start(DEFAULT_PLAN, **WHY)
    restarted = ledger.hold(**WHY).last.position
    with pytest.raises(RolloutChangedMeanwhile, match=r"changed since it was judged \(hold by jane@desk\), so nothing"):
        act(ledger, judged=judged, **WHY)
    act(ledger, judged=restarted, **WHY)
    assert len(ledger.rollouts()[ROLLOUT].changes) == 5


def test_a_hold_is_reported_until_the_next_change(ledger: Ledger) -> None:
    assert ledger.start(DEFAULT_PLAN, **WHY).held is None
    held = ledger.hold(by="joe", reason="a release is due").held
    assert held is not None and (held.event.by, held.event.reason) == ("joe", "a release is due")
    assert ledger.advance(**WHY).held is None


@pytest.mark.parametrize(("tier", "other"), [(None, "deep_forensic"), ("deep_forensic", None)])
def test_restarting_for_another_tier_does_not_undo_a_rollback(
    ledger: Ledger, tier: str | None, other: str | None
) -> None:
    """Otherwise the audits it no longer decides would get the default share, in spite of the rollback."""
    ledger.start(DEFAULT_PLAN, tier=tier, **WHY)
    ledger.rollback(**WHY)
    with pytest.raises(UsageError, match="; start it again with"):
        ledger.start(DEFAULT_PLAN, tier=other, **WHY)
    assert ledger.start(DEFAULT_PLAN, tier=tier, **WHY).last.event.tier == tier


def test_the_default_can_be_rolled_back_next_to_a_tiers_rollout(ledger: Ledger) -> None:
    ledger.start(DEFAULT_PLAN, name="deep", tier="deep_forensic", **WHY)
    assert ledger.rollback(**WHY).in_force.share == 0.0
    other = ledger.stage_for("quick_scan")
    assert other is not None and (other.rollout, other.share) == (ROLLOUT, 0.0)


@pytest.mark.parametrize(("name", "stages"), [("q\x1b]0;x\x07", "10,100"), ("q", "a\u202eb=10,100")])
def test_a_name_with_control_characters_is_refused(ledger: Ledger, name: str, stages: str) -> None:
    with pytest.raises(UsageError, match="that a terminal cannot show"):
        ledger.start(Plan.parse(stages), name=name, **WHY)


def test_a_rollout_in_progress_cannot_be_started_again(ledger: Ledger) -> None:
    ledger.start(DEFAULT_PLAN, **WHY)
    with pytest.raises(UsageError, match="is in progress already, at 10%"):
        ledger.start(DEFAULT_PLAN, **WHY)


@pytest.mark.parametrize("change", [Ledger.advance, Ledger.hold])
def test_a_rollout_that_was_never_started_cannot_advance(ledger: Ledger, change: Callable[..., object]) -> None:
    with pytest.raises(UsageError, match="There is no rollout 'queue-ipc'"):
        change(ledger, **WHY)


@pytest.mark.parametrize("why", [{"by": " ", "reason": "x"}, {"by": "x", "reason": ""}])
def test_a_change_without_a_reason_or_a_name_is_refused(ledger: Ledger, why: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is empty"):
        ledger.start(DEFAULT_PLAN, **why)
    assert ledger.rollouts() == {}


def test_two_people_who_decide_the_same_change_it_once(ledger: Ledger) -> None:
    """Each names the stage that it was at; the later one is refused, and so is the undoing of another's change."""
    ledger.start(Plan.parse("10,50,100"), **WHY)
    ledger.advance(from_stage="10%", **WHY)
    for change in (ledger.advance, ledger.hold, ledger.release, ledger.rollback):
        with pytest.raises(UsageError, match="is at the stage '50%', not at '10%', so nothing was changed"):
            change(from_stage="10%", **WHY)
    assert [change.event.action for change in ledger.rollouts()[ROLLOUT].changes] == ["start", "advance"]
    assert ledger.hold(from_stage="50%", **WHY).held is not None


def test_a_second_rollout_decides_its_own_tier(ledger: Ledger) -> None:
    ledger.start(Plan.parse("100"), **WHY)
    ledger.start(Plan.parse("5,100"), name="deep", tier="deep_forensic", **WHY)
    deep, other = ledger.stage_for("deep_forensic"), ledger.stage_for("quick_scan")
    assert deep is not None and other is not None
    assert (deep.rollout, deep.share) == ("deep", 0.05)
    assert (other.rollout, other.share) == (ROLLOUT, 1.0)
    assert ledger.stage_for(None) == other


def test_a_variable_overrides_the_ledger(ledger: Ledger) -> None:
    stage = ledger.start(Plan.parse("100"), **WHY).in_force
    assert decide(Settings(rollout="0"), key="k", stage=stage).share_origin == "QUEUE_IPC_ROLLOUT"
    assert decide(Settings(ipc_mode="stdout"), key="k", stage=stage).origin == "QUEUE_IPC_MODE"
    assert decide(Settings(), key="k", use_stdout=True, stage=stage).origin == "--use-stdout"


def test_the_log_and_its_read_models_verify(archive: Archive, ledger: Ledger) -> None:
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.rollback(**WHY)
    assert archive.log.verify(read_model=read_model_check(archive.log)).fault is None


def test_a_change_based_on_an_outdated_state_is_not_recorded(archive: Archive) -> None:
    """A rollback that is recorded between another process's reading and writing stays in force."""

    def clock() -> float:
        if archive.log.head() == 2:
            Ledger(archive).rollback(by="joe", reason="it lost an event")
        return 1_800_000_000.0

    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.advance(**WHY)
    with pytest.raises(UsageError, match="Another process changed"):
        Ledger(archive, clock=clock).hold(**WHY)
    assert ledger.rollouts()[ROLLOUT].in_force.share == 0.0


def test_a_rollback_of_an_unknown_rollout_is_refused(ledger: Ledger) -> None:
    ledger.start(Plan.parse("100"), **WHY)
    with pytest.raises(UsageError, match="There is no rollout 'queue_ipc'"):
        ledger.rollback(name="queue_ipc", **WHY)
    assert ledger.rollback(name=f" {ROLLOUT} ", **WHY).name == ROLLOUT


def test_two_rollouts_cannot_decide_the_same_audits(ledger: Ledger) -> None:
    ledger.start(DEFAULT_PLAN, **WHY)
    with pytest.raises(UsageError, match="decides the same audits"):
        ledger.start(DEFAULT_PLAN, name="second", **WHY)


def test_a_change_is_never_redacted(archive: Archive, ledger: Ledger) -> None:
    """It decides what the next audit uses."""
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.rollback(**WHY)
    with pytest.raises(UsageError, match="is a change of a rollout, and those stay"):
        select_observations(archive, "log", 2, source="recorder")
