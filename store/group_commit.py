"""Group commit: on PostgreSQL, one recorder commits the batches of all that wait for the log's lock.

Positions follow the order of commits only if one transaction at a time assigns them, so recorders wait for each other,
and for the disk at each commit. With `append_events` they wait for the disk together:

* A recorder sends its batch in one call. If the log's lock is free, the call appends the batch and commits.
* If not, the call stores the batch in `pending_append` and commits that; the table is unlogged, so this does not wait
  for the disk. The first recorder that does so after a commit is the next leader, and waits for the log's lock.
* The leader appends all batches that are pending, its own included, and removes them, in one transaction.
* The others wait for the leader: for a lock that it holds until its commit is on the disk, when all of them are woken
  at once. If its events are in the log, a recorder returns their position; if not, the batch was refused.

The leader's lock is named after the log's last position, which each reads after its batch was stored. Its holder can
only begin to append after that position is no longer the last one, so it finds all batches of those that wait for it.
If it fails, they wait for the log's lock instead, one after another, and each that gets it leads.

A batch states the last event of its run, which its first hash follows from. It is refused if the run has another last
event by now, or if appending it gives an error; then only that batch is refused, and its recorder appends it under the
lock, as any other change of the log, and gets the error. So a batch is appended once, however often it is sent.
If the leader may not change a table, or one is locked for too long, only the leader fails, and the batches stay.

If a recorder that leads is killed, its server process completes the commit. If that process dies, its transaction is
rolled back and its locks are free: the next leader finds the same batches pending. The server empties the table after a
crash: nothing in it was confirmed.
"""

from __future__ import annotations

from store.backends.base import LOCK_SECONDS
from store.backends.postgresql import LOCK_KEY

_RANGE = 10_000  # transactions

_TABLE = """
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
) WITH (toast_tuple_target = 8160)
"""

_COMMENTS = {
    "ticket": "The transaction that stored it, which gives the order of arrival",
    "run_id": "The run that its events belong to",
    "after": "Of the run''s last event, which they follow; 0 if there is none",
    "previous": "The hash of that event",
    "version": "The version of the fold that computed the row; NULL without a row",
    "run_row": "The run''s row after the events; NULL if it does not change",
    "recorded_at": "When it was sent: microseconds since the epoch, UTC",
    "source": "The column of the events, as in event",
    "seq": "The column of the events, as in event",
    "type": "The column of the events, as in event",
    "phase": "The column of the events, as in event",
    "step": "The column of the events, as in event",
    "emitted_at": "The column of the events, as in event",
    "schema_version": "The column of the events, as in event",
    "salt": "The column of the events, as in event",
    "body": "The column of the events, as in event",
    "body_hash": "The column of the events, as in event",
    "hash": "The column of the events, as in event",
    "encoding": "The column of the events, as in event",
}

# Appends the batches with these tickets; `own` is a batch that is not in the table, or NULL. Those whose rows the read
# model takes come first, because it must include all events up to its position.
_APPEND_BATCHES = """
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
END $$
"""

# Appends the first pending batch of each run, or refuses it; the caller holds the log's lock. A batch whose transaction
# is much older than others belongs to a connection that was ended while it waited, and is left; so the others are found
# in a short range of the index, however many dead rows the table has.
_APPEND_PENDING = """
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
END $$
"""

# Waiting for a lock can fail without ending the transaction, so that the batch can be withdrawn.
_APPEND_EVENTS = """
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
  PERFORM set_config('lock_timeout', '{lock_seconds}s', true);
  batch.ticket = pg_current_xact_id()::text::bigint;
  IF pg_try_advisory_xact_lock({lock_key}) THEN
    PERFORM append_pending(batch, batch.ticket - {range});
  ELSE
    INSERT INTO pending_append SELECT (batch).*;
    COMMIT;
    SELECT coalesce(max(position), 0) INTO head FROM event;
    LOOP
      PERFORM set_config('lock_timeout', '{lock_seconds}s', true);
      BEGIN
        IF head IS NULL OR pg_try_advisory_xact_lock({lock_key} + head) THEN
          PERFORM pg_advisory_xact_lock({lock_key});
          leads = true;
        ELSE
          PERFORM pg_advisory_xact_lock_shared({lock_key} + head);
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
        PERFORM append_pending(NULL, batch.ticket - {range});
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
END $$
"""


def group_commit() -> list[str]:
    """Return the statements that create the table, the function and the procedure on PostgreSQL."""
    procedure = _APPEND_EVENTS.replace("{lock_key}", str(LOCK_KEY)).replace("{lock_seconds}", str(LOCK_SECONDS))
    procedure = procedure.replace("{range}", str(_RANGE))
    return [
        _TABLE,
        "ALTER TABLE pending_append ALTER body SET STORAGE EXTERNAL",
        "COMMENT ON TABLE pending_append IS 'Batches of events that wait for the log''s lock, empty after a crash'",
        *(f"COMMENT ON COLUMN pending_append.{name} IS '{text}'" for name, text in _COMMENTS.items()),
        _APPEND_BATCHES,
        _APPEND_PENDING,
        procedure,
    ]
