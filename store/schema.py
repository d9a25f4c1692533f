"""The log's tables. The triggers that keep them append-only are in `store.guards`.

A migration never changes, so the migrations repeat these declarations. A new log is created with the statements of
`store/new_log.*.sql`, which `python -m tests.store.new_log` writes from them. Tests check that all give
the same tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Ordered by code point, as SQLite does, so that a range of names is a range of the index.
_name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

artifact_table = Table(
    "artifact",
    metadata,
    Column("sha256", LargeBinary(32), primary_key=True, comment="The SHA-256 of the bytes"),
    Column("media_type", Text, nullable=False, comment="What the bytes are, such as image/png"),
    Column("size", BigInteger, nullable=False, comment="How many bytes"),
    Column("bytes", LargeBinary, comment="The bytes; NULL where a redaction removed them"),
    Column("recorded_at", BigInteger, nullable=False, comment="When it was stored: microseconds since the epoch, UTC"),
    comment="Binary attachments of events, each kept once",
)

event_table = Table(
    "event",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        # AUTOINCREMENT on SQLite. A client-side default keeps SQLAlchemy from creating a sequence on PostgreSQL.
        default=text("NULL"),
        primary_key=True,
        autoincrement=True,
        comment="The log's order, which is the order of commits; 1, 2, 3 … without gaps, never used again",
    ),
    Column("run_id", _name, nullable=False, comment="The run: one stream of the log, and one hash chain"),
    Column("source", Text, nullable=False, comment="How the event arrived: queue, stdout or recorder"),
    Column(
        "seq", BigInteger, nullable=False, comment="The emitter's number for it; the recorder numbers its own apart"
    ),
    Column("type", Text, nullable=False, comment="The event's type, such as progress or finding"),
    Column("phase", Text, nullable=False, comment="The event's phase, or nothing"),
    Column("step", Text, nullable=False, comment="The event's step, or nothing"),
    Column("emitted_at", BigInteger, comment="When it was emitted: microseconds since the epoch, UTC; NULL if unknown"),
    Column(
        "recorded_at", BigInteger, nullable=False, comment="When it was appended: microseconds since the epoch, UTC"
    ),
    Column("schema_version", Integer, nullable=False, comment="The version of the body's form"),
    Column("artifact", LargeBinary(32), ForeignKey("artifact.sha256"), comment="The event's attachment"),
    Column("salt", LargeBinary(16), comment="Random bytes hashed with the body; NULL once the event is redacted"),
    Column("body", LargeBinary, comment="The bytes received, attachment by hash; NULL once the event is redacted"),
    Column("body_hash", LargeBinary(32), nullable=False, comment="SHA-256 of salt and body"),
    Column("hash", LargeBinary(32), nullable=False, comment="SHA-256 of the run's previous hash and of this row"),
    Column("encoding", Integer, comment="How body is stored: NULL as it is, 1 as a Zstandard frame of it"),
    CheckConstraint("position > 0", name="position_positive"),
    UniqueConstraint("run_id", "source", "seq"),
    Index(None, "run_id", "position"),
    comment="Every observation of every run, append-only",
    sqlite_autoincrement=True,
)

_recorded = text("source = 'recorder'")
Index(None, event_table.c.type, event_table.c.position, sqlite_where=_recorded, postgresql_where=_recorded)

_attached = text("artifact IS NOT NULL")
Index(None, event_table.c.artifact, sqlite_where=_attached, postgresql_where=_attached)

tree_node_table = Table(
    "tree_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False, comment="The node is the root of 256^level leaves"),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="Which of its level, from 0"),
    Column("hash", LargeBinary(32), nullable=False, comment="The RFC 6962 hash of its subtree"),
    comment="The Merkle tree over the events' hashes: complete subtrees, as far as checkpoints have covered it",
)

checkpoint_table = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False, comment="How many events it covers"),
    Column("public_key", LargeBinary(32), primary_key=True, comment="The Ed25519 key that signed it"),
    Column("note", LargeBinary, nullable=False, comment="The checkpoint: a C2SP signed note, exactly as it was signed"),
    comment="Signed statements of what the log's first events are, append-only",
)

read_model_table = Table(
    "read_model",
    metadata,
    Column("name", Text, primary_key=True, comment="The table that it keeps"),
    Column("version", Integer, nullable=False, comment="The version of the fold that made its rows"),
    Column("position", BigInteger, nullable=False, comment="The last event that it has taken in"),
    comment="How far each read model is; a read model can always be rebuilt from the events",
)

run_table = Table(
    "run",
    metadata,
    Column("run_id", _name, primary_key=True, comment="The run"),
    Column("audit_id", _name, nullable=False, comment="The audit that it is a run of"),
    Column("position", BigInteger, nullable=False, comment="Its first event"),
    Column("url", Text, comment="What was audited; NULL where a command or a captured log was recorded without one"),
    Column("tier", Text, comment="How thoroughly"),
    Column("origin", Text, comment="audit, record or ingest"),
    Column("status", Text, nullable=False, comment="requested, running, completed, failed or interrupted"),
    Column("trust_score", Double, comment="The verdict's score, 0-100"),
    Column("risk_level", Text, comment="The verdict's risk level"),
    Column("mode", Text, comment="What carried the events, or what was to carry them while the run has not ended"),
    Column("started_at", Double, comment="When it was requested: seconds since the epoch, UTC"),
    Column("finished_at", Double, comment="When it ended: seconds since the epoch, UTC; NULL while it runs"),
    Column("findings", Integer, nullable=False, comment="How many findings there are"),
    Column("command", Text, comment="The recorded command as JSON, where it is not VERITAS's own"),
    Column("configured", Text, comment="The mode that the run was given; NULL where that is not recorded"),
    Column("reason", Text, comment="Why, in OpenFeature's words: STATIC or SPLIT"),
    Column("decided_by", Text, comment="The flag, the variable or the rollout that gave it"),
    Column("share", Double, comment="The share of the audits that was to get the queue, where a rollout drew"),
    Column("share_origin", Text, comment="Where that share came from"),
    Column("fell_back", Text, comment="Why the events changed transport; NULL where they did not"),
    Column("events", BigInteger, comment="How many events the child emitted; NULL where it has not said"),
    Column("lost", BigInteger, comment="How many of them no transport delivered; NULL where that is not known"),
    Column("repeated", BigInteger, comment="How often a transport delivered an event again; NULL if unknown"),
    Column("resent", BigInteger, comment="How many events were sent again after the change; NULL if unknown"),
    Column("mismatched", BigInteger, comment="In how many places the transports differ; NULL where not compared"),
    Column("latency_p50", Double, comment="Seconds from an event's emission to its commit: the median"),
    Column("latency_p95", Double, comment="The 95th percentile of that"),
    Column("latency_p99", Double, comment="The 99th percentile of that"),
    Column("queue_start", Double, comment="Seconds that it took to start the queue's manager; NULL without one"),
    Column("host", _name, comment="The host of the url, in lower case, without a port; NULL where it has none"),
    Column("page", _name, comment="The host, port, path and query of the url, by which a page is found"),
    Column("batch", _name, comment="The batch that the audit belongs to; NULL without one"),
    Column("tags", Text, comment="The audit's tags, as a JSON array; NULL without any"),
    Column("kinds", Text, comment="How many findings there are of each kind, as a JSON object; NULL without any"),
    Column("failure", Text, comment="The kind of cause for which the run failed; NULL where it did not"),
    Column("job", Text, comment="The job of a queue that the audit was done for; NULL without one"),
    Column("queue", Text, comment="The queue that the job was taken from"),
    Column("worker", Text, comment="The worker that did the job"),
    Column("worker_host", Text, comment="The machine on which that worker ran"),
    Index(None, "position"),
    Index(None, "reason", "decided_by", "share_origin", "share", "position"),
    Index(None, "host", "position"),
    Index(None, "batch", "position"),
    comment="Read model: one line for each run, as `list` shows it",
)

_unended = text("status IN ('requested', 'running')")
Index("ix_run_unended", run_table.c.position, sqlite_where=_unended, postgresql_where=_unended)
