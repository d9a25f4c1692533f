"""The ledger of rollouts: which stage is in force, and who changed it when and why, as events of the log.

    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, by="jane@desk", reason="the queue is ready")
    ledger.advance(by="jane@desk", reason="a week without a loss")

Whoever shares the log shares the rollout: the next audit, on any machine, is decided by the last change.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from store.errors import ObservationConflict
from store.log import Record
from store.text import storable
from veritas.archive.archive import LOG, Archive
from veritas.core.rollout import ROLLOUT, StageInForce
from veritas.errors import UsageError
from veritas.events.progress import decode_event
from veritas.events.recorder_events import RECORDER, RolloutChanged
from veritas.events.upcasting import current_version
from veritas.formatting import harmless
from veritas.projections.run_summary import RunLine
from veritas.rollout.history import ADVANCE, HOLD, RELEASE, ROLLBACK, START, Rollout, rollouts_of
from veritas.rollout.plan import BACK, DEFAULT_PLAN, Plan, Stage

_MICRO = 1_000_000


class Ledger:
    """The rollouts that a log tells of."""

    def __init__(self, archive: Archive, *, clock: Callable[[], float] = time.time) -> None:
        self._archive = archive
        self._clock = clock

    def rollouts(self) -> dict[str, Rollout]:
        """Return every rollout, in the order in which they were started."""
        return rollouts_of(self._archive.recorder_events(RolloutChanged.type, run_id=LOG))

    def stage_for(self, tier: str | None) -> StageInForce | None:
        """Return what decides an audit of this tier: the rollout for that tier alone before the one for all.

        None where there is neither.
        """
        rollouts = self.rollouts().values()
        for scope in dict.fromkeys((tier, None)):
            for rollout in rollouts:
                if rollout.last.said.tier == scope:
                    return rollout.in_force
        return None

    def start(
        self, plan: Plan | None = None, *, name: str = ROLLOUT, tier: str | None = None, by: str, reason: str
    ) -> Rollout:
        """Begin a rollout at its first stage, or anew one that was rolled back.

        Args:
            plan: The stages; None for those that it had before, or the usual ones.
            name: The rollout.
            tier: Which audits it decides; None for all.
            by: Who decides it.
            reason: Why.

        Raises:
            UsageError: It runs already, it decided other audits before, another one decides the same audits, or its
                name cannot be shown.
            store.errors.StoreError: The log cannot be written.
        """
        page = self._page(name)
        known = page.rollout
        plan = plan or (known.plan if known else DEFAULT_PLAN)
        for text in (page.name, *(stage.name for stage in plan.stages)):
            if harmless(text) != text:
                raise UsageError(f"{text!r} has characters that a terminal cannot show as they are; give another name.")
        if known is not None and not known.is_rolled_back:
            raise UsageError(
                f"The rollout {page.name!r} runs already, at {known.last.said.stage}; `veritas rollout advance` goes"
                " on, and `veritas rollout rollback` ends it."
            )
        if known is not None and known.last.said.tier != tier:
            # The audits that it leaves would fall back to 10%, though it was rolled back for them.
            before = known.last.said.tier
            of, way = ("all audits", "no --tier") if before is None else (f"the tier {before}", f"--tier {before}")
            raise UsageError(
                f"The rollout {page.name!r} was rolled back for {of}; begin it anew with {way}, or give --rollout"
                " another name."
            )
        for other in page.others:
            if other.last.said.tier == tier:
                raise UsageError(
                    f"The rollout {other.name!r} decides the same audits; give another --tier, or go on with that one."
                )
        return self._record(page, START, plan.stages[0], plan, tier, by=by, reason=reason)

    def advance(
        self,
        *,
        name: str = ROLLOUT,
        judged: int | None = None,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        """Go on to the next stage.

        Args:
            name: The rollout.
            judged: Only where this is still the position of its last change, for what was judged must not be left
                twice. None for whatever is in force.
            by: Who decides it.
            reason: Why.
            evidence: The numbers that it rests on.

        Raises:
            UsageError: There is no such rollout, it was rolled back, it is at its last stage, or it was changed since.
            store.errors.StoreError: The log cannot be written.
        """
        page = self._page(name)
        known = page.running(judged)
        if known.next is None:
            last = known.last.said.stage
            raise UsageError(f"The rollout {page.name!r} is at its last stage, {last}; nothing is left to do.")
        return self._go_on(page, ADVANCE, known.next, by=by, reason=reason, evidence=evidence)

    def hold(self, *, name: str = ROLLOUT, by: str, reason: str) -> Rollout:
        """Record that a rollout stays where it is: the gate does not advance it until somebody advances or releases it.

        Raises:
            UsageError: There is no such rollout, or it was rolled back.
            store.errors.StoreError: The log cannot be written.
        """
        page = self._page(name)
        said = page.running().last.said
        return self._go_on(page, HOLD, Stage(said.stage, said.share), by=by, reason=reason)

    def release(self, *, name: str = ROLLOUT, by: str, reason: str) -> Rollout:
        """Record that a rollout is no longer held: the gate may advance it again.

        Raises:
            UsageError: There is no such rollout, it was rolled back, or nobody holds it.
            store.errors.StoreError: The log cannot be written.
        """
        page = self._page(name)
        known = page.running()
        if known.held is None:
            raise UsageError(f"Nobody holds the rollout {page.name!r}; `veritas rollout status` shows how it stands.")
        stage = Stage(known.last.said.stage, known.last.said.share)
        return self._go_on(page, RELEASE, stage, by=by, reason=reason)

    def rollback(
        self,
        *,
        name: str = ROLLOUT,
        judged: int | None = None,
        by: str,
        reason: str,
        evidence: dict[str, Any] | None = None,
    ) -> Rollout:
        """Let every further audit that the rollout decides use stdout, at once.

        That of the usual name decides, where it was never started, all audits that no other rollout decides; see
        `advance` for the arguments.

        Raises:
            UsageError: There is no such rollout, it was rolled back already, or it was changed since it was judged.
            store.errors.StoreError: The log cannot be written.
        """
        page, stage = self._page(name), Stage(BACK, 0.0)
        if page.rollout is None and page.name == ROLLOUT and all(other.last.said.tier for other in page.others):
            return self._record(page, ROLLBACK, stage, DEFAULT_PLAN, None, by=by, reason=reason, evidence=evidence)
        page.running(judged)
        return self._go_on(page, ROLLBACK, stage, by=by, reason=reason, evidence=evidence)

    def _page(self, name: str) -> _Page:
        """Read the log's own events once: what is decided by them is recorded right behind them, or not at all."""
        told = [recorded for recorded in self._archive.events(LOG) if recorded.source == RECORDER]
        rollouts = rollouts_of(told)
        name = storable(name).strip()
        known = rollouts.pop(name, None)
        return _Page(name, known, tuple(rollouts.values()), 1 + max((each.seq for each in told), default=0))

    def _go_on(
        self, page: _Page, action: str, stage: Stage, *, by: str, reason: str, evidence: dict[str, Any] | None = None
    ) -> Rollout:
        known = page.running()
        tier = known.last.said.tier
        return self._record(page, action, stage, known.plan, tier, by=by, reason=reason, evidence=evidence)

    def _record(
        self,
        page: _Page,
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
        if not page.name or not by or not reason:
            raise UsageError("A change of a rollout says of which, by whom and why; give each of them some text.")
        now = self._clock()
        said = RolloutChanged(
            page.name, action, stage.name, stage.share, plan.as_list(), by, reason, tier, evidence or {}
        )
        body = said.encode(seq=page.number, timestamp=now)
        event = decode_event(body)
        at, version = round(now * _MICRO), current_version()
        record = Record(LOG, RECORDER, page.number, event.type, "", "", at, body, schema_version=version)
        try:
            self._archive.log.append([record], line=RunLine(LOG))
        except ObservationConflict:
            raise UsageError(
                "Somebody else changed the log's own record at the same moment, and nothing was changed here; look at"
                " `veritas rollout history`, and try again."
            ) from None
        return self.rollouts()[page.name]


@dataclass(frozen=True)
class _Page:
    """The ledger as it was read for one change.

    Attributes:
        name: Of the rollout that is to be changed.
        rollout: It, if there is one.
        others: The other rollouts.
        number: The number that the change is to have.
    """

    name: str
    rollout: Rollout | None
    others: tuple[Rollout, ...]
    number: int

    def running(self, judged: int | None = None) -> Rollout:
        """Return the rollout, which must not have been rolled back, nor changed since the position that was judged."""
        if self.rollout is None:
            raise UsageError(
                f"There is no rollout {self.name!r}; `veritas rollout status` shows those there are, and"
                " `veritas rollout start` begins one."
            )
        if self.rollout.is_rolled_back:
            raise UsageError(f"The rollout {self.name!r} was rolled back; `veritas rollout start` begins it anew.")
        if judged is not None and self.rollout.last.position != judged:
            raise UsageError(f"The rollout {self.name!r} was changed while it was judged; ask the gate anew.")
        return self.rollout
