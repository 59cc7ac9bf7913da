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
        FROM pg_snapshot_xip(after) AS open (xid)
        -- a limit of its own makes this a look-up by open.xid: before 17, the server reads a stream whole to have it in order
        CROSS JOIN LATERAL (
            SELECT logged.*
            FROM backbeat.changes AS logged
            WHERE logged.stream = changes_between.stream AND logged.xid = open.xid
            LIMIT rows_max
        ) AS late
        WHERE pg_visible_in_snapshot(open.xid, upto)
        ORDER BY open.xid
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
