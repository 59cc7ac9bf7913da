-- What the winners of weeks are paid, dated with the instant at which they were taken. Nothing else is read, so it can be
-- repeated at any time.
SELECT
    %(challenge_id)s::text AS challenge_id,
    to_char(result.week, 'YYYY-MM-DD:') || result.rank AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    snapshot.block_number AS completed_blocknumber,
    CASE WHEN result.rank <= %(top_ranks)s::integer THEN %(top_amount)s::integer ELSE %(amount)s::integer END AS amount,
    snapshot.taken_at AS completed_at,
    result.user_id,
    snapshot.taken_at AT TIME ZONE 'UTC' AS created_at
FROM backbeat.weekly_snapshots AS snapshot
JOIN trending_results AS result
    ON result.type = snapshot.kind AND result.version = backbeat.trending_version() AND result.week = snapshot.week
WHERE
    snapshot.kind = %(kind)s::text
    AND (%(keys)b::date [] IS NULL OR snapshot.week = ANY (%(keys)b::date []))
