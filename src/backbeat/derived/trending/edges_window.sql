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
        WHERE waiting.since <= timezone('UTC', edge.frontier) - %(patience)s::interval
    ) AS is_owing
FROM (
    SELECT
        asked.checkpoint,
        kept.name IS NOT NULL AS known,
        kept.signature,
        coalesce(kept.reached_at, to_timestamp(0)) AS after,
        greatest(kept.reached_at, coalesce(%(now)s::timestamptz, statement_timestamp())) AS frontier
    FROM (VALUES (%(checkpoint)s::text)) AS asked (checkpoint)
    LEFT JOIN backbeat.clocks AS kept ON kept.name = asked.checkpoint
) AS edge
CROSS JOIN LATERAL (
    SELECT timezone('UTC', edge.after) AS t1, timezone('UTC', edge.frontier) AS t2
) AS run
CROSS JOIN LATERAL (
    SELECT
        EXISTS (
            SELECT
            FROM (
                VALUES
                (run.t1 - interval '7 days', run.t2 - interval '7 days'),
                (
                    least(run.t1 - interval '1 month', run.t2 - interval '1 month'),
                    greatest(run.t1 - interval '1 month', run.t2 - interval '1 month')
                )
            ) AS step (after, upto)
            WHERE
                EXISTS (SELECT FROM plays AS p WHERE p.created_at > step.after AND p.created_at <= step.upto)
                OR EXISTS (SELECT FROM saves AS s WHERE s.created_at > step.after AND s.created_at <= step.upto)
                OR EXISTS (SELECT FROM reposts AS r WHERE r.created_at > step.after AND r.created_at <= step.upto)
        )
        OR EXISTS (
            SELECT
            FROM tracks AS t
            WHERE
                t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
                AND t.release_date > t.created_at AND t.release_date > run.t1 AND t.release_date <= run.t2
        )
        OR EXISTS (
            SELECT
            FROM tracks AS t
            WHERE
                t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
                AND t.release_date > t.created_at AND t.release_date > run.t2
                AND backbeat.trending_age(t.release_date, t.created_at, run.t1)
                <> backbeat.trending_age(t.release_date, t.created_at, run.t2)
        )
        OR EXISTS (
            SELECT
            FROM unnest(%(ages)b::integer []) AS age (days)
            WHERE EXISTS (
                SELECT
                FROM tracks AS t
                WHERE
                    t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
                    AND greatest(t.release_date, t.created_at) > run.t1 - make_interval(days => age.days)
                    AND greatest(t.release_date, t.created_at) <= run.t2 - make_interval(days => age.days)
            )
        ) AS is_near
) AS due
