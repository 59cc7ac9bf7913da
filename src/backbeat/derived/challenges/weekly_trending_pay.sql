INSERT INTO user_challenges (
    challenge_id, user_id, specifier, is_complete, current_step_count, completed_blocknumber, amount, created_at,
    completed_at
)
SELECT
    %(challenge_id)s::text,
    result.user_id,
    to_char(result.week, 'YYYY-MM-DD:') || result.rank,
    true,
    1,
    greatest(
        (SELECT max(blocknumber) FROM tracks),
        (SELECT max(blocknumber) FROM playlists)
    ),
    CASE WHEN result.rank <= %(top_ranks)s::integer THEN %(top_amount)s::integer ELSE %(amount)s::integer END,
    %(now)s::timestamp AT TIME ZONE 'UTC',
    %(now)s::timestamp
FROM trending_results AS result
WHERE result.type = %(kind)s::text AND result.version = backbeat.trending_version() AND result.week = %(week)s
ORDER BY result.rank
ON CONFLICT (challenge_id, specifier) DO NOTHING
