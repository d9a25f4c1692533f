"""A format writes selected events exactly as it writes them among all the others."""

from __future__ import annotations

import json

import pytest

from tests.projections.recordings import whole_run
from veritas.events.recorded import RecordedEvent
from veritas.replay.formats import FORMATS, Context
from veritas.replay.timeline import timeline

CONTEXT = Context(wire=lambda recorded: recorded.body or b"", warn=pytest.fail, at_once=True)


def pieces(name: str, *phases: str) -> list[bytes]:
    def wanted(recorded: RecordedEvent) -> bool:
        return not phases or recorded.event.phase in phases

    return list(FORMATS[name].write_selected(timeline(whole_run().events), CONTEXT, wanted))


@pytest.mark.parametrize("name", ["terminal", "client", "jsonl", "cloudevents", "cast", "markers"])
def test_leaving_out_events_does_not_change_the_others(name: str) -> None:
    """The judge's result counts the findings of a phase that is not shown."""
    heading = set(pieces(name, "no such phase"))
    single_run = set(pieces(name, "judge")) - heading
    assert single_run and single_run <= set(pieces(name))
    assert not single_run & set(pieces(name, "vision"))


def test_the_header_comes_first_whichever_events_are_selected() -> None:
    assert pieces("cast", "graph")[0] == pieces("cast")[0]
    assert (
        len(pieces("cast", "graph")) == 4
    )  # with the line that begins the phase, its marker, and the one that ends it


def test_spans_are_complete_even_if_not_all_events_are_selected() -> None:
    whole, some = (json.loads(b"".join(pieces("otlp", *phases))) for phases in ((), ("graph",)))
    for span in (spans := whole["resourceSpans"][0]["scopeSpans"][0]["spans"]):
        span["events"] = span["events"] if span["name"] == "graph" else []
    assert sum(len(span["events"]) for span in spans) == 2
    assert some == whole


def test_labels_distinguish_runs_side_by_side() -> None:
    run = whole_run()
    context = Context(wire=CONTEXT.wire, warn=CONTEXT.warn, labels={run.run_id: "vrts_0123"})
    lines = list(FORMATS["terminal"].write(timeline(run.events), context))
    assert b"    0.750 vrts_0123 [ 10%] Browser Reconnaissance: http://shop.test/\n" in lines
