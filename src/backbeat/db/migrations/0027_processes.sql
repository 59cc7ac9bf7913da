-- A lease knows its own length, so that one which ends further ahead than that is known to be from a clock that was ahead.
-- The defaults are those of index.lease_seconds and jobs.lease_seconds, for leases that are held while this is applied.

ALTER TABLE backbeat.leases ADD COLUMN seconds double precision NOT NULL DEFAULT 10;

ALTER TABLE backbeat.jobs ADD COLUMN lease_seconds double precision NOT NULL DEFAULT 30;

-- Which processes work on this database: each says every few seconds that it is there. A process that ends in order takes
-- its row with it, others' are removed after a while.
CREATE TABLE backbeat.processes (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    parts text [] NOT NULL,
    state text NOT NULL, -- of the block loop, if it has one
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

COMMENT ON TABLE backbeat.processes IS 'The running processes of Backbeat, by their own account; instants are the database''s.';

-- Which server holds this database. A restored or moved database has the rows of the old server and the identity of the
-- new one; a promoted one keeps its identity and begins a new timeline.
CREATE TABLE backbeat.server (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    moved text NOT NULL DEFAULT '' CHECK (moved IN ('', 'restored', 'promoted')),
    moved_at timestamptz,
    restores bigint NOT NULL DEFAULT 0,
    promotions bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE backbeat.server IS
'The server that this database was last seen on, and how it came there. The system identifier changes with a restore or a '
'move into another cluster, the timeline with a promotion or a recovery to a point in time.';

CREATE FUNCTION backbeat.timeline() RETURNS integer
LANGUAGE sql VOLATILE AS $$
    SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
$$;

COMMENT ON FUNCTION backbeat.timeline () IS 'The timeline that is written now; fails on a standby.';
