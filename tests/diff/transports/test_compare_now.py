"""A comparison made now counts every difference, and lists a limited number of them."""

from __future__ import annotations

from tests.projections.recordings import START, Recording, selected
from veritas.diff.transports.validated_run import compare_now


def test_differences_that_are_not_listed_are_counted() -> None:
    run = Recording("vrts_1.1")
    run.recorder(selected("validate"), at=START)
    for seq in range(1, 1202):
        for source in ("queue", "stdout"):
            run.child("scout", "navigating", seq=seq, source=source, summary={"from": source}, at=START + seq)
    compared = compare_now(run.run_id, lambda: run.events)
    # One of the differences is in the audit state.
    assert (compared.equal, compared.total, len(compared.differences)) == (False, 1202, 1000)
