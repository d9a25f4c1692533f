"""Conclusion: what a verification of the log shows, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.verify.fault import FOREIGN_SIGNATURE, Fault
from veritas.formatting import count

if TYPE_CHECKING:
    from store.verify.verifier import Verification

HOW_TO_TRUST = (
    "Get the public key from the person who recorded it, over another channel, and give it with --trust, or list it in"
    " the file trusted_keys."
)


@dataclass(frozen=True)
class Conclusion:
    """The conclusion from a verification.

    Attributes:
        ok: Whether nothing is wrong.
        headline: The result.
        details: What was checked, or what to do.
    """

    ok: bool
    headline: str
    details: Sequence[str]


def conclude(verification: Verification, run_id: str | None) -> Conclusion:
    """Return the conclusion from a verification of a run, or of the whole log."""
    checked, fault = count(verification.events, "event"), verification.fault
    what = "the log" if run_id is None else f"run {run_id}"
    if fault is None:
        headline = f"Verified {what}: {checked}, all as they were recorded."
        return Conclusion(True, headline, [_checkpoints(verification)])
    if fault.what == FOREIGN_SIGNATURE:
        otherwise = f"Otherwise {what} is as it was recorded: {checked}."
        return Conclusion(False, f"Foreign signature: {fault.detail}.", [otherwise, HOW_TO_TRUST])
    of_run = f" of run {fault.run_id}" if fault.run_id else ""
    where = f"{of_run.removeprefix(' of ')}: " if of_run and fault.position is None else ""
    if fault.position is not None:
        where = f"position {fault.position}{of_run}: "
    headline = f"Not as it was recorded: {where}{fault.what}: {fault.detail}."
    return Conclusion(False, headline, sound_events(verification.events, fault, "as they were recorded"))


def sound_events(events: int, fault: Fault, sound: str) -> list[str]:
    """Return how many events were verified before a fault, in a sentence; none if there are none.

    Args:
        events: How many.
        fault: The fault.
        sound: Describes them if they precede the faulty event.
    """
    if not events:
        return []
    text = count(events, "event")
    if fault.position is None:
        return [f"{text} {'was' if events == 1 else 'were'} checked before that."]
    return [f"The {text} before it {'is' if events == 1 else 'are'} {sound}."]


def _checkpoints(verification: Verification) -> str:
    """Return which checkpoints a verification checked, or what it cannot prove without one."""
    if not verification.checkpoints:
        return (
            "No checkpoint covers them; only a checkpoint kept elsewhere can prove that no events were cut off and the "
            "log was not rewritten."
        )
    checkpoints, covered = count(verification.checkpoints, "checkpoint"), count(verification.covered, "event")
    text = f"Checked against {checkpoints}, the last over {covered}"
    if verification.signed:
        return f"{text}, signed by trusted keys."
    return f"{text}; who signed them was not checked, because no key is trusted."
