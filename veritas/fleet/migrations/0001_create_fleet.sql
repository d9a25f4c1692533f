-- The fleet's own tables, beside those of procrastinate in the same schema.

CREATE TABLE fleet_state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    paused_at timestamptz,
    paused_by text
);
COMMENT ON TABLE fleet_state IS 'One row: the state of the whole fleet.';
COMMENT ON COLUMN fleet_state.id IS 'Always true, so that there is one row.';
COMMENT ON COLUMN fleet_state.paused_at IS 'Since when no worker takes a job; NULL if they do.';
COMMENT ON COLUMN fleet_state.paused_by IS 'Who paused the fleet.';
INSERT INTO fleet_state DEFAULT VALUES;

CREATE TABLE fleet_worker (
    id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    jobs integer NOT NULL,
    queues text[],
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    draining boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE fleet_worker IS 'The workers that run, or did until a moment ago.';
COMMENT ON COLUMN fleet_worker.id IS 'The worker in procrastinate_workers, which has its last heartbeat.';
COMMENT ON COLUMN fleet_worker.name IS 'The name in the log.';
COMMENT ON COLUMN fleet_worker.host IS 'The name of its machine.';
COMMENT ON COLUMN fleet_worker.pid IS 'Its process id on that machine.';
COMMENT ON COLUMN fleet_worker.jobs IS 'How many audits it does at once.';
COMMENT ON COLUMN fleet_worker.queues IS 'The queues that it takes jobs from; NULL for all.';
COMMENT ON COLUMN fleet_worker.version IS 'The version of VERITAS.';
COMMENT ON COLUMN fleet_worker.started_at IS 'When it started.';
COMMENT ON COLUMN fleet_worker.draining IS 'Whether it takes no further jobs and ends.';

CREATE TABLE fleet_batch (
    id text PRIMARY KEY,
    request jsonb NOT NULL,
    finished_at timestamptz
);
COMMENT ON TABLE fleet_batch IS 'The batches of audits that were submitted.';
COMMENT ON COLUMN fleet_batch.id IS 'The batch''s id in the log.';
COMMENT ON COLUMN fleet_batch.request IS 'How its audits are done.';
COMMENT ON COLUMN fleet_batch.finished_at IS 'When its end was recorded in the log; NULL before.';

CREATE TABLE fleet_schedule (
    name text PRIMARY KEY,
    cron text NOT NULL,
    time_zone text NOT NULL,
    queue text NOT NULL,
    priority integer NOT NULL,
    request jsonb NOT NULL,
    urls jsonb NOT NULL,
    created_by text NOT NULL,
    last_due timestamptz NOT NULL,
    last_batch text
);
COMMENT ON TABLE fleet_schedule IS 'The batches that are submitted again and again.';
COMMENT ON COLUMN fleet_schedule.name IS 'The schedule''s name.';
COMMENT ON COLUMN fleet_schedule.cron IS 'When it is due, as cron has it.';
COMMENT ON COLUMN fleet_schedule.time_zone IS 'The time zone of that.';
COMMENT ON COLUMN fleet_schedule.queue IS 'The queue of its jobs.';
COMMENT ON COLUMN fleet_schedule.priority IS 'The priority of its jobs.';
COMMENT ON COLUMN fleet_schedule.request IS 'How its audits are done.';
COMMENT ON COLUMN fleet_schedule.urls IS 'Its URLs.';
COMMENT ON COLUMN fleet_schedule.created_by IS 'Who made it.';
COMMENT ON COLUMN fleet_schedule.last_due IS 'The last due time that was dealt with; at first the time of its creation.';
COMMENT ON COLUMN fleet_schedule.last_batch IS 'The batch that was submitted last.';

CREATE INDEX fleet_jobs_by_status ON procrastinate_jobs (queue_name, status);
CREATE INDEX fleet_jobs_of_batch ON procrastinate_jobs ((args ->> 'batch'), status);

-- procrastinate_fetch_job_v2 treats a job that waits for a later time as one that holds its lock, so that an audit that
-- is to be retried in an hour would stop all others of its host for that hour. Here only a running audit does.
CREATE FUNCTION fleet_take_job(wanted_queues text[], taker bigint)
    RETURNS SETOF procrastinate_jobs
    LANGUAGE plpgsql
AS $$
DECLARE
    taken procrastinate_jobs;
    busy text[];
BEGIN
    PERFORM FROM fleet_state WHERE paused_at IS NOT NULL;
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM procrastinate_workers WHERE id = taker FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN; -- it was silent for too long, and has to join again
    END IF;
    FOR attempt IN 1..20 LOOP
        BEGIN
            busy := ARRAY(SELECT lock FROM procrastinate_jobs WHERE status = 'doing' AND lock IS NOT NULL);
            UPDATE procrastinate_jobs SET status = 'doing', worker_id = taker
            WHERE id = (
                SELECT job.id FROM procrastinate_jobs AS job
                WHERE job.status = 'todo'
                    AND (wanted_queues IS NULL OR job.queue_name = ANY (wanted_queues))
                    AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
                    AND job.lock <> ALL (busy)
                    -- A machine that lacks something lets another one try first.
                    AND (
                        (job.args ->> 'avoid') IS NULL
                        OR (job.args ->> 'avoid')::bigint <> taker
                        OR job.scheduled_at < now() - interval '1 minute'
                    )
                ORDER BY job.priority DESC, job.id
                LIMIT 1
                FOR UPDATE OF job SKIP LOCKED
            )
            RETURNING * INTO taken;
            IF taken.id IS NOT NULL THEN
                RETURN NEXT taken;
            END IF;
            RETURN;
        EXCEPTION WHEN unique_violation THEN
            NULL; -- another worker has taken another job of the same host at the same moment
        END;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION fleet_take_job IS 'Take the next job whose host no other worker visits; no row if there is none.';
