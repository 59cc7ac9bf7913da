-- Whether time alone changes anything between two instants. One index probe for every edge.
SELECT
    edge.checkpoint,
    edge.known,
    edge.signature,
    edge.after,
    CASE WHEN due.is_near THEN edge.frontier ELSE edge.after END AS upto,
    CASE WHEN due.is_near THEN edge.frontier ELSE edge.after END AS last,
    edge.frontier,
    interval '0' AS delay,
    EXISTS (
        SELECT FROM backbeat.trending_waiting_tracks AS waiting
        WHERE waiting.since <= run.t2 - %(patience)s::interval
    ) AS is_owing
FROM backbeat.clock_position(%(checkpoint)s::text, %(now)s::timestamptz) AS edge
CROSS JOIN LATERAL (
    SELECT timezone('UTC', edge.after) AS t1, timezone('UTC', edge.frontier) AS t2
) AS run
CROSS JOIN LATERAL (
    SELECT coalesce(passed.is_near, released.is_near, aged.is_near, false) AS is_near
    FROM (VALUES (1)) AS one
    LEFT JOIN LATERAL (
        SELECT true AS is_near
        FROM (
            VALUES
            (backbeat.week_edge(run.t1), backbeat.week_edge(run.t2)),
            (
                least(backbeat.month_edge(run.t1), backbeat.month_edge(run.t2)),
                greatest(backbeat.month_edge(run.t1), backbeat.month_edge(run.t2))
            )
        ) AS step (after, upto)
        WHERE
            coalesce(
                (
                    SELECT p.created_at FROM plays AS p
                    WHERE p.created_at > step.after AND p.created_at <= step.upto ORDER BY p.created_at LIMIT 1
                ),
                (
                    SELECT s.created_at FROM saves AS s
                    WHERE s.created_at > step.after AND s.created_at <= step.upto ORDER BY s.created_at LIMIT 1
                ),
                (
                    SELECT r.created_at FROM reposts AS r
                    WHERE r.created_at > step.after AND r.created_at <= step.upto ORDER BY r.created_at LIMIT 1
                )
            ) IS NOT NULL
        LIMIT 1
    ) AS passed ON true
    LEFT JOIN LATERAL (
        SELECT true AS is_near
        FROM tracks AS t
        WHERE
            backbeat.is_public_track(t)
            AND t.release_date > t.created_at AND t.release_date > run.t1
            AND backbeat.trending_age(t.release_date, t.created_at, run.t1)
            <> backbeat.trending_age(t.release_date, t.created_at, run.t2)
        ORDER BY t.release_date
        LIMIT 1
    ) AS released ON true
    LEFT JOIN LATERAL (
        SELECT true AS is_near
        FROM unnest(%(ages)b::integer []) AS age (days)
        CROSS JOIN LATERAL (
            SELECT
            FROM tracks AS t
            WHERE
                backbeat.is_public_track(t)
                AND greatest(t.release_date, t.created_at) > run.t1 - make_interval(days => age.days)
                AND greatest(t.release_date, t.created_at) <= run.t2 - make_interval(days => age.days)
            ORDER BY greatest(t.release_date, t.created_at)
            LIMIT 1
        ) AS first
        LIMIT 1
    ) AS aged ON true
) AS due
