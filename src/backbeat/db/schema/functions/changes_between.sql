-- What "upto" sees and "after" does not. Of the transactions below the older snapshot's xmax that can only be those which
-- were under way then, so they are looked up one by one, and a writer that stays open for long makes nobody read again
-- what was read before. "rows_max" limits the late and the new ones each, oldest first.
CREATE OR REPLACE FUNCTION backbeat.changes_between(
    stream text, after pg_snapshot, upto pg_snapshot, rows_max bigint DEFAULT NULL
)
RETURNS SETOF backbeat.changes
LANGUAGE sql STABLE AS $$
    (
        SELECT late.*
        FROM backbeat.changes AS late
        WHERE
            late.stream = changes_between.stream
            AND late.xid = ANY (ARRAY(SELECT pg_snapshot_xip(after)))
            AND pg_visible_in_snapshot(late.xid, upto)
        ORDER BY late.xid
        LIMIT rows_max
    )
    UNION ALL
    (
        SELECT new.*
        FROM backbeat.changes AS new
        WHERE
            new.stream = changes_between.stream
            AND new.xid >= pg_snapshot_xmax(after)
            AND new.xid < pg_snapshot_xmax(upto)
            AND pg_visible_in_snapshot(new.xid, upto)
        ORDER BY new.xid
        LIMIT rows_max
    )
$$;
