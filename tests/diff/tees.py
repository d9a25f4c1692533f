"""Validated runs, written by hand and recorded by a real recorder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.projections.recordings import START, Recording, requested, selected
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import (
    ComparisonMade,
    DifferenceFound,
    IpcModeSelected,
    RecorderEvent,
    RunFinished,
)


def comparison_made(**fields: Any) -> ComparisonMade:
    """Return a recorded comparison of a tee that found both equal, with these fields changed."""
    return ComparisonMade(**{"by": "tee", "equal": True, "counts": {"queue": 3, "stdout": 3}} | fields)


def difference(**fields: Any) -> DifferenceFound:
    """Return a recorded difference in the second event, with these fields changed."""
    usual = {"kind": "altered", "category": "transport", "at_source": None, "first": 2, "last": 2}
    return DifferenceFound(**usual | {"phase": "judge", "step": "done"} | fields)


def run_id(number: int, run: int = 1) -> str:
    """Return the id of a run of the audit with this number."""
    return f"vrts_{number:016x}.{run}"


def requested_at(number: int) -> float:
    """Return when the audit with this number was requested: as many minutes after the start."""
    return START + 60 * number


def tee_run(
    number: int,
    *,
    over: tuple[str, ...] = ("queue", "stdout"),
    over_stdout: Mapping[int, Mapping[str, Any]] | None = None,
    lost: tuple[tuple[str, int], ...] = (),
    ended: bool = True,
    status: str = "completed",
    tee: bool = True,
    recorded: tuple[RecorderEvent, ...] = (),
    recorder: ProcessIdentity | None = None,
) -> Recording:
    """Return a validated run of three events.

    Args:
        number: The number of the audit.
        over: The transports that deliver events.
        over_stdout: Fields that differ over stdout, by event number.
        lost: Events that are not delivered, as (transport, number).
        ended: Whether the run ends.
        status: How it ends.
        tee: Whether its end includes the comparison, as older versions recorded it.
        recorded: What the recorder writes before the end.
        recorder: The process that recorded it.
    """
    at = requested_at(number)
    run = Recording(run_id(number))
    run.recorder(requested(audit_id=run_id(number).removesuffix(".1"), recorder=recorder), at=at)
    run.recorder(selected("validate"), at=at)
    for seq in (1, 2, 3):
        for source in over:
            if (source, seq) not in lost:
                fields: dict[str, Any] = {"detail": f"é {seq}", "summary": {"links": [{"url": "a"}, {"url": "b"}]}}
                fields |= (over_stdout or {}).get(seq, {}) if source == "stdout" else {}
                run.child("scout", "navigating", seq=seq, source=source, at=at + seq, **fields)
    for event in recorded:
        run.recorder(event, at=at + 5)
    if ended:
        comparison = _comparison(run, over, over_stdout or {}, lost) if tee else None
        run.recorder(RunFinished(status, "+".join(over) or "none", tee=comparison), at=at + 10)
    return run


def _comparison(
    run: Recording, over: tuple[str, ...], over_stdout: Mapping[int, object], lost: tuple[tuple[str, int], ...]
) -> dict[str, Any]:
    """Return the comparison of a run as older versions recorded it."""
    counts = {source: sum(event.source == source for event in run.events) for source in ("queue", "stdout")}
    missing = {source: [seq for at, seq in lost if at == source] for source in counts}
    different = [seq for seq in over_stdout if not any((source, seq) in lost for source in over)]
    differences = len(different) + sum(map(len, missing.values())) if len(over) == 2 else 3
    return {
        "equal": differences == 0,
        "counts": counts,
        "missing": missing,
        "different": different,
        "reordered": {source: [] for source in counts},
        "differences": differences,
        "redacted": 0,
    }


def rerun(number: int, run: int, mode: str, *recorded: RecorderEvent, ended: bool = True) -> Recording:
    """Return one run of an audit that is validated by running it again."""
    at = requested_at(number) + run
    recording = Recording(run_id(number, run))
    recording.recorder(requested(audit_id=run_id(number).removesuffix(".1")), at=at)
    recording.recorder(IpcModeSelected(mode, "STATIC", "--validate-by", None, None, None), at=at)
    recording.child("scout", "navigating", seq=1, source=mode, at=at)
    for event in recorded:
        recording.recorder(event, at=at)
    if ended:
        recording.recorder(RunFinished("completed", mode), at=at)
    return recording
