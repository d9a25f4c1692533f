"""Store bodies compressed, and let a run's bodies be erased once it is archived."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    "DROP TRIGGER event_update",
    """
    CREATE TRIGGER event_update BEFORE UPDATE ON event
    WHEN NOT (
      NEW.salt IS NULL AND NEW.body IS NULL AND NEW.encoding IS NULL
      AND NEW.position IS OLD.position AND NEW.run_id IS OLD.run_id AND NEW.source IS OLD.source
      AND NEW.seq IS OLD.seq AND NEW.type IS OLD.type AND NEW.phase IS OLD.phase AND NEW.step IS OLD.step
      AND NEW.emitted_at IS OLD.emitted_at AND NEW.recorded_at IS OLD.recorded_at
      AND NEW.schema_version IS OLD.schema_version AND NEW.artifact IS OLD.artifact
      AND NEW.body_hash IS OLD.body_hash AND NEW.hash IS OLD.hash
      AND NOT (OLD.source = 'recorder' AND OLD.type = 'observation_redacted')
      AND (
        OLD.source <> 'recorder' AND EXISTS (
          SELECT 1 FROM event AS archival
          WHERE archival.run_id = OLD.run_id AND archival.source = 'recorder' AND archival.type = 'run_archived'
            AND archival.position > OLD.position
        )
        OR EXISTS (
          SELECT 1 FROM event AS redaction
          WHERE redaction.run_id = OLD.run_id AND redaction.source = 'recorder'
            AND redaction.type = 'observation_redacted'
            AND CASE WHEN json_valid(CAST(redaction.body AS TEXT))
                THEN json_extract(CAST(redaction.body AS TEXT), '$.observation.source') IS OLD.source
                 AND json_extract(CAST(redaction.body AS TEXT), '$.observation.seq') IS OLD.seq
                ELSE 0 END
        )
      )
    )
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END
    """,
)

POSTGRESQL_GUARDS = (
    """
    CREATE OR REPLACE FUNCTION event_update() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
    DECLARE
      redaction bytea;
      named json;
    BEGIN
      IF NEW.salt IS NULL AND NEW.body IS NULL AND NEW.encoding IS NULL
        AND (NEW.position, NEW.run_id, NEW.source, NEW.seq, NEW.type, NEW.phase, NEW.step, NEW.emitted_at,
             NEW.recorded_at, NEW.schema_version, NEW.artifact, NEW.body_hash, NEW.hash)
          IS NOT DISTINCT FROM
            (OLD.position, OLD.run_id, OLD.source, OLD.seq, OLD.type, OLD.phase, OLD.step, OLD.emitted_at,
             OLD.recorded_at, OLD.schema_version, OLD.artifact, OLD.body_hash, OLD.hash)
        AND NOT (OLD.source = 'recorder' AND OLD.type = 'observation_redacted')
      THEN
        IF OLD.source <> 'recorder' AND EXISTS (
          SELECT 1 FROM event
          WHERE run_id = OLD.run_id AND source = 'recorder' AND type = 'run_archived' AND position > OLD.position)
        THEN
          RETURN NEW;
        END IF;
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
)


def upgrade() -> None:
    """Add the column, and replace the guard; bodies that are there stay as they are."""
    op.add_column(
        "event",
        sa.Column("encoding", sa.Integer, comment="How body is stored: NULL as it is, 1 as a Zstandard frame of it"),
    )
    connection = op.get_bind()
    guards: tuple[str, ...]
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
