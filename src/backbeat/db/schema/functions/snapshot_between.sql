-- A snapshot between two others: it sees what "after" sees, and of what "upto" sees the transactions below "stop". So a
-- batch ends between transactions, and how far a consumer has come is always one snapshot and nothing more.
CREATE OR REPLACE FUNCTION backbeat.snapshot_between(after pg_snapshot, upto pg_snapshot, stop xid8)
RETURNS pg_snapshot
LANGUAGE sql IMMUTABLE AS $$
    WITH unseen AS (
        SELECT xid FROM pg_snapshot_xip(upto) AS xid WHERE xid < stop
        UNION ALL
        SELECT xid FROM pg_snapshot_xip(after) AS xid WHERE xid >= stop
    ),
    bounds AS (
        SELECT greatest(pg_snapshot_xmax(after), stop) AS xmax
    )
    SELECT format(
        '%s:%s:%s',
        coalesce((SELECT xid FROM unseen ORDER BY xid LIMIT 1), xmax),
        xmax,
        (SELECT string_agg(xid::text, ',' ORDER BY xid) FROM unseen)
    )::pg_snapshot
    FROM bounds
$$;
