-- What changed in tables whose rows carry no block stamp or have other writers: statement triggers append the keys of
-- the rows that a statement touched, and consumers read what became visible between two snapshots.
-- docs/decisions/0011-change-feed.md has the reasons and the figures.
--
-- The log is only ever appended to, and no two writers meet in it: nothing is unique, nothing is updated. One row holds
-- many keys, so a statement that touches a thousand rows appends five rows of the log and five of its index.

CREATE TABLE backbeat.changes (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stream text NOT NULL,
    keys text[] -- NULL: every key there is
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 500000);

CREATE INDEX changes_stream_xid ON backbeat.changes (stream, xid);

-- How far each consumer has read its stream: everything that "snapshot" sees. A snapshot means nothing to another
-- cluster, so the cluster's identity stands beside it, negated until the rebuild that a new position begins with is done.
CREATE TABLE backbeat.consumers (
    name text PRIMARY KEY,
    stream text NOT NULL,
    snapshot pg_snapshot NOT NULL,
    epoch bigint NOT NULL,
    signature text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);

-- Until when keys that become due by the passage of time have been taken.
CREATE TABLE backbeat.clocks (
    name text PRIMARY KEY,
    reached_at timestamptz NOT NULL,
    signature text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);
