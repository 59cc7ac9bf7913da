-- What a run waited for and cost, how a job begins on a database that it does not know, and when heavy jobs give way.

ALTER TABLE backbeat.jobs
    ADD COLUMN group_name text NOT NULL DEFAULT '',
    -- The catalog's word when the job was first seen here; what the catalog says later changes nothing.
    ADD COLUMN first_run text NOT NULL DEFAULT 'backfill' CHECK (first_run IN ('backfill', 'from_now')),
    -- Since when the job gives way to the block loop, kept until it is through with its work, and why.
    ADD COLUMN deferred_since timestamptz,
    ADD COLUMN deferred_reason text NOT NULL DEFAULT '',
    -- Everything that runs did since the job was first seen: the metrics' counters.
    ADD COLUMN changed_runs bigint NOT NULL DEFAULT 0,
    ADD COLUMN quiet_runs bigint NOT NULL DEFAULT 0,
    ADD COLUMN failed_runs bigint NOT NULL DEFAULT 0,
    ADD COLUMN cancelled_runs bigint NOT NULL DEFAULT 0,
    ADD COLUMN total_seconds double precision NOT NULL DEFAULT 0,
    ADD COLUMN total_rows_written bigint NOT NULL DEFAULT 0,
    ADD COLUMN total_wal_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN total_deferred_seconds double precision NOT NULL DEFAULT 0,
    ADD COLUMN seconds_buckets bigint [] NOT NULL DEFAULT '{0,0,0,0,0,0,0,0,0}'; -- runs by how long they took

ALTER TABLE backbeat.job_runs
    ADD COLUMN waited_seconds double precision NOT NULL DEFAULT 0, -- from due to start, all ticks together
    ADD COLUMN cure text NOT NULL DEFAULT '',
    -- NULL where the server cannot tell, and for quiet runs, which are not asked
    ADD COLUMN blocks_hit bigint,
    ADD COLUMN blocks_read bigint,
    ADD COLUMN wal_bytes bigint;
