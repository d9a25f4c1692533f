"""The columns of the exported tables: their names, their types, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TEXT, TEXTS, JSON = "text", "list of texts", "JSON text"
INTEGER, NUMBER, FLAG = "integer", "number", "boolean"
TIME = "time"  # microseconds, UTC


class Column(NamedTuple):
    """One column of a table.

    Attributes:
        name: Its name.
        type: One of the constants of this module.
        what: What its values mean.
    """

    name: str
    type: str
    what: str


_OF_RUN = (
    Column("run_id", TEXT, "The run"),
    Column("audit_id", TEXT, "The audit that it is a run of"),
)

RUNS = (
    *_OF_RUN,
    Column("position", INTEGER, "The position of its first event in the log"),
    Column("url", TEXT, "What was audited; NULL where a command or a captured log was recorded without one"),
    Column("host", TEXT, "The host of the URL, without a port"),
    Column("tier", TEXT, "How thoroughly"),
    Column("origin", TEXT, "`audit`, `record` or `ingest`"),
    Column("imported_from", TEXT, "The name of the log that it was imported from"),
    Column("status", TEXT, "As `veritas list` shows it: `completed`, `failed`, `running` …"),
    Column("failure", TEXT, "The kind of cause for which it failed"),
    Column("trust_score", NUMBER, "The verdict's score, 0-100"),
    Column("risk_level", TEXT, "The verdict's risk level"),
    Column("findings", INTEGER, "How many findings there are"),
    Column("started_at", TIME, "When it was requested"),
    Column("finished_at", TIME, "When it ended; NULL while it runs"),
    Column("duration", NUMBER, "Seconds from the request to the end"),
    Column("batch", TEXT, "The batch that it belongs to"),
    Column("tags", TEXTS, "Its tags"),
    Column("job", TEXT, "The job of the fleet that it was"),
    Column("queue", TEXT, "The queue of that job"),
    Column("worker", TEXT, "The worker that did that job"),
    Column("worker_host", TEXT, "The machine of that worker"),
    Column("command", TEXTS, "The recorded command, where it is not VERITAS's own"),
    Column("mode", TEXT, "What carried the events, or what was to carry them while the run has not ended"),
    Column("configured", TEXT, "The mode that it was given"),
    Column("reason", TEXT, "Why: `STATIC` or `SPLIT`"),
    Column("decided_by", TEXT, "The flag, the variable or the rollout that gave it"),
    Column("share", NUMBER, "The share of the audits that was to get the queue, where a rollout drew"),
    Column("share_origin", TEXT, "Where that share came from"),
    Column("fell_back", TEXT, "Why the events changed transport; NULL where they did not"),
    Column("events", INTEGER, "How many events the child emitted"),
    Column("lost", INTEGER, "How many of them no transport delivered"),
    Column("repeated", INTEGER, "How often a transport delivered an event again"),
    Column("resent", INTEGER, "How many events were sent again after the change of transport"),
    Column("mismatched", INTEGER, "In how many places the transports differ; NULL where they were not compared"),
    Column("latency_p50", NUMBER, "Seconds from an event's emission to its commit: the median"),
    Column("latency_p95", NUMBER, "The 95th percentile of that"),
    Column("latency_p99", NUMBER, "The 99th percentile of that"),
    Column("queue_start", NUMBER, "Seconds that it took to start the queue's manager"),
)

EVENTS = (
    *_OF_RUN,
    Column("position", INTEGER, "Its place in the log's order"),
    Column("source", TEXT, "How it arrived: `queue`, `stdout` or `recorder`"),
    Column("seq", INTEGER, "The emitter's number for it; the recorder numbers its own apart"),
    Column("type", TEXT, "Its type, such as `progress` or `finding`"),
    Column("phase", TEXT, "Its phase, or nothing"),
    Column("step", TEXT, "Its step, or nothing"),
    Column("emitted_at", TIME, "When it was emitted; NULL if unknown"),
    Column("recorded_at", TIME, "When it was appended to the log"),
    Column("schema_version", INTEGER, "The version of the body's form"),
    Column("artifact", TEXT, "The SHA-256 of its attachment, in hex"),
    Column("body", JSON, "What was received, with the attachment's hash in its place; NULL where it was erased"),
    Column("redacted", FLAG, "Whether the body was erased: redacted, or archived with its run"),
)

FINDINGS = (
    *_OF_RUN,
    Column("position", INTEGER, "The position of its event in the log"),
    Column("seq", INTEGER, "The number of its event"),
    Column("emitted_at", TIME, "When it was emitted; NULL if unknown"),
    Column("phase", TEXT, "The phase that found it"),
    Column("kind", TEXT, "Its kind, such as `countdown_resets`"),
    Column("severity", TEXT, "`info`, `low`, `medium`, `high` or `critical`"),
    Column("confidence", NUMBER, "How certain it is, 0-1"),
    Column("signal", TEXT, "The signal of the verdict that it lowers"),
    Column("title", TEXT, "A few words"),
    Column("detail", TEXT, "A sentence or two"),
    Column("url", TEXT, "The page"),
    Column("finding", JSON, "The whole finding, with its evidence, as it was emitted"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {"runs": RUNS, "events": EVENTS, "findings": FINDINGS}
