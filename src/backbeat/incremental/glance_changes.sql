-- One probe tells all consumers of a stream: the newest transaction that logged anything and that not all of them see. One
-- behind a consumer's snapshot is new to it only if it was under way then, and is looked up. Lost are those that
-- changes_window.sql says are.
SELECT place
FROM (
    WITH kept AS MATERIALIZED (
        SELECT
            asked.place,
            asked.opens,
            asked.stream,
            at.snapshot AS after,
            at.epoch IS DISTINCT FROM reached.epoch
            OR at.stream <> asked.stream
            OR pg_snapshot_xmax(at.snapshot) > pg_snapshot_xmax(reached.snapshot) AS lost
        FROM reached
        CROSS JOIN unnest({places}::integer [], {checkpoints}::text [], {opens}::boolean [], {asked}::text [])
            AS asked (place, checkpoint, opens, stream)
        LEFT JOIN backbeat.consumers AS at ON at.name = asked.checkpoint
    ),
    newest AS MATERIALIZED (
        SELECT
            followed.stream,
            (
                SELECT logged.xid
                FROM backbeat.changes AS logged
                WHERE
                    logged.stream = followed.stream
                    AND logged.xid >= followed.since
                    AND logged.xid < pg_snapshot_xmax(reached.snapshot)
                    AND pg_visible_in_snapshot(logged.xid, reached.snapshot)
                ORDER BY logged.xid DESC
                LIMIT 1
            ) AS xid
        FROM reached
        CROSS JOIN (
            SELECT DISTINCT ON (stream)
                stream,
                pg_snapshot_xmin(after) AS since
            FROM kept
            WHERE NOT lost
            ORDER BY stream, pg_snapshot_xmin(after)
        ) AS followed
    )
    SELECT kept.place
    FROM kept
    CROSS JOIN reached
    LEFT JOIN newest ON newest.stream = kept.stream
    WHERE
        CASE
            WHEN kept.lost THEN kept.opens
            WHEN newest.xid >= pg_snapshot_xmax(kept.after) THEN true
            WHEN newest.xid >= pg_snapshot_xmin(kept.after) THEN EXISTS (
                SELECT
                FROM pg_snapshot_xip(kept.after) AS open (xid)
                CROSS JOIN LATERAL (
                    SELECT
                    FROM backbeat.changes AS logged
                    WHERE logged.stream = kept.stream AND logged.xid = open.xid
                    LIMIT 1
                ) AS late
                WHERE pg_visible_in_snapshot(open.xid, reached.snapshot)
            )
            ELSE false
        END
) AS logged
