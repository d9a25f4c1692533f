"""Create the Merkle tree, the checkpoints and the read models; let redaction erase an artifact's bytes too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    "DROP TRIGGER artifact_update",
    """
    CREATE TRIGGER artifact_update BEFORE UPDATE ON artifact
    WHEN NOT (
      NEW.sha256 IS OLD.sha256 AND NEW.recorded_at IS OLD.recorded_at
      AND ((NEW.media_type IS OLD.media_type AND NEW.size IS OLD.size) OR (OLD.bytes IS NULL AND OLD.size = 0))
      AND CASE WHEN OLD.bytes IS NULL
        THEN length(NEW.bytes) IS NEW.size
        ELSE NEW.bytes IS NULL
          AND EXISTS (SELECT 1 FROM event WHERE artifact = OLD.sha256)
          AND NOT EXISTS (SELECT 1 FROM event WHERE artifact = OLD.sha256 AND body IS NOT NULL)
        END
    )
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END
    """,
    """
    CREATE TRIGGER tree_node_insert BEFORE INSERT ON tree_node
    WHEN EXISTS (SELECT 1 FROM tree_node WHERE (level = NEW.level AND number = NEW.number) OR rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END
    """,
    """
    CREATE TRIGGER tree_node_update BEFORE UPDATE ON tree_node
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END
    """,
    """
    CREATE TRIGGER tree_node_delete BEFORE DELETE ON tree_node
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END
    """,
    """
    CREATE TRIGGER checkpoint_insert BEFORE INSERT ON checkpoint
    WHEN EXISTS (
      SELECT 1 FROM checkpoint WHERE (size = NEW.size AND public_key = NEW.public_key) OR rowid = NEW.rowid
    )
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END
    """,
    """
    CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END
    """,
    """
    CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END
    """,
)

POSTGRESQL_GUARDS = (
    "DROP TRIGGER artifact_update ON artifact",
    """
    CREATE FUNCTION artifact_update() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
    BEGIN
      IF (NEW.sha256, NEW.recorded_at) IS NOT DISTINCT FROM (OLD.sha256, OLD.recorded_at)
        AND ((NEW.media_type = OLD.media_type AND NEW.size = OLD.size) OR (OLD.bytes IS NULL AND OLD.size = 0))
        AND (CASE WHEN OLD.bytes IS NULL
          THEN sha256(NEW.bytes) = OLD.sha256 AND length(NEW.bytes) = NEW.size
          ELSE NEW.bytes IS NULL
            AND EXISTS (SELECT 1 FROM event WHERE artifact = OLD.sha256)
            AND NOT EXISTS (SELECT 1 FROM event WHERE artifact = OLD.sha256 AND body IS NOT NULL)
          END)
      THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION USING MESSAGE = 'artifact is append-only', ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER artifact_update BEFORE UPDATE ON artifact FOR EACH ROW EXECUTE FUNCTION artifact_update()",
    "CREATE TRIGGER tree_node_update BEFORE UPDATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER tree_node_delete BEFORE DELETE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER tree_node_truncate BEFORE TRUNCATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
)


def upgrade() -> None:
    """Create the tables and their guards."""
    name = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    attached = sa.text("artifact IS NOT NULL")
    op.create_index(op.f("ix_event_artifact"), "event", ["artifact"], sqlite_where=attached, postgresql_where=attached)

    op.create_table(
        "tree_node",
        sa.Column(
            "level",
            sa.Integer,
            primary_key=True,
            autoincrement=False,
            comment="The node is the root of 256^level leaves",
        ),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="Which of its level, from 0"),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, comment="The RFC 6962 hash of its subtree"),
        comment="The Merkle tree over the events' hashes: complete subtrees, as far as checkpoints have covered it",
    )

    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False, comment="How many events it covers"),
        sa.Column("public_key", sa.LargeBinary(32), primary_key=True, comment="The Ed25519 key that signed it"),
        sa.Column(
            "note",
            sa.LargeBinary,
            nullable=False,
            comment="The checkpoint: a C2SP signed note, exactly as it was signed",
        ),
        comment="Signed statements of what the log's first events are, append-only",
    )

    op.create_table(
        "read_model",
        sa.Column("name", sa.Text, primary_key=True, comment="The table that it keeps"),
        sa.Column("version", sa.Integer, nullable=False, comment="The version of the fold that made its rows"),
        sa.Column("position", sa.BigInteger, nullable=False, comment="The last event that it has taken in"),
        comment="How far each read model is; a read model can always be rebuilt from the events",
    )

    op.create_table(
        "run",
        sa.Column("run_id", name, primary_key=True, comment="The run"),
        sa.Column("audit_id", name, nullable=False, comment="The audit that it is a run of"),
        sa.Column("position", sa.BigInteger, nullable=False, comment="Its first event"),
        sa.Column(
            "url", sa.Text, comment="What was audited; NULL where a command or a captured log was recorded without one"
        ),
        sa.Column("tier", sa.Text, comment="How thoroughly"),
        sa.Column("origin", sa.Text, comment="audit, record or ingest"),
        sa.Column("status", sa.Text, nullable=False, comment="requested, running, completed, failed or interrupted"),
        sa.Column("trust_score", sa.Double, comment="The verdict's score, 0-100"),
        sa.Column("risk_level", sa.Text, comment="The verdict's risk level"),
        sa.Column(
            "mode", sa.Text, comment="What carried the events, or what was to carry them while the run has not ended"
        ),
        sa.Column("started_at", sa.Double, comment="When it was requested: seconds since the epoch, UTC"),
        sa.Column("finished_at", sa.Double, comment="When it ended: seconds since the epoch, UTC; NULL while it runs"),
        sa.Column("findings", sa.Integer, nullable=False, comment="How many findings there are"),
        sa.Column("command", sa.Text, comment="The recorded command as JSON, where it is not VERITAS's own"),
        comment="Read model: one line for each run, as `list` shows it",
    )
    op.create_index(op.f("ix_run_position"), "run", ["position"])
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
