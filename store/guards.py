"""The guards: database triggers that keep the log append-only.

They refuse, with a message that ends in "is append-only", every UPDATE, DELETE and TRUNCATE, and every INSERT that does
not follow the last row. On SQLite the check of INSERT also prevents deletion: INSERT OR REPLACE deletes the row with
the same key, and no DELETE trigger fires. A user who may alter the schema can drop the guards; changes made after that
break the hash chain.

Redaction is the only exception. An event's `salt` and `body` may become NULL together, and nothing else may change,
once an event of the same run, with source `recorder` and type `observation_redacted`, names the event in its body:

    {"observation": {"source": "queue", "seq": 12}, …}

The redaction event itself cannot be redacted. An event `run_archived` of the recorder allows the same for all earlier
events of its run, except the recorder's own. The column `encoding` becomes NULL with the body. An artifact's bytes may
become NULL once every event that has it is redacted, and the same bytes may be stored again with a later event that has
it. (An artifact redacted before import has size 0, and an unknown media type, until its bytes arrive.)

The tree's nodes and the checkpoints are append-only as well. Read models are not: they are computed from the events.
"""

from __future__ import annotations

from store.backends.postgresql import LOCK_KEY

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
    CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact
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
      PERFORM pg_advisory_xact_lock({lock_key});
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
    "CREATE TRIGGER event_lock BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_lock()",
    """
    CREATE TRIGGER event_insert AFTER INSERT ON event REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION event_insert()
    """,
    "CREATE TRIGGER event_update BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_update()",
    "CREATE TRIGGER event_delete BEFORE DELETE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER event_truncate BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
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
    "CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER artifact_truncate BEFORE TRUNCATE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER tree_node_update BEFORE UPDATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER tree_node_delete BEFORE DELETE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER tree_node_truncate BEFORE TRUNCATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
    "CREATE TRIGGER checkpoint_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()",
)


def guards(kind: str) -> list[str]:
    """Return the statements that create the guards on a kind of database, `sqlite` or `postgresql`.

    In those for PostgreSQL, `{schema}` is the place of the quoted name of the log's schema.
    """
    if kind == "sqlite":
        return list(SQLITE_GUARDS)
    return [guard.replace("{lock_key}", str(LOCK_KEY)) for guard in POSTGRESQL_GUARDS]
