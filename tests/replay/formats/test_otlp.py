"""The `otlp` format is what an OpenTelemetry collector reads, checked with OpenTelemetry's own Protobuf messages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.cli.logs import failed_run, running_run
from tests.projections.recordings import AUDIT, START, Recording, requested, whole_run
from tests.replay.formats.writing import no_bytes, written
from veritas.events.recorder_events import ObservationRedacted
from veritas.replay.formats import FORMATS, Context
from veritas.replay.timeline import merged, timeline

_ID_SIZES = {"traceId": 32, "spanId": 16, "parentSpanId": 16}


def read(data: bytes) -> ExportTraceServiceRequest:
    """Return the request as a collector reads it, after checking where OTLP's JSON differs from Protobuf's.

    Ids are hexadecimal in OTLP and base64 in Protobuf's own JSON; enumerations must be numbers.
    """
    assert data.count(b"\n") == 1  # a collector's file receiver reads one request a line
    document = json.loads(data)
    for span in chain.from_iterable(_spans(document)):
        for name, size in _ID_SIZES.items():
            if name in span:
                assert re.fullmatch(f"[0-9a-f]{{{size}}}", span[name]) and int(span[name], 16)
                span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
        assert type(span["kind"]) is int and type(span["status"]["code"]) is int
        assert span["startTimeUnixNano"].isdigit() and span["endTimeUnixNano"].isdigit()
    return json_format.ParseDict(document, ExportTraceServiceRequest())  # refuses an unknown field


def spans(run: Recording) -> list[Span]:
    """Return the spans of one run, the root first."""
    [resource] = read(written("otlp", run.events)).resource_spans
    [scope] = resource.scope_spans
    return list(scope.spans)


def attributes(of: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in of.attributes}


def test_a_trace_is_an_audit_and_a_child_span_is_a_phase() -> None:
    root, *phases = spans(whole_run("queue", "stdout"))
    assert not root.parent_span_id
    assert {span.parent_span_id for span in phases} == {root.span_id}
    assert {span.trace_id for span in phases} == {root.trace_id}
    assert len({span.span_id for span in (root, *phases)}) == 8
    assert [span.name for span in phases] == ["init", "scout", "security", "vision", "graph", "judge", "complete"]
    about = attributes(root)
    assert (about["veritas.audit_id"], about["url.full"]) == (AUDIT, "http://shop.test/")
    assert (about["veritas.trust_score"], about["veritas.findings"]) == (44.0, 1)


def test_the_runs_of_an_audit_share_a_trace_and_ids_are_the_same_in_every_replay() -> None:
    first, again, second, other = (
        spans(whole_run(run_id=run_id))[0] for run_id in (f"{AUDIT}.1", f"{AUDIT}.1", f"{AUDIT}.2", "vrts_ff.1")
    )
    assert (again.trace_id, again.span_id) == (first.trace_id, first.span_id)
    assert second.trace_id == first.trace_id and second.span_id != first.span_id
    assert other.trace_id != first.trace_id


def test_a_span_lasts_from_its_first_event_to_its_last() -> None:
    root, _, scout, *_ = spans(whole_run())
    zero = int(START) * 10**9
    assert (scout.start_time_unix_nano - zero, scout.end_time_unix_nano - zero) == (750_000_000, 1_250_000_000)
    assert root.start_time_unix_nano == zero
    assert root.end_time_unix_nano >= max(span.end_time_unix_nano for span in spans(whole_run()))


def test_every_event_is_once_on_the_span_of_its_phase() -> None:
    root, _, scout, _, vision, *_ = spans(whole_run("queue", "stdout"))
    assert [event.name for event in root.events] == [
        "audit_requested",
        "ipc_mode_selected",
        "process_started",
        "run_finished",
    ]
    assert [attributes(event)["veritas.seq"] for event in scout.events] == [3, 4, 5]
    finding = attributes(vision.events[1])
    assert finding["veritas.finding.title"] == "Countdown restarts"
    assert finding["veritas.source"] == "queue"


def test_a_failure_has_status_error_and_a_success_has_status_ok() -> None:
    codes = {span.name: (span.status.code, span.status.message) for span in spans(whole_run())}
    assert codes["security"] == (Status.STATUS_CODE_ERROR, "The server hung up.")
    assert codes["vision"] == codes["audit"] == (Status.STATUS_CODE_OK, "")
    codes = {span.name: (span.status.code, span.status.message) for span in spans(failed_run())}
    assert codes["audit"] == (Status.STATUS_CODE_ERROR, "The child process was killed by SIGKILL.")
    assert codes["scout"] == (Status.STATUS_CODE_UNSET, "")
    assert {span.status.code for span in spans(running_run())} == {Status.STATUS_CODE_UNSET}


def test_the_service_version_is_the_version_that_recorded_the_run() -> None:
    run = Recording()
    run.recorder(requested(veritas_version="0.0.7"))
    [resource] = read(written("otlp", run.events)).resource_spans
    assert attributes(resource.resource) == {"service.name": "veritas", "service.version": "0.0.7"}


@pytest.mark.parametrize("moment", [-1e300, -1.0, 0.0, 1e300, float(START) * 1000])
def test_spans_have_valid_times_whatever_the_emitters_clock_says(moment: float) -> None:
    run = Recording()
    run.recorder(requested())
    run.child("scout", "navigating", seq=1, at=moment)
    for span in spans(run):
        assert int(START) * 10**9 <= span.start_time_unix_nano <= span.end_time_unix_nano < int(START + 10) * 10**9


def test_a_redaction_years_later_does_not_extend_the_span() -> None:
    run = whole_run()
    before = spans(run)[0]
    run.recorder(ObservationRedacted({"source": "queue", "seq": 3}, "a card number", "jane@desk"), at=START + 1e8)
    assert spans(run)[0].end_time_unix_nano == before.end_time_unix_nano
    assert spans(run)[0].events[-1].name == "observation_redacted"


def test_hostile_names_and_texts_give_a_valid_document() -> None:
    run = Recording()
    run.recorder(requested(url="http://x/\ud800\x00"))
    for seq, text in enumerate(["", "\x1b[2J\n", "\ud800", "\ufdd0\uffff"], 1):
        extra = {"finding": {"title": text, "severity": 7, "url": None}}
        run.child(text, text, seq=seq, type="finding", detail=text, extra=extra)
    assert spans(run)


def test_audits_side_by_side_have_separate_traces() -> None:
    events = merged(timeline(run.events) for run in (whole_run(), failed_run()))
    data = b"".join(FORMATS["otlp"].write(events, Context(no_bytes, pytest.fail)))
    roots = [resource.scope_spans[0].spans[0] for resource in read(data).resource_spans]
    assert len({root.trace_id for root in roots}) == 2
    assert [attributes(root)["url.full"] for root in roots] == ["http://shop.test/", "http://hostile.test/"]


def test_without_events_there_is_no_trace() -> None:
    assert written("otlp", []) == b'{"resourceSpans":[]}\n'


def _spans(document: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield scope["spans"]
