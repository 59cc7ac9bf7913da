-- A list with its artists, and where each entry came from if it is one that the leaderboard keeps.
SELECT
    listed.rank,
    listed.track_id,
    t.title,
    coalesce(u.handle, '') AS artist,
    listed.score,
    kept.previous_rank,
    kept.since
FROM (
    SELECT rank, track_id, score
    FROM backbeat.trending_top(
        %(version)s::text, %(time_range)s::text, %(genre)s::text, %(limit)s::integer
    )
    WHERE NOT %(underground)s::boolean
    UNION ALL
    SELECT rank, track_id, score
    FROM backbeat.trending_underground(
        %(version)s::text, %(time_range)s::text, %(genre)s::text, %(limit)s::integer
    )
    WHERE %(underground)s::boolean
) AS listed
LEFT JOIN tracks AS t ON t.track_id = listed.track_id AND t.is_current
LEFT JOIN users AS u ON u.user_id = t.owner_id AND u.is_current
LEFT JOIN backbeat.trending_leaders AS kept
    ON kept.kind = 'TRACKS' AND kept.list = CASE WHEN %(underground)s::boolean THEN 'underground' ELSE 'top' END
    AND kept.version = %(version)s::text AND kept.time_range = %(time_range)s::text AND kept.genre = %(genre)s::text
    AND kept.rank = listed.rank AND kept.id = listed.track_id
ORDER BY listed.rank
