-- When jobs run. One row per job is its schedule, its lease and what its last run did; whoever claims a run raises the
-- term, and the term is checked inside the job's own write transaction. Times are the database's.

CREATE TABLE backbeat.jobs (
    name text PRIMARY KEY,
    -- The cadence, which only regular starts move, and the next start, which retries, rests of a batch and requests
    -- bring forward.
    cadence_at timestamptz NOT NULL,
    next_run_at timestamptz NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    run_requested boolean NOT NULL DEFAULT false,
    failures integer NOT NULL DEFAULT 0,
    -- The lease
    term bigint NOT NULL DEFAULT 0,
    holder uuid,
    lease_until timestamptz,
    -- The frontier that the last run started from: a job that follows the chain closely runs again when it has moved.
    seen_block_number bigint NOT NULL DEFAULT 0,
    seen_play_id bigint NOT NULL DEFAULT 0,
    -- The last run
    started_at timestamptz,
    finished_at timestamptz,
    succeeded_at timestamptz, -- when the last run that succeeded started
    outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'changed', 'quiet', 'failed', 'cancelled')),
    seconds double precision NOT NULL DEFAULT 0,
    rows_written bigint NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    cure text NOT NULL DEFAULT '',
    runs bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- What runs did, a ring per job: the number of a run modulo the ring's size is its slot, so the table cannot grow.
-- Quiet runs in a row share one slot and are counted in "ticks".
CREATE TABLE backbeat.job_runs (
    name text NOT NULL REFERENCES backbeat.jobs (name) ON DELETE CASCADE,
    slot integer NOT NULL,
    run bigint NOT NULL,
    ticks integer NOT NULL,
    started_at timestamptz NOT NULL, -- of the first tick
    finished_at timestamptz NOT NULL, -- of the last one
    seconds double precision NOT NULL, -- spent working, all ticks together
    outcome text NOT NULL CHECK (outcome IN ('changed', 'quiet', 'failed', 'cancelled')),
    keys bigint NOT NULL,
    rows_read bigint NOT NULL,
    inserted bigint NOT NULL,
    updated bigint NOT NULL,
    deleted bigint NOT NULL,
    moved jsonb NOT NULL, -- checkpoint: [before, after]
    error text NOT NULL,
    PRIMARY KEY (name, slot)
) WITH (fillfactor = 50);
