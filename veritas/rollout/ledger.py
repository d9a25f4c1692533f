"""The ledger of rollouts: which stage is in force, and who changed it when and why, as events of the log.

    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, by="jane@desk", reason="the queue is ready")
    ledger.advance(by="jane@desk", reason="a week without a loss")

All who share the log share the rollout: the last change decides the next audit, on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from store.errors import ObservationConflict, SummaryOutdated
from store.log import Record, RunUpdate
from store.text import storable
from veritas.archive.archive import LOG, Archive
from veritas.core.mode_decision import ROLLOUT, StageInForce
from veritas.errors import RolloutChangedMeanwhile, UsageError
from veritas.events.progress import ProgressEvent, decode_event
from veritas.events.recorder_events import RECORDER, RolloutChanged
from veritas.events.upcasting import current_version
from veritas.formatting import escape_control_characters
from veritas.projections.run_summary import RunSummary
from veritas.rollout.history import ADVANCE, HOLD, RELEASE, ROLLBACK, START, Rollout, rollouts_of
from veritas.rollout.ledger_entries import Entries
from veritas.rollout.plan import DEFAULT_PLAN, ROLLED_BACK, Plan, Stage

_MICRO = 1_000_000


class Ledger:
    """The rollouts recorded in a log."""

    def __init__(self, archive: Archive, *, clock: Callable[[], float] = time.time) -> None:
        self._archive = archive
        self._clock = clock

    def rollouts(self) -> dict[str, Rollout]:
        """Return every rollout, in the order in which they were started."""
        return rollouts_of(self._archive.recorder_events(RolloutChanged.type, run_id=LOG))

    def stage_for(self, tier: str | None) -> StageInForce | None:
        """Return the stage that decides an audit of this tier, or None if there is no rollout for it.

        A rollout for the tier takes precedence over one for all audits.
        """
        rollouts = self.rollouts().values()
        for scope in dict.fromkeys((tier, None)):
            for rollout in rollouts:
                if rollout.last.event.tier == scope:
                    return rollout.in_force
        return None

    def stage_of(self, name: str) -> StageInForce | None:
        """Return the current stage of the rollout *name*; None for the one of all audits, if it was never started.

        Raises:
            UsageError: There is no other rollout of that name.
        """
        rollout = self.rollouts().get(name)
        if rollout is None and name != ROLLOUT:
            raise UsageError(f"There is no rollout {name!r}; `veritas rollout status` lists the rollouts.")
        return None if rollout is None else rollout.in_force

    def start(
        self, plan: Plan | None = None, *, name: str = ROLLOUT, tier: str | None = None, by: str, reason: str
    ) -> Rollout:
        """Start a rollout at its first stage, or restart one that was rolled back.

        Args:
            plan: The stages; None for those that it had before, or the default ones.
            name: The rollout.
            tier: The tier whose audits it decides; None for all audits.
            by: Who starts it.
            reason: Why.

        Raises:
            UsageError: It is in progress already, it decided other audits before, another one decides the same audits,
                or its name cannot be shown.
            store.errors.StoreError: The log cannot be written.
        """
        entries = self._read(name)
        rollout = entries.rollout
        plan = plan or (rollout.plan if rollout else DEFAULT_PLAN)
        for text in (entries.name, *(stage.name for stage in plan.stages)):
            if escape_control_characters(text) != text:
                raise UsageError(f"{text!r} contains characters that a terminal cannot show; give another name.")
        if rollout is not None and not rollout.is_rolled_back:
            raise UsageError(
                f"The rollout {entries.name!r} is in progress already, at {rollout.last.event.stage};"
                " `veritas rollout advance` continues it, and `veritas rollout rollback` ends it."
            )
        if rollout is not None and rollout.last.event.tier != tier:
            # Otherwise the audits that it no longer decides would get the default of 10%, in spite of the rollback.
            before = rollout.last.event.tier
            of = "all audits" if before is None else f"the tier {before}"
            option = "without --tier" if before is None else f"with --tier {before}"
            raise UsageError(
                f"The rollout {entries.name!r} was rolled back for {of}; start it again {option}, or give --rollout"
                " another name."
            )
        for other in entries.others:
            if other.last.event.tier == tier:
                raise UsageError(
                    f"The rollout {other.name!r} decides the same audits; give another --tier, or continue that one."
                )
        return self._record(entries, START, plan.stages[0], plan, tier, by=by, reason=reason)

    def advance(
        self,
        *,
        name: str = ROLLOUT,
        judged: int | None = None,
        from_stage: str | None = None,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        """Advance to the next stage.

        Args:
            name: The rollout.
            judged: The position of the last change when the rollout was judged; advance only if it is still the last
                one, so that one decision does not advance it twice. None to advance in any case.
            from_stage: The stage that it has to be at; None for any.
            by: Who advances it.
            reason: Why.
            evidence: The numbers that the decision is based on.

        Raises:
            UsageError: The rollout does not exist, was rolled back, is at its last stage, or was changed since.
            store.errors.StoreError: The log cannot be written.
        """
        entries = self._read(name)
        rollout = entries.running(judged, from_stage)
        if rollout.next is None:
            last = rollout.last.event.stage
            raise UsageError(f"The rollout {entries.name!r} is at its last stage, {last}; there is no further one.")
        return self._continue(entries, ADVANCE, rollout.next, by=by, reason=reason, evidence=evidence)

    def hold(
        self, *, name: str = ROLLOUT, judged: int | None = None, from_stage: str | None = None, by: str, reason: str
    ) -> Rollout:
        """Record that a rollout is held at its stage: the gate does not advance it until it is advanced or released.

        See `advance` for the arguments.

        Raises:
            UsageError: The rollout does not exist, was rolled back, or was changed since it was judged.
            store.errors.StoreError: The log cannot be written.
        """
        entries = self._read(name)
        last = entries.running(judged, from_stage).last.event
        return self._continue(entries, HOLD, Stage(last.stage, last.share), by=by, reason=reason)

    def release(
        self, *, name: str = ROLLOUT, judged: int | None = None, from_stage: str | None = None, by: str, reason: str
    ) -> Rollout:
        """Record that a rollout is no longer held: the gate may advance it again.

        See `advance` for the arguments.

        Raises:
            UsageError: The rollout does not exist, was rolled back, is not held, or was changed since it was judged.
            store.errors.StoreError: The log cannot be written.
        """
        entries = self._read(name)
        rollout = entries.running(judged, from_stage)
        if rollout.held is None:
            raise UsageError(f"The rollout {entries.name!r} is not held; `veritas rollout status` shows its status.")
        stage = Stage(rollout.last.event.stage, rollout.last.event.share)
        return self._continue(entries, RELEASE, stage, by=by, reason=reason)

    def rollback(
        self,
        *,
        name: str = ROLLOUT,
        judged: int | None = None,
        from_stage: str | None = None,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        """Make every further audit that the rollout decides use stdout, at once.

        The default rollout can be rolled back even if it was never started: it then decides all audits that no other
        rollout decides. See `advance` for the arguments.

        Raises:
            UsageError: The rollout does not exist, was rolled back already, or was changed since it was judged.
            store.errors.StoreError: The log cannot be written.
        """
        entries, stage = self._read(name), Stage(ROLLED_BACK, 0.0)
        if (
            entries.rollout is None
            and from_stage is None
            and entries.name == ROLLOUT
            and all(other.last.event.tier for other in entries.others)
        ):
            return self._record(entries, ROLLBACK, stage, DEFAULT_PLAN, None, by=by, reason=reason, evidence=evidence)
        entries.running(judged, from_stage)
        return self._continue(entries, ROLLBACK, stage, by=by, reason=reason, evidence=evidence)

    def _read(self, name: str) -> Entries:
        """Read the log's own events once; a change based on them is recorded directly after them, or not at all."""
        events = [recorded for recorded in self._archive.events(LOG) if recorded.source == RECORDER]
        rollouts = rollouts_of(events)
        name = storable(name).strip()
        rollout = rollouts.pop(name, None)
        return Entries(name, rollout, tuple(rollouts.values()), 1 + max((each.seq for each in events), default=0))

    def _continue(
        self,
        entries: Entries,
        action: str,
        stage: Stage,
        *,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        rollout = entries.running()
        tier = rollout.last.event.tier
        return self._record(entries, action, stage, rollout.plan, tier, by=by, reason=reason, evidence=evidence)

    def _record(
        self,
        entries: Entries,
        action: str,
        stage: Stage,
        plan: Plan,
        tier: str | None,
        *,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        by, reason = (storable(text).strip() for text in (by, reason))
        for option, text in (("--rollout", entries.name), ("--by", by), ("--reason", reason)):
            if not text:
                raise UsageError(f"The value of {option} is empty; the log records it with the change, so give one.")
        now = self._clock()
        change = RolloutChanged(
            entries.name, action, stage.name, stage.share, plan.as_list(), by, reason, tier, evidence or {}
        )
        body = change.encode(seq=entries.number, timestamp=now)
        event = decode_event(body)
        at, version = round(now * _MICRO), current_version()
        record = Record(LOG, RECORDER, entries.number, event.type, "", "", at, body, schema_version=version)
        try:
            self._append(record, event)
        except (ObservationConflict, SummaryOutdated):
            raise RolloutChangedMeanwhile(
                "Another process changed the log's own record at the same time, so nothing was changed here; look at"
                " `veritas rollout history`, and try again."
            ) from None
        return self.rollouts()[entries.name]

    def _append(self, record: Record, event: ProgressEvent) -> None:
        """Append an entry, and with it the row of the log's own stream."""
        log, summary = self._archive.log, RunSummary(LOG)
        for stored in log.read(run_id=LOG):
            summary.apply(stored)
        last = summary.position
        summary.apply_decoded(record.source, record.seq, event)
        log.append([record], update=RunUpdate(LOG, summary.version, summary.row(), last))
