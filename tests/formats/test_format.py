"""A format writes some of a run's events as it writes them among all the others."""

from __future__ import annotations

import pytest

from tests.projections.recordings import whole_run
from veritas.core.recorded import RecordedEvent
from veritas.formats import FORMATS, Context, Format
from veritas.replay import timeline

CONTEXT = Context(wire=lambda recorded: recorded.body or b"", warn=pytest.fail)


def pieces(name: str, *phases: str) -> list[bytes]:
    def wanted(recorded: RecordedEvent) -> bool:
        return not phases or recorded.event.phase in phases

    return list(FORMATS[name].write_some(timeline(whole_run().events), CONTEXT, wanted))


@pytest.mark.parametrize("name", ["terminal", "jsonl"])
def test_events_that_are_left_out_change_nothing_of_the_others(name: str) -> None:
    """The judge's result counts the findings of a phase that is not shown."""
    alone = pieces(name, "judge")
    assert alone and all(piece in pieces(name) for piece in alone)
    assert not set(alone) & set(pieces(name, "vision"))


def test_what_a_format_writes_before_any_event_is_kept() -> None:
    def write(events: object, context: Context):  # type: ignore[no-untyped-def]
        yield b"heading"
        for _ in events:  # type: ignore[attr-defined]
            yield b"event"

    for folds in (True, False):
        some = Format(write, FORMATS["jsonl"].kind, folds=folds).write_some(
            timeline(whole_run().events), CONTEXT, lambda recorded: recorded.event.phase == "graph"
        )
        assert list(some) == [b"heading", b"event", b"event"]


def test_runs_side_by_side_are_told_apart_by_their_labels() -> None:
    run = whole_run()
    context = Context(wire=CONTEXT.wire, warn=CONTEXT.warn, labels={run.run_id: "vrts_0123"})
    lines = list(FORMATS["terminal"].write(timeline(run.events), context))
    assert b"    0.750 vrts_0123 [ 10%] Browser Reconnaissance: http://shop.test/\n" in lines
