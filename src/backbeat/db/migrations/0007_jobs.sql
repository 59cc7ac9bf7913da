-- When jobs run. One row per job is its schedule, its lease and what its last run did. A worker that claims a run raises
-- the term, and the job's own write transaction checks it. Times are the database's.

CREATE TABLE backbeat.jobs (
    name text PRIMARY KEY,
    -- The cadence, which only regular starts move, and the next start, which retries, rests of a batch and requests
    -- bring forward.
    cadence_at timestamptz NOT NULL,
    next_run_at timestamptz NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    run_requested boolean NOT NULL DEFAULT false,
    cancel_requested boolean NOT NULL DEFAULT false, -- the run under way is to end
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
    outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'changed', 'quiet', 'failed', 'cancelled', 'lost')),
    seconds double precision NOT NULL DEFAULT 0,
    rows_written bigint NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    cure text NOT NULL DEFAULT '',
    runs bigint NOT NULL DEFAULT 0,
    group_name text NOT NULL DEFAULT '',
    -- Since when the job gives way to the block loop, kept until it is through with its work, and why.
    deferred_since timestamptz,
    deferred_reason text NOT NULL DEFAULT '',
    -- Everything that runs did since the job was first seen: the metrics' counters.
    changed_runs bigint NOT NULL DEFAULT 0,
    quiet_runs bigint NOT NULL DEFAULT 0,
    failed_runs bigint NOT NULL DEFAULT 0,
    cancelled_runs bigint NOT NULL DEFAULT 0,
    total_seconds double precision NOT NULL DEFAULT 0,
    total_rows_written bigint NOT NULL DEFAULT 0,
    total_wal_bytes bigint NOT NULL DEFAULT 0,
    total_deferred_seconds double precision NOT NULL DEFAULT 0,
    seconds_buckets bigint [] NOT NULL DEFAULT '{0,0,0,0,0,0,0,0,0}', -- runs by how long they took
    lost_runs bigint NOT NULL DEFAULT 0,
    lease_seconds double precision NOT NULL DEFAULT 30,
    ticks_since_run integer NOT NULL DEFAULT 0 -- cadences at which its feeds were quiet, which stood in for a run
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);

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
    outcome text NOT NULL CHECK (outcome IN ('changed', 'quiet', 'failed', 'cancelled', 'lost')),
    keys bigint NOT NULL,
    rows_read bigint NOT NULL,
    inserted bigint NOT NULL,
    updated bigint NOT NULL,
    deleted bigint NOT NULL,
    moved jsonb NOT NULL, -- checkpoint: [before, after]
    error text NOT NULL,
    waited_seconds double precision NOT NULL DEFAULT 0, -- from due to start, all ticks together
    cure text NOT NULL DEFAULT '',
    -- NULL where the server cannot tell, and for quiet runs, which are not asked
    blocks_hit bigint,
    blocks_read bigint,
    wal_bytes bigint,
    PRIMARY KEY (name, slot)
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);
