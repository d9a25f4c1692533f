CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version (version_num) VALUES ('0006');

CREATE TABLE artifact (
  sha256 BLOB NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  bytes BLOB,
  recorded_at BIGINT NOT NULL,
  CONSTRAINT pk_artifact PRIMARY KEY (sha256)
);

CREATE TABLE checkpoint (
  size BIGINT NOT NULL,
  public_key BLOB NOT NULL,
  note BLOB NOT NULL,
  CONSTRAINT pk_checkpoint PRIMARY KEY (size, public_key)
);

CREATE TABLE read_model (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_read_model PRIMARY KEY (name)
);

CREATE TABLE run (
  run_id TEXT NOT NULL,
  audit_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  url TEXT,
  tier TEXT,
  origin TEXT,
  status TEXT NOT NULL,
  trust_score DOUBLE,
  risk_level TEXT,
  mode TEXT,
  started_at DOUBLE,
  finished_at DOUBLE,
  findings INTEGER NOT NULL,
  command TEXT,
  configured TEXT,
  reason TEXT,
  decided_by TEXT,
  share DOUBLE,
  share_origin TEXT,
  fell_back TEXT,
  events BIGINT,
  lost BIGINT,
  repeated BIGINT,
  resent BIGINT,
  mismatched BIGINT,
  latency_p50 DOUBLE,
  latency_p95 DOUBLE,
  latency_p99 DOUBLE,
  queue_start DOUBLE,
  host TEXT,
  page TEXT,
  batch TEXT,
  tags TEXT,
  kinds TEXT,
  failure TEXT,
  job TEXT,
  queue TEXT,
  worker TEXT,
  worker_host TEXT,
  CONSTRAINT pk_run PRIMARY KEY (run_id)
);

CREATE TABLE tree_node (
  level INTEGER NOT NULL,
  number BIGINT NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT pk_tree_node PRIMARY KEY (level, number)
);

CREATE TABLE event (
  position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  source TEXT NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  phase TEXT NOT NULL,
  step TEXT NOT NULL,
  emitted_at BIGINT,
  recorded_at BIGINT NOT NULL,
  schema_version INTEGER NOT NULL,
  artifact BLOB,
  salt BLOB,
  body BLOB,
  body_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  encoding INTEGER,
  CONSTRAINT ck_event_position_positive CHECK (position > 0),
  CONSTRAINT uq_event_run_id_source_seq UNIQUE (run_id, source, seq),
  CONSTRAINT fk_event_artifact FOREIGN KEY(artifact) REFERENCES artifact (sha256)
);

CREATE INDEX ix_event_artifact ON event (artifact) WHERE artifact IS NOT NULL;

CREATE INDEX ix_event_run_id_position ON event (run_id, position);

CREATE INDEX ix_event_type_position ON event (type, position) WHERE source = 'recorder';

CREATE INDEX ix_run_batch_position ON run (batch, position);

CREATE INDEX ix_run_host_position ON run (host, position);

CREATE INDEX ix_run_position ON run (position);

CREATE INDEX ix_run_reason_decided_by_share_origin_share_position ON run (reason, decided_by, share_origin, share, position);

CREATE INDEX ix_run_unended ON run (position) WHERE status IN ('requested', 'running');

CREATE TRIGGER event_insert BEFORE INSERT ON event
    WHEN (NEW.position > 0 AND NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM event))
      OR EXISTS (SELECT 1 FROM event WHERE run_id = NEW.run_id AND source = NEW.source AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;

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
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;

CREATE TRIGGER event_delete BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;

CREATE TRIGGER artifact_insert BEFORE INSERT ON artifact
    WHEN EXISTS (SELECT 1 FROM artifact WHERE sha256 = NEW.sha256 OR rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END;

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
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END;

CREATE TRIGGER artifact_delete BEFORE DELETE ON artifact
    BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END;

CREATE TRIGGER tree_node_insert BEFORE INSERT ON tree_node
    WHEN EXISTS (SELECT 1 FROM tree_node WHERE (level = NEW.level AND number = NEW.number) OR rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END;

CREATE TRIGGER tree_node_update BEFORE UPDATE ON tree_node
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END;

CREATE TRIGGER tree_node_delete BEFORE DELETE ON tree_node
    BEGIN SELECT RAISE(ABORT, 'tree_node is append-only'); END;

CREATE TRIGGER checkpoint_insert BEFORE INSERT ON checkpoint
    WHEN EXISTS (
      SELECT 1 FROM checkpoint WHERE (size = NEW.size AND public_key = NEW.public_key) OR rowid = NEW.rowid
    )
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;

CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;

CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;

