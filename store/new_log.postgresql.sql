CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version (version_num) VALUES ('0006');

CREATE TABLE artifact (
  sha256 BYTEA NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  bytes BYTEA,
  recorded_at BIGINT NOT NULL,
  CONSTRAINT pk_artifact PRIMARY KEY (sha256)
);

COMMENT ON TABLE artifact IS 'Binary attachments of events, each kept once';

COMMENT ON COLUMN artifact.sha256 IS 'The SHA-256 of the bytes';

COMMENT ON COLUMN artifact.media_type IS 'What the bytes are, such as image/png';

COMMENT ON COLUMN artifact.size IS 'How many bytes';

COMMENT ON COLUMN artifact.bytes IS 'The bytes; NULL where a redaction removed them';

COMMENT ON COLUMN artifact.recorded_at IS 'When it was stored: microseconds since the epoch, UTC';

CREATE TABLE checkpoint (
  size BIGINT NOT NULL,
  public_key BYTEA NOT NULL,
  note BYTEA NOT NULL,
  CONSTRAINT pk_checkpoint PRIMARY KEY (size, public_key)
);

COMMENT ON TABLE checkpoint IS 'Signed statements of what the log''s first events are, append-only';

COMMENT ON COLUMN checkpoint.size IS 'How many events it covers';

COMMENT ON COLUMN checkpoint.public_key IS 'The Ed25519 key that signed it';

COMMENT ON COLUMN checkpoint.note IS 'The checkpoint: a C2SP signed note, exactly as it was signed';

CREATE TABLE read_model (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_read_model PRIMARY KEY (name)
);

COMMENT ON TABLE read_model IS 'How far each read model is; a read model can always be rebuilt from the events';

COMMENT ON COLUMN read_model.name IS 'The table that it keeps';

COMMENT ON COLUMN read_model.version IS 'The version of the fold that made its rows';

COMMENT ON COLUMN read_model.position IS 'The last event that it has taken in';

CREATE TABLE run (
  run_id TEXT COLLATE "C" NOT NULL,
  audit_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  url TEXT,
  tier TEXT,
  origin TEXT,
  status TEXT NOT NULL,
  trust_score DOUBLE PRECISION,
  risk_level TEXT,
  mode TEXT,
  started_at DOUBLE PRECISION,
  finished_at DOUBLE PRECISION,
  findings INTEGER NOT NULL,
  command TEXT,
  configured TEXT,
  reason TEXT,
  decided_by TEXT,
  share DOUBLE PRECISION,
  share_origin TEXT,
  fell_back TEXT,
  events BIGINT,
  lost BIGINT,
  repeated BIGINT,
  resent BIGINT,
  mismatched BIGINT,
  latency_p50 DOUBLE PRECISION,
  latency_p95 DOUBLE PRECISION,
  latency_p99 DOUBLE PRECISION,
  queue_start DOUBLE PRECISION,
  host TEXT COLLATE "C",
  page TEXT COLLATE "C",
  batch TEXT COLLATE "C",
  tags TEXT,
  kinds TEXT,
  failure TEXT,
  job TEXT,
  queue TEXT,
  worker TEXT,
  worker_host TEXT,
  CONSTRAINT pk_run PRIMARY KEY (run_id)
);

COMMENT ON TABLE run IS 'Read model: one line for each run, as `list` shows it';

COMMENT ON COLUMN run.run_id IS 'The run';

COMMENT ON COLUMN run.audit_id IS 'The audit that it is a run of';

COMMENT ON COLUMN run.position IS 'Its first event';

COMMENT ON COLUMN run.url IS 'What was audited; NULL where a command or a captured log was recorded without one';

COMMENT ON COLUMN run.tier IS 'How thoroughly';

COMMENT ON COLUMN run.origin IS 'audit, record or ingest';

COMMENT ON COLUMN run.status IS 'requested, running, completed, failed or interrupted';

COMMENT ON COLUMN run.trust_score IS 'The verdict''s score, 0-100';

COMMENT ON COLUMN run.risk_level IS 'The verdict''s risk level';

COMMENT ON COLUMN run.mode IS 'What carried the events, or what was to carry them while the run has not ended';

COMMENT ON COLUMN run.started_at IS 'When it was requested: seconds since the epoch, UTC';

COMMENT ON COLUMN run.finished_at IS 'When it ended: seconds since the epoch, UTC; NULL while it runs';

COMMENT ON COLUMN run.findings IS 'How many findings there are';

COMMENT ON COLUMN run.command IS 'The recorded command as JSON, where it is not VERITAS''s own';

COMMENT ON COLUMN run.configured IS 'The mode that the run was given; NULL where that is not recorded';

COMMENT ON COLUMN run.reason IS 'Why, in OpenFeature''s words: STATIC or SPLIT';

COMMENT ON COLUMN run.decided_by IS 'The flag, the variable or the rollout that gave it';

COMMENT ON COLUMN run.share IS 'The share of the audits that was to get the queue, where a rollout drew';

COMMENT ON COLUMN run.share_origin IS 'Where that share came from';

COMMENT ON COLUMN run.fell_back IS 'Why the events changed transport; NULL where they did not';

COMMENT ON COLUMN run.events IS 'How many events the child emitted; NULL where it has not said';

COMMENT ON COLUMN run.lost IS 'How many of them no transport delivered; NULL where that is not known';

COMMENT ON COLUMN run.repeated IS 'How often a transport delivered an event again; NULL if unknown';

COMMENT ON COLUMN run.resent IS 'How many events were sent again after the change; NULL if unknown';

COMMENT ON COLUMN run.mismatched IS 'In how many places the transports differ; NULL where not compared';

COMMENT ON COLUMN run.latency_p50 IS 'Seconds from an event''s emission to its commit: the median';

COMMENT ON COLUMN run.latency_p95 IS 'The 95th percentile of that';

COMMENT ON COLUMN run.latency_p99 IS 'The 99th percentile of that';

COMMENT ON COLUMN run.queue_start IS 'Seconds that it took to start the queue''s manager; NULL without one';

COMMENT ON COLUMN run.host IS 'The host of the url, in lower case, without a port; NULL where it has none';

COMMENT ON COLUMN run.page IS 'The host, port, path and query of the url, by which a page is found';

COMMENT ON COLUMN run.batch IS 'The batch that the audit belongs to; NULL without one';

COMMENT ON COLUMN run.tags IS 'The audit''s tags, as a JSON array; NULL without any';

COMMENT ON COLUMN run.kinds IS 'How many findings there are of each kind, as a JSON object; NULL without any';

COMMENT ON COLUMN run.failure IS 'The kind of cause for which the run failed; NULL where it did not';

COMMENT ON COLUMN run.job IS 'The job of a queue that the audit was done for; NULL without one';

COMMENT ON COLUMN run.queue IS 'The queue that the job was taken from';

COMMENT ON COLUMN run.worker IS 'The worker that did the job';

COMMENT ON COLUMN run.worker_host IS 'The machine on which that worker ran';

CREATE TABLE tree_node (
  level INTEGER NOT NULL,
  number BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  CONSTRAINT pk_tree_node PRIMARY KEY (level, number)
);

COMMENT ON TABLE tree_node IS 'The Merkle tree over the events'' hashes: complete subtrees, as far as checkpoints have covered it';

COMMENT ON COLUMN tree_node.level IS 'The node is the root of 256^level leaves';

COMMENT ON COLUMN tree_node.number IS 'Which of its level, from 0';

COMMENT ON COLUMN tree_node.hash IS 'The RFC 6962 hash of its subtree';

CREATE TABLE event (
  position BIGINT NOT NULL,
  run_id TEXT COLLATE "C" NOT NULL,
  source TEXT NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  phase TEXT NOT NULL,
  step TEXT NOT NULL,
  emitted_at BIGINT,
  recorded_at BIGINT NOT NULL,
  schema_version INTEGER NOT NULL,
  artifact BYTEA,
  salt BYTEA,
  body BYTEA,
  body_hash BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  encoding INTEGER,
  CONSTRAINT pk_event PRIMARY KEY (position),
  CONSTRAINT ck_event_position_positive CHECK (position > 0),
  CONSTRAINT uq_event_run_id_source_seq UNIQUE (run_id, source, seq),
  CONSTRAINT fk_event_artifact FOREIGN KEY(artifact) REFERENCES artifact (sha256)
);

COMMENT ON TABLE event IS 'Every observation of every run, append-only';

COMMENT ON COLUMN event.position IS 'The log''s order, which is the order of commits; 1, 2, 3 … without gaps, never used again';

COMMENT ON COLUMN event.run_id IS 'The run: one stream of the log, and one hash chain';

COMMENT ON COLUMN event.source IS 'How the event arrived: queue, stdout or recorder';

COMMENT ON COLUMN event.seq IS 'The emitter''s number for it; the recorder numbers its own apart';

COMMENT ON COLUMN event.type IS 'The event''s type, such as progress or finding';

COMMENT ON COLUMN event.phase IS 'The event''s phase, or nothing';

COMMENT ON COLUMN event.step IS 'The event''s step, or nothing';

COMMENT ON COLUMN event.emitted_at IS 'When it was emitted: microseconds since the epoch, UTC; NULL if unknown';

COMMENT ON COLUMN event.recorded_at IS 'When it was appended: microseconds since the epoch, UTC';

COMMENT ON COLUMN event.schema_version IS 'The version of the body''s form';

COMMENT ON COLUMN event.artifact IS 'The event''s attachment';

COMMENT ON COLUMN event.salt IS 'Random bytes hashed with the body; NULL once the event is redacted';

COMMENT ON COLUMN event.body IS 'The bytes received, attachment by hash; NULL once the event is redacted';

COMMENT ON COLUMN event.body_hash IS 'SHA-256 of salt and body';

COMMENT ON COLUMN event.hash IS 'SHA-256 of the run''s previous hash and of this row';

COMMENT ON COLUMN event.encoding IS 'How body is stored: NULL as it is, 1 as a Zstandard frame of it';

CREATE INDEX ix_event_artifact ON event (artifact) WHERE artifact IS NOT NULL;

CREATE INDEX ix_event_run_id_position ON event (run_id, position);

CREATE INDEX ix_event_type_position ON event (type, position) WHERE source = 'recorder';

CREATE INDEX ix_run_batch_position ON run (batch, position);

CREATE INDEX ix_run_host_position ON run (host, position);

CREATE INDEX ix_run_position ON run (position);

CREATE INDEX ix_run_reason_decided_by_share_origin_share_position ON run (reason, decided_by, share_origin, share, position);

CREATE INDEX ix_run_unended ON run (position) WHERE status IN ('requested', 'running');

CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
    END $$;

CREATE FUNCTION event_lock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(7311142570156650343);
      RETURN NULL;
    END $$;

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
    END $$;

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
    END $$;

CREATE TRIGGER event_lock BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_lock();

CREATE TRIGGER event_insert AFTER INSERT ON event REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION event_insert();

CREATE TRIGGER event_update BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_update();

CREATE TRIGGER event_delete BEFORE DELETE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER event_truncate BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

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
    END $$;

CREATE TRIGGER artifact_update BEFORE UPDATE ON artifact FOR EACH ROW EXECUTE FUNCTION artifact_update();

CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER artifact_truncate BEFORE TRUNCATE ON artifact FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER tree_node_update BEFORE UPDATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER tree_node_delete BEFORE DELETE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER tree_node_truncate BEFORE TRUNCATE ON tree_node FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE TRIGGER checkpoint_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();

CREATE UNLOGGED TABLE pending_append (
  ticket BIGINT NOT NULL,
  run_id TEXT COLLATE "C" NOT NULL,
  after BIGINT NOT NULL,
  previous BYTEA NOT NULL,
  version INTEGER,
  run_row JSONB,
  recorded_at BIGINT NOT NULL,
  source TEXT[] NOT NULL,
  seq BIGINT[] NOT NULL,
  type TEXT[] NOT NULL,
  phase TEXT[] NOT NULL,
  step TEXT[] NOT NULL,
  emitted_at BIGINT[] NOT NULL,
  schema_version INTEGER[] NOT NULL,
  salt BYTEA[] NOT NULL,
  body BYTEA[] NOT NULL,
  body_hash BYTEA[] NOT NULL,
  hash BYTEA[] NOT NULL,
  encoding INTEGER[] NOT NULL,
  CONSTRAINT pk_pending_append PRIMARY KEY (ticket)
) WITH (toast_tuple_target = 8160);

ALTER TABLE pending_append ALTER body SET STORAGE EXTERNAL;

COMMENT ON TABLE pending_append IS 'Batches of events that wait for the log''s lock, empty after a crash';

COMMENT ON COLUMN pending_append.ticket IS 'The transaction that stored it, which gives the order of arrival';

COMMENT ON COLUMN pending_append.run_id IS 'The run that its events belong to';

COMMENT ON COLUMN pending_append.after IS 'Of the run''s last event, which they follow; 0 if there is none';

COMMENT ON COLUMN pending_append.previous IS 'The hash of that event';

COMMENT ON COLUMN pending_append.version IS 'The version of the fold that computed the row; NULL without a row';

COMMENT ON COLUMN pending_append.run_row IS 'The run''s row after the events; NULL if it does not change';

COMMENT ON COLUMN pending_append.recorded_at IS 'When it was sent: microseconds since the epoch, UTC';

COMMENT ON COLUMN pending_append.source IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.seq IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.type IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.phase IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.step IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.emitted_at IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.schema_version IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.salt IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.body IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.body_hash IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.hash IS 'The column of the events, as in event';

COMMENT ON COLUMN pending_append.encoding IS 'The column of the events, as in event';

CREATE FUNCTION append_batches(own pending_append, tickets bigint[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  head bigint;
  model integer;
  ordered bigint[];
  firsts bigint[];
  model_end bigint;
  changed text[];
BEGIN
  SELECT coalesce(max(position), 0) INTO head FROM event;
  IF head = 0 THEN
    INSERT INTO read_model (name, version, position)
    SELECT 'run', version, 0 FROM (
      SELECT ticket, version FROM pending_append WHERE ticket = ANY (tickets)
      UNION ALL SELECT own.ticket, own.version WHERE own.ticket = ANY (tickets)
    ) AS batch
    WHERE version IS NOT NULL ORDER BY ticket LIMIT 1
    ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = 0;
  END IF;
  SELECT version INTO model FROM read_model WHERE name = 'run' AND position = head;
  SELECT array_agg(ticket), array_agg(ends - size + 1), max(ends) FILTER (WHERE in_model),
    array_agg(run_id) FILTER (WHERE in_model AND has_row)
  INTO ordered, firsts, model_end, changed
  FROM (
    SELECT ticket, run_id, has_row, in_model, size,
      head + sum(size) OVER (ORDER BY in_model DESC, ticket ROWS UNBOUNDED PRECEDING) AS ends
    FROM (
      SELECT ticket, run_id, run_row IS NOT NULL AS has_row, version IS NOT NULL AND version = model AS in_model,
        cardinality(seq) AS size
      FROM pending_append WHERE ticket = ANY (tickets)
      UNION ALL
      SELECT own.ticket, own.run_id, own.run_row IS NOT NULL, own.version IS NOT NULL AND own.version = model,
        cardinality(own.seq)
      WHERE own.ticket = ANY (tickets)
    ) AS batch
  ) AS batch;
  INSERT INTO event (position, run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version,
    artifact, salt, body, body_hash, hash, encoding)
  SELECT taken.first + entry.number - 1, batch.run_id, entry.source, entry.seq, entry.type, entry.phase, entry.step,
    entry.emitted_at, batch.recorded_at, entry.schema_version, NULL, entry.salt, entry.body, entry.body_hash,
    entry.hash, entry.encoding
  FROM unnest(ordered, firsts) AS taken (ticket, first)
  JOIN (
    SELECT * FROM pending_append WHERE ticket = ANY (ordered)
    UNION ALL SELECT (own).* WHERE own.ticket = ANY (ordered)
  ) AS batch ON batch.ticket = taken.ticket
  CROSS JOIN LATERAL unnest(batch.source, batch.seq, batch.type, batch.phase, batch.step, batch.emitted_at,
    batch.schema_version, batch.salt, batch.body, batch.body_hash, batch.hash, batch.encoding)
    WITH ORDINALITY AS entry (source, seq, type, phase, step, emitted_at, schema_version, salt, body, body_hash, hash,
      encoding, number);
  IF model_end IS NOT NULL THEN
    UPDATE read_model SET position = model_end WHERE name = 'run';
  END IF;
  IF changed IS NOT NULL THEN
    DELETE FROM run WHERE run_id = ANY (changed);
    INSERT INTO run
    SELECT changed_row.*
    FROM unnest(ordered, firsts) AS taken (ticket, first)
    JOIN (
      SELECT ticket, run_id, after, version, run_row FROM pending_append WHERE ticket = ANY (ordered)
      UNION ALL
      SELECT own.ticket, own.run_id, own.after, own.version, own.run_row WHERE own.ticket = ANY (ordered)
    ) AS batch ON batch.ticket = taken.ticket
    CROSS JOIN LATERAL jsonb_populate_record(NULL::run, CASE WHEN batch.after = 0
      THEN batch.run_row || jsonb_build_object('position', taken.first) ELSE batch.run_row END) AS changed_row
    WHERE batch.run_row IS NOT NULL AND batch.version = model;
  END IF;
END $$;

CREATE FUNCTION append_pending(own pending_append, oldest bigint) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  examined bigint[];
  accepted bigint[];
  one bigint;
BEGIN
  SELECT array_agg(ticket), array_agg(ticket) FILTER (WHERE follows) INTO examined, accepted
  FROM (
    SELECT DISTINCT ON (run_id) ticket,
      CASE WHEN last.position IS NULL THEN after = 0 ELSE after = last.position AND previous = last.hash END AS follows
    FROM (
      SELECT ticket, run_id, after, previous FROM pending_append WHERE ticket > oldest
      UNION ALL SELECT own.ticket, own.run_id, own.after, own.previous WHERE own.ticket IS NOT NULL
    ) AS waiting
    LEFT JOIN LATERAL (
      SELECT position, hash FROM event WHERE event.run_id = waiting.run_id ORDER BY position DESC LIMIT 1
    ) AS last ON true
    ORDER BY run_id, ticket
  ) AS next;
  IF accepted IS NOT NULL THEN
    BEGIN
      PERFORM append_batches(own, accepted);
    EXCEPTION WHEN lock_not_available OR insufficient_privilege THEN
      RAISE;
    WHEN OTHERS THEN
      FOREACH one IN ARRAY accepted LOOP
        BEGIN
          PERFORM append_batches(own, ARRAY[one]);
        EXCEPTION WHEN OTHERS THEN
          CONTINUE;
        END;
      END LOOP;
    END;
  END IF;
  IF examined <> ARRAY[own.ticket] OR own IS NULL THEN
    DELETE FROM pending_append WHERE ticket = ANY (examined);
  END IF;
END $$;

CREATE PROCEDURE append_events(INOUT first bigint, batch pending_append) LANGUAGE plpgsql AS $$
DECLARE
  head bigint;
  leads boolean = false;
  last_hash bytea;
  state text;
  reason text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', '30s', true);
  batch.ticket = pg_current_xact_id()::text::bigint;
  IF pg_try_advisory_xact_lock(7311142570156650343) THEN
    PERFORM append_pending(batch, batch.ticket - 10000);
  ELSE
    INSERT INTO pending_append SELECT (batch).*;
    COMMIT;
    SELECT coalesce(max(position), 0) INTO head FROM event;
    LOOP
      PERFORM set_config('lock_timeout', '30s', true);
      BEGIN
        IF head IS NULL OR pg_try_advisory_xact_lock(7311142570156650343 + head) THEN
          PERFORM pg_advisory_xact_lock(7311142570156650343);
          leads = true;
        ELSE
          PERFORM pg_advisory_xact_lock_shared(7311142570156650343 + head);
        END IF;
      EXCEPTION WHEN lock_not_available OR query_canceled THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
      END;
      IF state IS NOT NULL THEN
        DELETE FROM pending_append WHERE ticket = batch.ticket;
        EXIT WHEN NOT FOUND;
        COMMIT;
        RAISE EXCEPTION USING MESSAGE = reason, ERRCODE = state;
      END IF;
      IF leads THEN
        PERFORM append_pending(NULL, batch.ticket - 10000);
      END IF;
      EXIT WHEN NOT EXISTS (SELECT FROM pending_append WHERE ticket = batch.ticket);
      COMMIT;
      head = NULL;
    END LOOP;
  END IF;
  SELECT position, hash INTO head, last_hash FROM event
  WHERE run_id = batch.run_id ORDER BY position DESC LIMIT 1;
  IF last_hash = batch.hash[cardinality(batch.hash)] THEN
    first = head - cardinality(batch.hash) + 1;
  END IF;
END $$;

