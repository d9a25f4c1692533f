"""Create the event log: its tables, and the guards that keep them append-only.

A migration never changes: this one creates the tables of the first release, however `store.schema` and `store.guards`
change later.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    """
    CREATE TRIGGER event_insert BEFORE INSERT ON event
    WHEN (NEW.position > 0 AND NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM event))
      OR EXISTS (SELECT 1 FROM event WHERE run_id = NEW.run_id AND source = NEW.source AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END
    """,
    """
    CREATE TRIGGER event_update BEFORE UPDATE ON event
    WHEN NOT (
      NEW.salt IS NULL AND NEW.body IS NULL
      AND NEW.position IS OLD.position AND NEW.run_id IS OLD.run_id AND NEW.source IS OLD.source
      AND NEW.seq IS OLD.seq AND NEW.type IS OLD.type AND NEW.phase IS OLD.phase AND NEW.step IS OLD.step
      AND NEW.emitted_at IS OLD.emitted_at AND NEW.recorded_at IS OLD.recorded_at
      AND NEW.schema_version IS OLD.schema_version AND NEW.artifact IS OLD.artifact
      AND NEW.body_hash IS OLD.body_hash AND NEW.hash IS OLD.hash
      AND NOT (OLD.source = 'recorder' AND OLD.type = 'observation_redacted')
      AND EXISTS (
        SELECT 1 FROM event AS redaction
        WHERE redaction.run_id = OLD.run_id AND redaction.source = 'recorder'
          AND redaction.type = 'observation_redacted'
          AND CASE WHEN json_valid(CAST(redaction.body AS TEXT))
              THEN json_extract(CAST(redaction.body AS TEXT), '$.observation.source') IS OLD.source
               AND json_extract(CAST(redaction.body AS TEXT), '$.observation.seq') IS OLD.seq
              ELSE 0 END
      )
    )
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END
    """,
    """
    CREATE TRIGGER event_delete BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END
    """,
    """
    CREATE TRIGGER artifact_insert BEFORE INSERT ON artifact
    WHEN EXISTS (SELECT 1 FROM artifact WHERE sha256 = NEW.sha256 OR rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END
    """,
    """
    CREATE TRIGGER artifact_update BEFORE UPDATE ON artifact
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END
    """,
    """
    CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END
    """,
)

# The search path is fixed, and pg_temp is last in it, so that no temporary table can take the place of `event`.
POSTGRESQL_GUARDS = (
    """
    CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION event_lock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(7311142570156650343);
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION event_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
    DECLARE
      lowest bigint;
      highest bigint;
      number bigint;
    BEGIN
      SELECT min(position), max(position), count(*) INTO lowest, highest, number FROM inserted;
      IF number > 0 AND (
        highest - lowest + 1 <> number
        OR highest <> (SELECT position FROM event ORDER BY position DESC LIMIT 1)
        OR lowest <> 1 + coalesce(
          (SELECT position FROM event WHERE position < lowest ORDER BY position DESC LIMIT 1), 0)
      ) THEN
        RAISE EXCEPTION USING MESSAGE = 'event is append-only', ERRCODE = 'restrict_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION event_update() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
    DECLARE
      redaction bytea;
      named json;
    BEGIN
      IF NEW.salt IS NULL AND NEW.body IS NULL
        AND (NEW.position, NEW.run_id, NEW.source, NEW.seq, NEW.type, NEW.phase, NEW.step, NEW.emitted_at,
             NEW.recorded_at, NEW.schema_version, NEW.artifact, NEW.body_hash, NEW.hash)
          IS NOT DISTINCT FROM
            (OLD.position, OLD.run_id, OLD.source, OLD.seq, OLD.type, OLD.phase, OLD.step, OLD.emitted_at,
             OLD.recorded_at, OLD.schema_version, OLD.artifact, OLD.body_hash, OLD.hash)
        AND NOT (OLD.source = 'recorder' AND OLD.type = 'observation_redacted')
      THEN
        FOR redaction IN
          SELECT body FROM event
          WHERE run_id = OLD.run_id AND source = 'recorder' AND type = 'observation_redacted'
        LOOP
          BEGIN
            named = convert_from(redaction, 'UTF8')::json -> 'observation';
            IF named ->> 'source' = OLD.source AND named ->> 'seq' = OLD.seq::text THEN
              RETURN NEW;
            END IF;
          EXCEPTION WHEN data_exception THEN
            CONTINUE;
          END;
        END LOOP;
      END IF;
      RAISE EXCEPTION USING MESSAGE = 'event is append-only', ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER event_lock BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_lock()",
    """
    CREATE TRIGGER event_insert AFTER INSERT ON event REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION event_insert()
    """,
    "CREATE TRIGGER event_update BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_update()",
    "CREATE TRIGGER event_delete BEFORE DELETE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER event_truncate BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER artifact_update BEFORE UPDATE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER artifact_truncate BEFORE TRUNCATE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
)


def upgrade() -> None:
    """Create the tables and their guards."""
    name = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "artifact",
        sa.Column("sha256", sa.LargeBinary(32), primary_key=True, comment="The SHA-256 of the bytes"),
        sa.Column("media_type", sa.Text, nullable=False, comment="What the bytes are, such as image/png"),
        sa.Column("size", sa.BigInteger, nullable=False, comment="How many bytes"),
        sa.Column("bytes", sa.LargeBinary, comment="The bytes; NULL where a redaction removed them"),
        sa.Column(
            "recorded_at",
            sa.BigInteger,
            nullable=False,
            comment="When it was stored: microseconds since the epoch, UTC",
        ),
        comment="Binary attachments of events, each kept once",
    )
    op.create_table(
        "event",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            # AUTOINCREMENT on SQLite. A default of the client's keeps SQLAlchemy from making a sequence on PostgreSQL.
            default=sa.text("NULL"),
            primary_key=True,
            autoincrement=True,
            comment="The log's order, which is the order of commits; 1, 2, 3 … without gaps, never used again",
        ),
        sa.Column("run_id", name, nullable=False, comment="The run: one stream of the log, and one hash chain"),
        sa.Column("source", sa.Text, nullable=False, comment="How the event arrived: queue, stdout or recorder"),
        sa.Column(
            "seq",
            sa.BigInteger,
            nullable=False,
            comment="The emitter's number for it; the recorder numbers its own apart",
        ),
        sa.Column("type", sa.Text, nullable=False, comment="The event's type, such as progress or finding"),
        sa.Column("phase", sa.Text, nullable=False, comment="The event's phase, or nothing"),
        sa.Column("step", sa.Text, nullable=False, comment="The event's step, or nothing"),
        sa.Column(
            "emitted_at",
            sa.BigInteger,
            comment="When it was emitted: microseconds since the epoch, UTC; NULL if unknown",
        ),
        sa.Column(
            "recorded_at",
            sa.BigInteger,
            nullable=False,
            comment="When it was appended: microseconds since the epoch, UTC",
        ),
        sa.Column("schema_version", sa.Integer, nullable=False, comment="The version of the body's form"),
        sa.Column(
            "artifact",
            sa.LargeBinary(32),
            sa.ForeignKey("artifact.sha256", name=op.f("fk_event_artifact")),
            comment="The event's attachment",
        ),
        sa.Column(
            "salt", sa.LargeBinary(16), comment="Random bytes hashed with the body; NULL once the event is redacted"
        ),
        sa.Column(
            "body", sa.LargeBinary, comment="The bytes received, attachment by hash; NULL once the event is redacted"
        ),
        sa.Column("body_hash", sa.LargeBinary(32), nullable=False, comment="SHA-256 of salt and body"),
        sa.Column(
            "hash", sa.LargeBinary(32), nullable=False, comment="SHA-256 of the run's previous hash and of this row"
        ),
        sa.CheckConstraint("position > 0", name=op.f("ck_event_position_positive")),
        sa.UniqueConstraint("run_id", "source", "seq", name=op.f("uq_event_run_id_source_seq")),
        comment="Every observation of every run, append-only",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_run_id_position"), "event", ["run_id", "position"])
    recorded = sa.text("source = 'recorder'")
    op.create_index(
        op.f("ix_event_type_position"),
        "event",
        ["type", "position"],
        sqlite_where=recorded,
        postgresql_where=recorded,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        guards = SQLITE_GUARDS
    else:
        schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
        guards = tuple(guard.replace("{schema}", schema) for guard in POSTGRESQL_GUARDS)
    for guard in guards:
        connection.exec_driver_sql(guard)


def downgrade() -> None:
    """Refuse: recorded events are never deleted."""
    raise NotImplementedError("The log is not downgraded; restore the copy that the upgrade made.")
